import { types } from 'node:util';

/** Whether this is a native promise, of any realm. It looks at the internal slot, so it runs nothing of the value. */
export const isPromise = (value: unknown): value is Promise<unknown> => types.isPromise(value);

/**
 * Whether the caller may get a derived promise instead of this one: it is native, no subclass, without own properties. Any
 * other object with a `then` may be lazy, or carry more than its result, so the caller gets it as it is.
 *
 * Why own names only: where an AsyncLocalStorage is in use, Node itself keeps symbols on every promise.
 */
export function isPlainPromise(value: unknown): value is Promise<unknown> {
  if (!isPromise(value)) return isPatchedPromise(value);
  return isDirectPromise(value) && Object.getOwnPropertyNames(value).length === 0;
}

/**
 * Whether this is a promise of the class that has taken the place of the global `Promise`, as zone.js does: every promise
 * is one there, also what `then` of a native one returns. It is plain where it has no other properties than a fresh one.
 */
function isPatchedPromise(value: unknown): value is Promise<unknown> {
  if (typeof value !== 'object' || value === null || Promise === nativePromise) return false;
  if (Object.getPrototypeOf(value) !== Promise.prototype) return false;
  const fresh = Object.getOwnPropertyNames(new Promise(() => undefined));
  return Object.getOwnPropertyNames(value).every((name) => fresh.includes(name));
}

// Why from an async function: the global one may have been replaced before this module was loaded.
const nativePromise: unknown = (async () => undefined)().constructor;

// Why also by depth: a promise of another realm has another Promise.prototype, which is also two steps from the end of its chain.
function isDirectPromise(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  if (prototype === Promise.prototype) return true;
  const next = prototype && Object.getPrototypeOf(prototype);
  return next !== null && Object.getPrototypeOf(next) === null;
}
