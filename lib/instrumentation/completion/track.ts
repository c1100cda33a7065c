import { types } from 'node:util';
import type { AnyMethod } from '../reader-types.js';
import { asyncGeneratorEnding } from './async-generator.js';
import type { Ending, Pending } from './completion.js';
import { generatorEnding } from './generator.js';
import { nodeStreamEnding } from './node-stream.js';
import { isPlainPromise } from './plain-promise.js';
import { webStreamEnding } from './web-stream.js';

/** Answers a promise by a derived one. Why with both handlers: what is unhandled stays so, and what is handled too. */
const promiseEnding: Ending<Promise<unknown>> = {
  is: isPlainPromise,
  follow: (promise, pending) =>
    promise.then(
      (value) => answered(value, pending),
      (error) => {
        pending.end('threw', error);
        throw error;
      },
    ),
};

/** Everything that is followed, the commonest first. Whatever else a call gives back has ended with it. */
const endings: readonly Ending[] = [
  promiseEnding,
  generatorEnding,
  asyncGeneratorEnding,
  nodeStreamEnding,
  webStreamEnding,
];

/**
 * How everything ends that this method gives back, where that is known before it is called: an async function gives a new
 * and plain promise. It saves looking at each.
 */
export function endingOfEvery(method: AnyMethod): Ending | undefined {
  return types.isAsyncFunction(method) && !types.isGeneratorFunction(method) ? promiseEnding : undefined;
}

/** How this result ends; `undefined` where it has ended. */
export function endingOf(result: unknown): Ending | undefined {
  if (typeof result !== 'object' || result === null) return undefined;
  try {
    for (const ending of endings) {
      if (ending.is(result)) return ending;
    }
    return undefined;
  } catch {
    // Why swallowed: only what refuses to be looked at, such as a revoked Proxy, gets here; it is handed back as it is.
    return undefined;
  }
}

/** Follows a result to its end, and gives what the caller is to have. */
export function follow(result: object, ending: Ending, pending: Pending): unknown {
  if (ending === promiseEnding) return promiseEnding.follow(result as Promise<unknown>, pending);
  if (isFollowedBy(result, pending.owner)) {
    pending.end('returned', result);
    return result;
  }
  return ending.follow(result as never, pending);
}

function answered(value: unknown, pending: Pending): unknown {
  const ending = endingOf(value);
  if (ending !== undefined) return follow(value as object, ending, pending);
  pending.end('returned', value);
  return value;
}

const followers = new WeakMap<object, WeakSet<object>>();

/**
 * Whether the owner follows this result already; it does from now on.
 *
 * Why: a method that hands out one long-lived stream again and again would gather listeners without end.
 */
function isFollowedBy(result: object, owner: object): boolean {
  const owners = followers.get(result) ?? new WeakSet();
  followers.set(result, owners);
  if (owners.has(owner)) return true;
  owners.add(owner);
  return false;
}
