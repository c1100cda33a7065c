import type { Beginning } from './beginning.js';
import type { Bound } from './bound.js';
import type { End } from './completion/completion.js';

/** The instruments of stacked decorators: each hears of every call, the lowest one first. */
export class BoundStack implements Bound {
  readonly begins: boolean;
  private readonly parts: readonly Bound[];

  constructor(parts: readonly Bound[]) {
    this.begins = parts.some(({ begins }) => begins);
    this.parts = parts;
  }

  begin(
    self: unknown,
    beginning: Beginning,
    count: number,
    a: unknown,
    b: unknown,
    c: unknown,
    all: readonly unknown[] | undefined,
  ): void {
    for (const part of this.parts) part.begin(self, beginning, count, a, b, c, all);
  }

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
  ): void {
    for (const part of this.parts) part.settle(end, self, settled, beginning, count, a, b, c, all);
  }

  release(beginning: Beginning): void {
    for (const part of this.parts) part.release(beginning);
  }
}
