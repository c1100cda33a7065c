import type { AnyMethod, Call } from '../call.js';
import { copyIdentity } from '../copy-identity.js';
import { runningMethod } from '../running-method.js';
import { releaseWhenCollected } from './collected.js';
import { isPlainPromise } from './promise.js';

/**
 * Calls a method whose last argument is a callback. The call completes when that is called: with an error first, or with
 * nothing there and the result second. It completes before that only where the method throws or rejects.
 */
export function callWithCallback(method: AnyMethod, call: Call, ...args: unknown[]): unknown {
  call.outcome = undefined;
  call.keepContext();
  const tracked = trackCallback(args.pop() as AnyMethod, call);
  let result: unknown;
  try {
    result = Reflect.apply(method, call.self, [...args, tracked]);
  } catch (error) {
    call.settle('threw', error);
    throw error;
  } finally {
    runningMethod.pop(call);
  }
  if (!isPlainPromise(result)) return result;
  return result.then(undefined, (error) => {
    call.settle('threw', error);
    throw error;
  });
}

/**
 * What the method gets instead of the callback.
 *
 * Why the call is settled first: what the caller does with the result is not part of the call. Why any error that is true:
 * callbacks themselves look at it so.
 */
function trackCallback(callback: AnyMethod, call: Call): AnyMethod {
  const tracked = {
    callback(this: unknown, ...given: unknown[]): unknown {
      const [error, result] = given;
      if (error) call.settle('threw', error);
      else call.settle('returned', result);
      return Reflect.apply(callback, this, given);
    },
  }.callback;
  releaseWhenCollected(tracked, call);
  return copyIdentity(tracked, callback);
}
