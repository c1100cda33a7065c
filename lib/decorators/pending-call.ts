import type { End, Pending } from '../ends/ending.js';
import type { Beginning } from './beginning.js';
import type { BoundChain } from './bound-chain.js';

/** A call that has handed back a result and not ended yet. */
export class PendingCall implements Pending {
  readonly owner: BoundChain;
  readonly release: (() => void) | undefined;
  readonly #self: unknown;
  readonly #args: readonly unknown[];
  readonly #beginning: Beginning | undefined;
  #hasEnded = false;

  constructor(owner: BoundChain, self: unknown, args: readonly unknown[], beginning: Beginning | undefined) {
    this.owner = owner;
    this.release = beginning && releaseOf(owner, beginning);
    this.#self = self;
    this.#args = args;
    this.#beginning = beginning;
  }

  end(end: End, settled: unknown): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.owner.settle(end, this.#self, this.#args, settled, this.#beginning);
  }
}

// Why apart: it must hold neither the instance nor the arguments, which may hold the result.
const releaseOf = (owner: BoundChain, beginning: Beginning) => (): void => owner.release(beginning);
