import { type EventEmitter, errorMonitor } from 'node:events';
import { finished, Readable, Writable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import type { CompletionTracker } from './completion-tracker.js';

interface NodeStream extends EventEmitter {
  readonly closed: boolean;
  readonly errored: Error | null;
}

/**
 * A Node stream completes when it closes. A stream that is only read completes at its end too, since not every stream
 * closes itself.
 *
 * Why `errorMonitor`: a listener for `error` would turn an uncaught error into a caught one.
 */
export const nodeStreamTracker: CompletionTracker<NodeStream> = {
  matches: (value) => value instanceof Readable || value instanceof Writable,
  track(stream, call) {
    const onEnd = (): void => call.settle('returned', stream);
    stream.on(errorMonitor, (error) => call.settle('threw', error));
    stream.on('close', onEnd);
    if (!(stream instanceof Writable)) stream.on('end', onEnd);
    if (stream.closed) call.settle(stream.errored ? 'threw' : 'returned', stream.errored ?? stream);
    return stream;
  },
};

/** A web stream completes when it is closed, cancelled (which looks alike) or errored. `finished` takes no lock on it. */
export const webStreamTracker: CompletionTracker<ReadableStream> = {
  matches: (value) => value instanceof ReadableStream,
  track(stream, call) {
    finished(stream as unknown as NodeJS.ReadableStream, (error) => {
      if (error) call.settle('threw', error);
      else call.settle('returned', stream);
    });
    return stream;
  },
};
