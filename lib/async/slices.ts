import { setImmediate } from 'node:timers/promises';

/** How many milliseconds of work may pass before the event loop gets a turn. */
const sliceMilliseconds = 0.5;

/**
 * Cuts long work into slices, so that the event loop stays free.
 *
 * @example
 * const slices = new Slices();
 * for (const one of many) {
 *   work(one);
 *   if (slices.isOver) await slices.pause();
 * }
 */
export class Slices {
  #startedAt = performance.now();

  /** Whether the slice has lasted long enough. */
  get isOver(): boolean {
    return performance.now() - this.#startedAt >= sliceMilliseconds;
  }

  /** Gives the event loop a turn, and begins the next slice. */
  async pause(): Promise<void> {
    await setImmediate();
    this.#startedAt = performance.now();
  }
}

/** Runs steps of work in slices, the first one before this returns. */
export async function runInSlices(steps: Iterable<void>): Promise<void> {
  const slices = new Slices();
  for (const _ of steps) if (slices.isOver) await slices.pause();
}
