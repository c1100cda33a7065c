import type { Declaration } from '../families/declared-instruments.js';
import type { LabelReaders } from './label-readers.js';
import type { Reader } from './reader.js';

/** Which outcomes of a call a decorator records: calls that returned, calls that threw, or all that have settled. */
export type On = 'returned' | 'threw' | 'settled';

/** What a decorator does with a call. */
export type Operation = 'add' | 'set' | 'observe' | 'enter';

/** One decorator on one method, ready to be bound to a recorder. */
export interface Instrument extends Declaration {
  readonly operation: Operation;
  readonly on: On;
  readonly when: Reader | undefined;
  /** Gives the number; `undefined` for the duration and for calls in flight. */
  readonly amount: Reader | undefined;
  readonly labels: LabelReaders;
}
