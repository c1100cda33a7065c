import { type EventEmitter, errorMonitor } from 'node:events';
import { Readable, Writable } from 'node:stream';
import type { Ending } from './completion.js';

interface NodeStream extends EventEmitter {
  readonly closed: boolean;
  readonly errored: Error | null;
}

/**
 * A Node stream ends when it closes; one that is only read, also at its end, since not every stream closes itself.
 *
 * Why `errorMonitor`: a listener for `error` would turn an uncaught error into a caught one.
 */
export const nodeStreamEnding: Ending<NodeStream> = {
  is: (value) => value instanceof Readable || value instanceof Writable,
  follow(stream, pending) {
    const returned = (): void => pending.end('returned', stream);
    stream.on(errorMonitor, (error) => pending.end('threw', error));
    stream.on('close', returned);
    if (!(stream instanceof Writable)) stream.on('end', returned);
    if (stream.closed) pending.end(stream.errored ? 'threw' : 'returned', stream.errored ?? stream);
    return stream;
  },
};
