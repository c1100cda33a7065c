import { setImmediate } from 'node:timers/promises';
import type { Context } from 'mocha';

/** Experiments of Node itself are announced whatever this project does. */
const allowed: ReadonlySet<string> = new Set(['ExperimentalWarning']);

const unexpected: string[] = [];
let expected: Error[] | undefined;
let running = 'before the first test';

// Why Node's own listener goes: it prints a warning that a spec expects, and the others are in the failure.
process.removeAllListeners('warning');
process.on('warning', (warning) => {
  if (expected !== undefined) expected.push(warning);
  else if (!allowed.has(warning.name)) unexpected.push(`${running}: ${warning.name}: ${warning.message}`);
});

/** Runs what warns, and returns the warnings, which then do not fail the run. */
export async function warningsOf(run: () => unknown): Promise<readonly Error[]> {
  await setImmediate();
  const warnings: Error[] = [];
  expected = warnings;
  try {
    await run();
    // Why: Node emits a warning one tick after the call that causes it.
    await setImmediate();
  } finally {
    expected = undefined;
  }
  return warnings;
}

/**
 * Fails the run where the process of the specs emits a warning. A spec that provokes advice or errors passes
 * `onAdvice` or `onError`, or asserts on what `warningsOf` returns.
 */
export const mochaHooks = {
  beforeEach(this: Context): void {
    running = this.currentTest?.fullTitle() ?? running;
  },

  async afterAll(): Promise<void> {
    await setImmediate();
    if (unexpected.length > 0) throw new Error(`unexpected warnings:\n${unexpected.splice(0).join('\n')}`);
  },
};
