import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';

// Why require: documents/compiler.ts says so.
import ts = require('typescript');

import { documentAt, root } from '../documents/documents.js';
import { runAll } from '../golden/program.js';
import { programs } from '../programs.js';

describe('The guide on checking rules', () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(programs, 'checking-rules-'));
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it('prints what the command prints for the files that it has', async () => {
    const { fences } = documentAt('docs/guides/checking-rules.md');
    for (const { file = '', text } of fences.filter((fence) => fence.file !== undefined)) {
      const path = join(folder, file);
      mkdirSync(dirname(path), { recursive: true });
      // Why with the first line, which names the file: whoever copies the example has it too.
      if (file.endsWith('.ts')) writeFileSync(path.replace(/ts$/, 'js'), compile(file, `// ${file}\n${text}`));
      else writeFileSync(path, `# ${file}\n${text}`);
    }
    const args = ['check', join(folder, 'metrics.js'), '--rules', join(folder, 'rules/**/*.yml')];
    const [run] = await runAll([args]);
    const printed = fences.find(({ language }) => language === '')?.text;
    const inner = folder.slice(root.length);
    expect(run?.out.replaceAll(`${folder}/`, '').replaceAll(`${inner}/`, '')).to.equal(printed);
    expect(run?.code).to.equal(1);
  });
});

const compile = (fileName: string, text: string): string =>
  ts.transpileModule(text, {
    fileName,
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, inlineSourceMap: true },
  }).outputText;
