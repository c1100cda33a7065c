import type { Beginning } from './beginning.js';
import type { End } from './completion/completion.js';

/**
 * What one method's calls are told to, bound to one recorder. Nothing here throws.
 *
 * The arguments of a call are counted out: so many, the first three, and the list of them all where there are more.
 */
export interface Bound {
  /** Whether it wants to hear of a call's beginning: reading the clock costs more than recording. */
  readonly begins: boolean;
  begin(
    self: unknown,
    beginning: Beginning,
    count: number,
    a: unknown,
    b: unknown,
    c: unknown,
    all: readonly unknown[] | undefined,
  ): void;
  /** Records a call that has ended. `settled` is its result or its error. */
  settle(
    end: End,
    self: unknown,
    settled: unknown,
    beginning: Beginning | undefined,
    count: number,
    a: unknown,
    b: unknown,
    c: unknown,
    all: readonly unknown[] | undefined,
  ): void;
  /** Gives back what a call holds that can never end. */
  release(beginning: Beginning): void;
}
