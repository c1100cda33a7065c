import { types } from 'node:util';

/** Whether this is a native promise, of whatever realm, by its internal slot: nothing of the value is run. */
export const isPromise = (value: unknown): value is Promise<unknown> => types.isPromise(value);

/**
 * Whether a promise may be answered by a derived one: native, no subclass, no own properties. Everything else that has a
 * `then` may be lazy, or carry more than its result, and is handed back as it is.
 *
 * Why own names only: where an AsyncLocalStorage is in use, Node itself keeps symbols on every promise.
 */
export function isPlainPromise(value: unknown): value is Promise<unknown> {
  return isPromise(value) && isDirectPromise(value) && Object.getOwnPropertyNames(value).length === 0;
}

// Why also by depth: a promise of another realm has another Promise.prototype, two steps from the end of its chain as well.
function isDirectPromise(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  if (prototype === Promise.prototype) return true;
  const next = prototype && Object.getPrototypeOf(prototype);
  return next !== null && Object.getPrototypeOf(next) === null;
}
