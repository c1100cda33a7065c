import { setImmediate } from 'node:timers';

/** How many nanoseconds of work may pass before the event loop gets a turn. */
const sliceNanoseconds = 500_000n;

// Why kept: a test may put fake timers in their place, which would stop a scrape.
const runInNextTurn = setImmediate;
// Why not `performance`: its first use loads a module of Node that takes as long as a first scrape.
const now = process.hrtime.bigint;

/** Resolves in the next turn of the event loop. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => void runInNextTurn(resolve));

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
  #startedAt = now();

  /** Whether the slice has lasted long enough. */
  get isOver(): boolean {
    return now() - this.#startedAt >= sliceNanoseconds;
  }

  /** Gives the event loop a turn, and begins the next slice. */
  async pause(): Promise<void> {
    await nextTurn();
    this.#startedAt = now();
  }
}

/** Runs steps of work in slices, or in what is left of the one that has begun. The first step is done before this returns. */
export async function runInSlices(steps: Iterable<void>, slices = new Slices()): Promise<void> {
  for (const _ of steps) if (slices.isOver) await slices.pause();
}
