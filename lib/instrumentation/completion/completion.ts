/** How a call ended. */
export type End = 'returned' | 'threw';

/** A call whose end is awaited. */
export interface Pending {
  /** Who awaits it: a result that comes back to the same one again was not made by this call. */
  readonly owner: object;
  /** Hears how the call ended; only the first time counts. `settled` is its result or its error. */
  end(end: End, settled: unknown): void;
  /** Gives back what the call holds of its metrics, where it can never end. Absent where it holds nothing. */
  readonly release: (() => void) | undefined;
}

/** A type of result that comes to its end after it was handed back. Nothing of the value is run to tell it. */
export interface Ending<T extends object = never> {
  is(value: object): boolean;
  /** Tells `pending` when the end comes, and gives what the caller is to have: the value itself wherever possible. */
  follow(value: T, pending: Pending): unknown;
}
