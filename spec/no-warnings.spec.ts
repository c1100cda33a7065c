import { expect } from 'chai';
import { runMocha } from './run-mocha.js';

describe('The root hook for warnings', () => {
  /** Runs mocha on a suite of tests with these bodies, each with its title. */
  function run(bodies: Readonly<Record<string, string>>): ReturnType<typeof runMocha> {
    const tests = Object.entries(bodies).map(([title, body]) => `it('${title}', () => { ${body} });\n`);
    return runMocha('.mocharc.json', [tests.join('')]);
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
