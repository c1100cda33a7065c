import { call } from './call.js';
import type { AnyMethod } from './reader-types.js';

/** How a settled call gives one value: always the same, from its arguments, or from what it settled with. */
export type Reader =
  | { readonly from: 'constant'; readonly value: unknown }
  | { readonly from: 'arguments'; readonly read: AnyMethod }
  | { readonly from: 'settled'; readonly read: AnyMethod };

/** A reader of this when it is a function, else the constant. */
export function readerOf(given: unknown, from: 'arguments' | 'settled'): Reader {
  return typeof given === 'function' ? { from, read: given as AnyMethod } : { from: 'constant', value: given };
}

/**
 * Reads one value of a call. `settled` is the result or the error, whichever the reader was made for.
 *
 * Throws what the user's reader throws.
 */
export function read(reader: Reader, self: unknown, args: readonly unknown[], settled: unknown): unknown {
  switch (reader.from) {
    case 'constant':
      return reader.value;
    case 'arguments':
      return call(reader.read, self, args);
    case 'settled':
      return reader.read.call(self, settled, ...args);
  }
}
