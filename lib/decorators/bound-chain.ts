import type { End } from '../ends/ending.js';
import type { Beginning } from './beginning.js';

/** The instruments of one method, bound to one recorder, each one passing a call on to the next. Nothing here throws. */
export interface BoundChain {
  /** Whether any of them wants to hear of a call's beginning: reading the clock costs more than recording. */
  readonly begins: boolean;
  begin(self: unknown, args: readonly unknown[], beginning: Beginning): void;
  /** Records a call that has ended. `settled` is its result or its error. */
  settle(end: End, self: unknown, args: readonly unknown[], settled: unknown, beginning: Beginning | undefined): void;
  /** Gives back what a call holds that can never end. */
  release(beginning: Beginning): void;
}
