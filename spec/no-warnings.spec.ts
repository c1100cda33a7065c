import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const mocha = fileURLToPath(new URL('../../node_modules/mocha/bin/mocha.js', import.meta.url));
const hooks = fileURLToPath(new URL('no-warnings.js', import.meta.url));

describe('The root hook for warnings', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'warnings-'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  /** Runs mocha on a suite whose second test has this body. */
  function run(body: string): { status: number | null; printed: string } {
    const file = join(folder, 'suite.mjs');
    writeFileSync(file, `it('the first test passes', () => {});\nit('the second test passes', () => { ${body} });\n`);
    const { status, stdout } = spawnSync(process.execPath, [mocha, '--no-config', '--require', hooks, file]);
    return { status, printed: String(stdout) };
  }

  for (const type of ['FlowplaneMetricsWarning', 'MaxListenersExceededWarning', 'DeprecationWarning']) {
    it(`fails the run where a test emits a ${type}, and names the test`, () => {
      const { status, printed } = run(`process.emitWarning('of this kind', '${type}');`);
      expect(status).to.equal(1);
      expect(printed).to.contain(`the second test passes: ${type}: of this kind`);
    });
  }

  it('lets a run pass that emits no warning', () => {
    expect(run('').status).to.equal(0);
  });
});
