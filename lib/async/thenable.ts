/** Whether a value is a promise, of any realm or library: it has a method `then`. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  const mayHaveMethods = (typeof value === 'object' && value !== null) || typeof value === 'function';
  return mayHaveMethods && typeof (value as Partial<PromiseLike<unknown>>).then === 'function';
}

/** Keeps a rejection of this value, if it is a promise, from being unhandled. */
export function ignoreRejection(value: unknown): void {
  if (isThenable(value)) Promise.resolve(value).catch(() => undefined);
}
