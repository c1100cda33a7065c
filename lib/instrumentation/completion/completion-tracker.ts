import type { Call } from '../call.js';

/** Tracks one type of result that completes after it was returned: promises, generators, streams. */
export interface CompletionTracker<T extends object = never> {
  /** Whether the value is of this type. It runs nothing of the value. */
  matches(value: object): boolean;
  /** Settles the call when the value completes. Gives what the caller gets: the value itself wherever possible. */
  track(value: T, call: Call): unknown;
}
