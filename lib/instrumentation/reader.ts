import { call, callSettled } from './invoke.js';
import type { AnyMethod } from './reader-types.js';

/** Always the same value. */
export class Constant {
  constructor(readonly value: unknown) {}
}

/** Reads what the call settled with, its result or its error, and then the arguments. */
export class Settled {
  constructor(readonly read: AnyMethod) {}
}

/**
 * How a settled call gives one value. The commonest is the user's own function, which reads the arguments: no object
 * stands between it and the call.
 */
export type Reader = AnyMethod | Constant | Settled;

/** A reader of this when it is a function, else the constant. */
export function readerOf(given: unknown, from: 'arguments' | 'settled'): Reader {
  if (typeof given !== 'function') return new Constant(given);
  return from === 'arguments' ? (given as AnyMethod) : new Settled(given as AnyMethod);
}

/**
 * Reads one value of a call. `settled` is the result or the error, whichever the reader was made for; the arguments are
 * counted out as for `call`.
 *
 * Throws what the user's reader throws.
 */
export function read(
  reader: Reader,
  self: unknown,
  settled: unknown,
  count: number,
  a: unknown,
  b: unknown,
  c: unknown,
  all: readonly unknown[] | undefined,
): unknown {
  if (typeof reader === 'function') return call(reader, self, count, a, b, c, all);
  if (reader instanceof Constant) return reader.value;
  return callSettled(reader.read, self, settled, count, a, b, c, all);
}
