import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';

// Why require: documents/compiler.ts says so.
import ts = require('typescript');

import { dashboardCommand } from '../../lib/cli/dashboard/dashboard-command.js';
import { documentAt } from '../documents/documents.js';
import { runAll } from '../golden/program.js';
import { programs } from '../programs.js';

describe('The guide on dashboards', () => {
  const { fences, lines } = documentAt('docs/guides/dashboard.md');
  const text = lines.join('\n');
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(programs, 'dashboards-'));
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it('writes and checks the dashboard by the commands that it has', async () => {
    const declared = fences.find(({ file }) => file === 'orders.ts')?.text ?? '';
    const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 };
    writeFileSync(join(folder, 'orders.js'), ts.transpileModule(declared, { compilerOptions }).outputText);
    const commands = [...text.matchAll(/npx flowplane-metrics ([^`\n]*orders\.json)/g)].map(([, args = '']): string[] =>
      args
        .split(' ')
        .map((arg) => (/\.(?:js|json|yml)$/.test(arg) ? join(folder, arg.replace(/^(?:dist|rules)\//, '')) : arg)),
    );
    expect(commands.map(([name]) => name)).to.deep.equal(['dashboard', 'check']);
    const rules = ['rules', join(folder, 'orders.js'), '--out', join(folder, 'objectives.yml')];
    const runs = await runAll([rules, ...commands]);
    expect(runs.map(({ code, err }) => ({ code, err }))).to.deep.equal(runs.map(() => ({ code: 0, err: '' })));
    expect(runs[2]?.out).to.match(/^0 errors, 0 remarks in \d+ expressions of 2 files\.\n$/);
    expect(JSON.parse(readFileSync(join(folder, 'orders.json'), 'utf8'))).to.include({
      title: 'Orders',
      uid: 'orders',
    });
  });

  it('names options that the command has', () => {
    const named = [...text.matchAll(/^\| `(--\w+)/gm)].map(([, option = '']) => option);
    expect(named).to.have.length(5);
    for (const option of named) expect(dashboardCommand.help).to.contain(`${option} `);
  });
});
