import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { parse } from 'yaml';
import { rulesCommand } from '../../lib/cli/rules/rules-command.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const main = join(root, 'dist/lib/cli/main.js');
const library = JSON.stringify(pathToFileURL(join(root, 'dist/lib/index.js')).href);

const withObjective = `
import { defineCounter } from ${library};
const labels = { outcome: { oneOf: ['success', 'error'] } };
export const orders = defineCounter({ name: 'orders_total', help: 'Orders', labels, objective: { ratio: 0.999, errors: { outcome: 'error' } } });
`;
const withoutObjective = `
import { defineGauge } from ${library};
export const depth = defineGauge({ name: 'depth', help: 'Depth' });
`;

describe('flowplane-metrics rules', () => {
  let folder: string;

  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, 'rules', ...args], {
      encoding: 'utf8',
      cwd: folder,
    });
    return { status, stdout, stderr };
  };

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'rules-'));
    writeFileSync(join(folder, 'shop.mjs'), withObjective);
    writeFileSync(join(folder, 'plain.mjs'), withoutObjective);
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it('writes the rules of each objective, and those of the library, as one file of Prometheus', () => {
    const { status, stdout, stderr } = run('shop.mjs', '--library', '--prefix', 'eu_');
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    const { groups } = parse(stdout) as { groups: { name: string; rules: object[] }[] };
    expect(groups.map(({ name, rules }) => [name, rules.length])).to.deep.equal([
      ['objective:eu_orders_total', 11],
      ['flowplane-metrics', 5],
    ]);
    expect(stdout)
      .to.match(/^# Written by: npx flowplane-metrics rules/)
      .and.to.contain('\n        expr: |-\n');
  });

  it('writes the alerts of the library without any module, also into a file', () => {
    expect(run('--library', '--out', 'rules.yml')).to.deep.equal({ status: 0, stdout: '', stderr: '' });
    expect(readFileSync(join(folder, 'rules.yml'), 'utf8')).to.equal(run('--library').stdout);
  });

  it('says what to do where no metric has an objective', () => {
    const { status, stdout, stderr } = run('plain.mjs');
    expect({ status, stdout }).to.deep.equal({ status: 2, stdout: '' });
    expect(stderr).to.match(/no metric has an objective \(given 1 metrics in plain\.mjs\)\. Declare one/);
  });

  it('says what to do about wrong arguments', async () => {
    const cases: readonly (readonly [args: string[], text: RegExp])[] = [
      [[], /a module is missing \(given none, and no --library\)/],
      [['nowhere.mjs'], /nowhere\.mjs cannot be loaded/],
      [
        ['--library', '--out', 'nowhere/rules.yml'],
        /--out: nowhere\/rules\.yml cannot be written \(given ENOENT\)\. Create its folder/,
      ],
      [['--library', '--timeout', 'soon'], /--timeout must be a number/],
      [['--libary'], /Did you mean --library\?/],
    ];
    for (const [args, text] of cases) {
      const said: string[] = [];
      const output = { out: () => expect.fail('it has written rules'), err: (line: string) => void said.push(line) };
      // Why in this process: another one takes a fifth of a second.
      const code = await rulesCommand.run(args, output).catch((error: Error) => {
        said.push(error.message);
        return 2;
      });
      expect(code).to.equal(2);
      expect(said.join('')).to.match(text);
    }
  });
});
