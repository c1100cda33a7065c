import { setImmediate } from 'node:timers/promises';
import type { Context } from 'mocha';

/** Experiments of Node itself are announced whatever this project does. */
const allowed: ReadonlySet<string> = new Set(['ExperimentalWarning']);

const unexpected: string[] = [];
let running = 'before the first test';

// Why Node's own listener goes: it prints a warning that a spec expects, and the others are in the failure.
process.removeAllListeners('warning');
process.on('warning', ({ name, message }) => {
  if (isAwaited() || allowed.has(name)) return;
  unexpected.push(`${running}: ${name}: ${message}`);
});

let usual = process.listenerCount('warning');

/** Whether the running test listens to warnings itself, and so asserts on them. */
const isAwaited = (): boolean => process.listenerCount('warning') > usual;

/** Runs what warns, and returns the warnings, which then do not fail the run. */
export async function warningsOf(run: () => unknown): Promise<readonly Error[]> {
  const warnings: Error[] = [];
  const listener = (warning: Error): void => void warnings.push(warning);
  process.on('warning', listener);
  try {
    await run();
    // Why: Node emits a warning one tick after the call that causes it.
    await setImmediate();
  } finally {
    process.off('warning', listener);
  }
  return warnings;
}

/**
 * Fails the run where the process of the specs emits a warning. A spec that provokes advice or errors passes
 * `onAdvice` or `onError`, or listens to the warnings and asserts on them.
 */
export const mochaHooks = {
  beforeEach(this: Context): void {
    running = this.currentTest?.fullTitle() ?? running;
    usual = process.listenerCount('warning');
  },

  async afterAll(): Promise<void> {
    await setImmediate();
    if (unexpected.length > 0) throw new Error(`unexpected warnings:\n${unexpected.splice(0).join('\n')}`);
  },
};
