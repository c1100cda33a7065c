import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect } from 'chai';

const root = fileURLToPath(new URL('../..', import.meta.url));
const mocha = join(root, 'node_modules/mocha/bin/mocha.js');

describe('The report of a failed test', () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'source-lines-'));
  });

  after(() => rmSync(folder, { recursive: true }));

  for (const config of ['.mocharc.json', '.mocharc.servers.json']) {
    it(`names lines of TypeScript with ${config}, and lines of JavaScript where there is no map`, () => {
      const { require } = JSON.parse(readFileSync(join(root, config), 'utf8'));
      const failing = join(folder, 'failing.mjs');
      const validation = pathToFileURL(join(root, 'dist/lib/validation.js'));
      writeFileSync(
        failing,
        `import { checkValue } from ${JSON.stringify(validation)};
        it('a test', () => checkValue('"a"', { must: '', accepts: () => { throw new Error('a fault'); } }, 1));`,
      );
      const hooks = require.flatMap((file: string) => ['--require', join(root, file)]);
      const args = [mocha, '--no-config', '--parallel', '--jobs', '1', ...hooks, failing];
      const { stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
      const line = Number(/lib\/validation\.ts:(\d+):\d+/.exec(stdout)?.[1]);
      const source = readFileSync(join(root, 'lib/validation.ts'), 'utf8').split('\n');
      expect(source[line - 1], stdout).to.contain('accepts(');
      expect(stdout).to.contain('failing.mjs:2:');
    });
  }
});
