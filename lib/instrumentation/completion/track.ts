import { types } from 'node:util';
import type { AnyMethod, Call } from '../call.js';
import { forgetPromise, releaseWhenPromiseCollected } from './collected.js';
import type { CompletionTracker } from './completion-tracker.js';
import { asyncGeneratorTracker, generatorTracker } from './generators.js';
import { isPlainPromise } from './promise.js';
import { nodeStreamTracker, webStreamTracker } from './streams.js';

/**
 * A promise completes when it settles; the caller gets a derived one. Why it has both handlers: an unhandled rejection
 * stays unhandled, and a handled one stays handled.
 */
const promiseTracker: CompletionTracker<Promise<unknown>> = {
  matches: isPlainPromise,
  track(promise, call) {
    if (call.leases !== undefined) releaseWhenPromiseCollected(promise, call);
    return promise.then(
      (value) => trackResolved(value, call),
      (error) => {
        call.settle('threw', error);
        throw error;
      },
    );
  },
};

/** Every type of result that is tracked, the most common first. Any other result completes when it is returned. */
const trackers: readonly CompletionTracker[] = [
  promiseTracker,
  generatorTracker,
  asyncGeneratorTracker,
  nodeStreamTracker,
  webStreamTracker,
];

/**
 * The tracker of every result of this method, where that is known before it is called: an async function returns a new and
 * plain promise each time. It saves looking at each result.
 */
export function trackerOfMethod(method: AnyMethod): CompletionTracker | undefined {
  return types.isAsyncFunction(method) && !types.isGeneratorFunction(method) ? promiseTracker : undefined;
}

/** Finds the tracker of this result; `undefined` where the result is complete. */
export function findTracker(result: unknown): CompletionTracker | undefined {
  if (typeof result !== 'object' || result === null) return undefined;
  try {
    for (const tracker of trackers) {
      if (tracker.matches(result)) return tracker;
    }
    return undefined;
  } catch {
    // Why nothing is thrown: only an object that cannot be inspected, such as a revoked Proxy, gets here. It is returned as it is.
    return undefined;
  }
}

/** Settles the call when its result completes, or now where that cannot be tracked. Gives what the caller gets. */
export function track(result: object, tracker: CompletionTracker, call: Call): unknown {
  call.outcome = undefined;
  try {
    return tracker.track(result as never, call);
  } catch (fault) {
    // Why: a call that has settled throws in strict mode, and an exhausted stack is left to who has called this.
    if (call.outcome !== undefined || fault instanceof RangeError) throw fault;
    // Why nothing is thrown: a stream may refuse our listeners, such as one that is frozen or has an `on` of its own.
    call.settle('returned', result);
    return result;
  }
}

function trackResolved(value: unknown, call: Call): unknown {
  const tracker = findTracker(value);
  if (tracker !== undefined) {
    forgetPromise(call);
    return track(value as object, tracker, call);
  }
  call.settle('returned', value);
  return value;
}
