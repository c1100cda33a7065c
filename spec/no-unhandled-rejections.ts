import { appendFileSync, existsSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { inspect } from 'node:util';
import type { Context } from 'mocha';

const unhandled: string[] = [];
const seen = new WeakSet<Promise<unknown>>();
let running = 'before the first test';
let hasEnded = false;

function onUnhandled(reason: unknown, promise: Promise<unknown>): void {
  // Why: the listener of mocha emits what it passes on a second time.
  if (seen.has(promise)) return;
  seen.add(promise);
  unhandled.push(`${running}: ${inspect(reason)}`);
}

// Why: mocha passes on the rejections of what it tests to these listeners, and without one it drops them.
process.on('unhandledRejection', onUnhandled);

/** Where the workers of this run write what fails after their last hook: mocha does not notice it. */
process.env['UNHANDLED_REJECTIONS'] ??= join(tmpdir(), `unhandled-rejections-${process.pid}`);
const late = process.env['UNHANDLED_REJECTIONS'];

// Why this event: after each file, a worker of mocha removes the other listeners, and then a rejection ends it.
process.on('uncaughtExceptionMonitor', (error) => {
  if (hasEnded) appendFileSync(late, `${running}: ${inspect(error)}\n`);
});

// Why at the exit: mocha sets the exit code later than this listener, and too late for this.
process.on('exit', () => {
  if (process.env['MOCHA_WORKER_ID'] !== undefined) return;
  for (const one of unhandled) console.error(`a rejection is unhandled after the tests: ${one}`);
  if (unhandled.length === 0 && !existsSync(late)) return;
  rmSync(late, { force: true });
  process.exit(1);
});

/**
 * Fails the run where a spec leaves a rejection unhandled. A spec that expects one takes the place of all listeners to
 * `unhandledRejection`, and puts them back.
 */
export const mochaHooks = {
  beforeAll(): void {
    hasEnded = false;
    if (!process.listeners('unhandledRejection').includes(onUnhandled)) process.on('unhandledRejection', onUnhandled);
  },

  beforeEach(this: Context): void {
    running = this.currentTest?.fullTitle() ?? running;
  },

  async afterAll(): Promise<void> {
    // Why: Node emits a rejection after the microtasks of the turn in which it came.
    await setImmediate();
    hasEnded = true;
    if (unhandled.length > 0) throw new Error(`unhandled rejections:\n${unhandled.splice(0).join('\n')}`);
  },
};
