import type { Beginning } from './beginning.js';
import type { Bound } from './bound.js';
import type { End, Pending } from './completion/completion.js';

/** A call that has handed back a result and not ended yet. */
export class PendingCall implements Pending {
  readonly owner: Bound;
  private readonly self: unknown;
  private readonly beginning: Beginning | undefined;
  private readonly count: number;
  private readonly a: unknown;
  private readonly b: unknown;
  private readonly c: unknown;
  private readonly all: readonly unknown[] | undefined;
  private hasEnded = false;

  constructor(
    owner: Bound,
    self: unknown,
    beginning: Beginning | undefined,
    count: number,
    a: unknown,
    b: unknown,
    c: unknown,
    all: readonly unknown[] | undefined,
  ) {
    this.owner = owner;
    this.self = self;
    this.beginning = beginning;
    this.count = count;
    this.a = a;
    this.b = b;
    this.c = c;
    this.all = all;
  }

  get release(): (() => void) | undefined {
    return this.beginning && releaseOf(this.owner, this.beginning);
  }

  end(end: End, settled: unknown): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    const [a, b, c] = [this.a, this.b, this.c];
    this.owner.settle(end, this.self, settled, this.beginning, this.count, a, b, c, this.all);
  }
}

// Why apart: it must hold neither the instance nor the arguments, which may hold the result.
const releaseOf = (owner: Bound, beginning: Beginning) => (): void => owner.release(beginning);
