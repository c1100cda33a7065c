import { types } from 'node:util';

/** The code of Node's error for a stream that was closed before its end. */
export const prematureClose = 'ERR_STREAM_PREMATURE_CLOSE';

/**
 * Whether an error only says that the consumer has left: a loop that breaks, `find()` and `some()` abort a stream, and a
 * pipeline closes its source when its destination was closed first.
 *
 * Why the brand: under Jest, Node's own errors are no instances of this realm's `Error`. Why the cause: a signal may abort
 * for a reason of its own, and that is an error.
 */
export function saysConsumerLeft(error: unknown): error is NodeJS.ErrnoException {
  if (!types.isNativeError(error)) return false;
  const { code, cause } = error as NodeJS.ErrnoException;
  if (code === 'ABORT_ERR') return cause === undefined || (cause as Partial<Error> | null)?.name === 'AbortError';
  return code === prematureClose;
}
