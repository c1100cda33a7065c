import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const root = fileURLToPath(new URL('../..', import.meta.url));
const mocha = join(root, 'node_modules/mocha/bin/mocha.js');

const rejection = "Promise.reject(new Error('nobody handles this'));";
const wait = 'await new Promise((settle) => setTimeout(settle, 5));';

/** Tests that pass, though they leave a rejection unhandled. */
const suites: Readonly<Record<string, string>> = {
  'in the last turn of a test': `it('a test', () => { ${rejection} });`,
  'in the middle of a test': `it('a test', async () => { ${rejection} ${wait} });`,
  'between two tests': `it('a test', () => { setTimeout(() => { ${rejection} }); }); it('b', async () => { ${wait} });`,
  'in a hook': `describe('a suite', () => { after(() => { ${rejection} }); it('a test', () => undefined); });`,
  'while the file is loaded': `${rejection} it('a test', () => undefined);`,
};

describe('The root hook for unhandled rejections', () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'rejections-'));
  });

  after(() => rmSync(folder, { recursive: true }));

  /** Runs mocha with the hooks and the mode of a configuration of this project on these files. */
  function run(
    config: string,
    texts: readonly string[],
    workers?: boolean,
  ): { readonly status: number | null; readonly printed: string } {
    const { require, parallel } = JSON.parse(readFileSync(join(root, config), 'utf8'));
    const ours = {
      require: require.map((file: string) => join(root, file)),
      parallel: workers ?? parallel,
      jobs: 1,
      reporter: 'dot',
    };
    const own = join(folder, 'mocharc.json');
    writeFileSync(own, JSON.stringify(ours));
    const files = texts.map((text, i) => {
      const file = join(folder, `suite-${i}.mjs`);
      writeFileSync(file, text);
      return file;
    });
    const { status, stdout, stderr } = spawnSync(process.execPath, [mocha, '--config', own, ...files], { cwd: root });
    return { status, printed: `${stdout}${stderr}` };
  }

  for (const config of ['.mocharc.json', '.mocharc.servers.json']) {
    it(`fails a run with ${config} where passing tests leave rejections unhandled, and names each test`, () => {
      const { status, printed } = run(config, Object.values(suites));
      expect(status, printed).to.be.above(0);
      expect(printed.match(/nobody handles this/g)).to.have.length.of.at.least(Object.keys(suites).length);
      expect(printed).to.contain('a test: Error: nobody handles this');
    });
  }

  for (const parallel of [false, true]) {
    it(`fails a run ${parallel ? 'with' : 'without'} workers where a rejection comes after the last test`, () => {
      const late = `it('a test', () => { setTimeout(() => { ${rejection} }); });`;
      const { status, printed } = run('.mocharc.json', [late], parallel);
      expect(status, printed).to.be.above(0);
      expect(printed).to.contain('nobody handles this');
    });
  }

  it('lets a run pass whose tests handle what is rejected', () => {
    const handled = `it('a test', async () => { await ${rejection.replace(';', '')}.catch(() => undefined); });`;
    expect(run('.mocharc.json', [handled])).to.include({ status: 0 });
  });
});
