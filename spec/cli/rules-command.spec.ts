import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { parse } from 'yaml';
import { rulesCommand } from '../../lib/cli/rules/rules-command.js';
import { type Run, runAll } from '../golden/program.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const library = JSON.stringify(pathToFileURL(join(root, 'dist/node/index.mjs')).href);

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

  const run = async (...args: string[]): Promise<Run> => (await runAll([['rules', ...args]]))[0] as Run;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'rules-'));
    writeFileSync(join(folder, 'shop.mjs'), withObjective);
    writeFileSync(join(folder, 'plain.mjs'), withoutObjective);
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it('writes the rules of each objective, and those of the library, as one file of Prometheus', async () => {
    const { code, out, err } = await run(join(folder, 'shop.mjs'), '--library', '--prefix', 'eu_');
    expect({ code, err }).to.deep.equal({ code: 0, err: '' });
    const { groups } = parse(out) as { groups: { name: string; rules: object[] }[] };
    expect(groups.map(({ name, rules }) => [name, rules.length])).to.deep.equal([
      ['objective:eu_orders_total', 11],
      ['flowplane-metrics', 9],
    ]);
    expect(out)
      .to.match(/^# Written by: npx flowplane-metrics rules/)
      .and.to.contain('\n        expr: |-\n');
  });

  it('writes the alerts of the library without any module, also into a file', async () => {
    const file = join(folder, 'rules.yml');
    expect(await run('--library', '--out', file)).to.deep.equal({ code: 0, out: '', err: '' });
    expect(readFileSync(file, 'utf8')).to.equal((await run('--library')).out);
  });

  it('says which rules Prometheus 2 does not load, and with them the file', async () => {
    const file = join(folder, 'dots.mjs');
    const declared = [
      "{ name: 'http.requests', help: 'a', labels, objective: { ratio: 0.9, errors: { outcome: 'error' } } }",
      "{ name: 'b_total', help: 'b', labels: { 'b.c': {} }, objective: { ratio: 0.9, errors: { 'b.c': ['x', 'y'] } } }",
      "{ name: 'e_total', help: 'e', labels: { d: {}, 'b.c': {} }, objective: { ratio: 0.9, errors: { d: 'x', 'b.c': 'y' } } }",
      "{ name: 'c_total', help: 'c', labels: { d: {} }, objective: { ratio: 0.9, errors: { d: '{\"e\"' } } }",
    ];
    const defined = declared.map((one, i) => `export const one${i} = defineCounter(${one});`);
    writeFileSync(file, `${withObjective}${defined.join('\n')}`);
    const { code, err } = await run(file);
    expect(code).to.equal(0);
    expect(err.split('\n').filter((line) => line.startsWith('rules: '))).to.deep.equal([
      'rules: objective:b_total, objective:e_total, objective:http.requests: only Prometheus 3 loads these, because a name or a label has characters such as dots. Prometheus 2 refuses the whole file: write them into one of their own.',
    ]);
  });

  it('says what to do where no metric has an objective', async () => {
    const { code, out, err } = await run(join(folder, 'plain.mjs'));
    expect({ code, out }).to.deep.equal({ code: 2, out: '' });
    expect(err).to.match(/no metric has an objective \(given 1 metric in \S*plain\.mjs\)\. Declare one/);
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
      [
        ['--library', '--prefix', 'shop.'],
        /^--prefix must begin a metric name, of letters, digits, underscores and colons \(given "shop\."\)\. Write that of the recorder, for example billing_, or leave it out for none\.$/,
      ],
      [['--library', '--prefix', '1_'], /--prefix must begin a metric name/],
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
