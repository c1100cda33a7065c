import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const root = fileURLToPath(new URL('../..', import.meta.url));
const mocha = join(root, 'node_modules/mocha/bin/mocha.js');

const suite = `
  let tries = 0;
  describe('a suite', () => {
    it('passes at once', () => undefined);
    it('passes later', () => { if (tries++ === 0) throw new Error('not yet'); });
  });`;

describe('The root hook for second tries', () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'second-tries-'));
    writeFileSync(join(folder, 'suite.mjs'), suite);
  });

  after(() => rmSync(folder, { recursive: true }));

  /** Runs mocha on the suite with the hooks and the mode of a configuration of this project. */
  function run(config: string, ...given: string[]): { readonly status: number | null; readonly printed: string } {
    const { require, parallel } = JSON.parse(readFileSync(join(root, config), 'utf8'));
    const own = join(folder, 'mocharc.json');
    const files = require.map((file: string) => join(root, file));
    writeFileSync(own, JSON.stringify({ require: files, parallel, jobs: 1, reporter: 'dot' }));
    const command = [mocha, '--config', own, ...given, join(folder, 'suite.mjs')];
    const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: root });
    return { status, printed: `${stdout}${stderr}` };
  }

  for (const config of ['.mocharc.json', '.mocharc.servers.json']) {
    it(`names what passes at a second try with ${config}, and nothing else`, () => {
      const { status, printed } = run(config, '--retries', '1');
      expect(status, printed).to.equal(0);
      expect(printed.match(/passed at a second try only: .*/g)).to.deep.equal([
        'passed at a second try only: a suite passes later',
      ]);
    });

    it(`has no second try with ${config} by itself`, () => {
      const { status, printed } = run(config);
      expect(status, printed).to.equal(1);
      expect(printed).to.contain('not yet').and.not.contain('second try');
    });
  }
});
