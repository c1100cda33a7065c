import { setImmediate } from 'node:timers/promises';
import type { Context } from 'mocha';

/** Experiments of Node itself are announced whatever this project does. */
const allowed: ReadonlySet<string> = new Set(['ExperimentalWarning']);

const unexpected: string[] = [];
let running = 'before the first test';

process.on('warning', ({ name, message }) => {
  if (!allowed.has(name)) unexpected.push(`${running}: ${name}: ${message}`);
});

/**
 * Fails the run where the process of the specs emits a warning. A spec that provokes advice or errors passes
 * `onAdvice` or `onError`, and can assert on what it gets.
 */
export const mochaHooks = {
  beforeEach(this: Context): void {
    running = this.currentTest?.fullTitle() ?? running;
  },

  async afterAll(): Promise<void> {
    // Why: Node emits a warning one tick after the call that gives it.
    await setImmediate();
    if (unexpected.length > 0) throw new Error(`unexpected warnings:\n${unexpected.splice(0).join('\n')}`);
  },
};
