import type { AnyMethod } from './reader-types.js';

/**
 * Calls a function with the arguments of another call, counted out: so many, the first three, and the list of them all
 * where there are more.
 *
 * Why counted out: a list has to exist for `Reflect.apply`, so one would be allocated at every recorded call; three
 * arguments stay in registers.
 */
export function call(
  fn: AnyMethod,
  self: unknown,
  count: number,
  a: unknown,
  b: unknown,
  c: unknown,
  all: readonly unknown[] | undefined,
): unknown {
  if (count === 1) return fn.call(self, a);
  if (count === 2) return fn.call(self, a, b);
  if (count === 3) return fn.call(self, a, b, c);
  return all === undefined ? fn.call(self) : Reflect.apply(fn, self, all);
}

/** The same, with what the call settled with before its arguments. */
export function callSettled(
  fn: AnyMethod,
  self: unknown,
  settled: unknown,
  count: number,
  a: unknown,
  b: unknown,
  c: unknown,
  all: readonly unknown[] | undefined,
): unknown {
  if (count === 1) return fn.call(self, settled, a);
  if (count === 2) return fn.call(self, settled, a, b);
  if (count === 3) return fn.call(self, settled, a, b, c);
  return all === undefined ? fn.call(self, settled) : Reflect.apply(fn, self, [settled, ...all]);
}
