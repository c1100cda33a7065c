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

  /** Runs mocha on a suite of tests with these bodies, each with its title. */
  function run(bodies: Readonly<Record<string, string>>): { status: number | null; printed: string } {
    const file = join(folder, 'suite.mjs');
    const tests = Object.entries(bodies).map(([title, body]) => `it('${title}', () => { ${body} });\n`);
    writeFileSync(file, tests.join(''));
    const { status, stdout } = spawnSync(process.execPath, [mocha, '--no-config', '--require', hooks, file]);
    return { status, printed: String(stdout) };
  }

  it('fails the run where tests emit warnings, and names each test', () => {
    const types = ['FlowplaneMetricsWarning', 'MaxListenersExceededWarning', 'DeprecationWarning'];
    const bodies = types.map((type) => [`a test emits a ${type}`, `process.emitWarning('of this kind', '${type}')`]);
    const { status, printed } = run({ 'a test passes': '', ...Object.fromEntries(bodies) });
    expect(status).to.equal(1);
    for (const type of types) expect(printed).to.contain(`a test emits a ${type}: ${type}: of this kind`);
  });

  it('lets a run pass that emits no warning', () => {
    expect(run({ 'a test passes': '' }).status).to.equal(0);
  });
});
