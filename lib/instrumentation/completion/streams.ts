import { type EventEmitter, errorMonitor } from 'node:events';
import { finished, Readable, Writable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import type { Call, CallObserver } from '../call.js';
import { Adopted } from './adopted.js';
import { releaseWhenCollected } from './collected.js';
import type { CompletionTracker } from './completion-tracker.js';
import { prematureClose, saysConsumerLeft } from './consumer-left.js';

interface NodeStream extends EventEmitter {
  readonly closed: boolean;
  readonly destroyed: boolean;
  readonly errored: Error | null;
}

/**
 * A Node stream completes when it closes. A stream that is only read completes at its end too, and any other one when all
 * of its sides have ended and it is not about to close: not every stream closes itself.
 *
 * Why `errorMonitor`: a listener for `error` would turn an uncaught error into a caught one.
 */
export const nodeStreamTracker: CompletionTracker<NodeStream> = {
  matches: (value) => value instanceof Readable || value instanceof Writable,
  track(stream, call) {
    if (!startsTracking(stream, call)) return stream;
    const onEnd = (): void => call.settle('returned', stream);
    const onError = (error: unknown): void => {
      if (isOfConsumer(stream, error)) onEnd();
      else call.settle('threw', error);
    };
    stream.on(errorMonitor, onError);
    const onSideEnded = (): void => {
      if (hasEnded(stream)) onEnd();
    };
    stream.on('close', onEnd);
    if (!(stream instanceof Writable)) stream.on('end', onEnd);
    // Why later: a stream that closes itself is destroyed right after this event.
    else for (const event of ['end', 'finish']) stream.on(event, () => process.nextTick(onSideEnded));
    if (stream.errored && (stream.closed || !stream.destroyed)) onError(stream.errored);
    else if (stream.closed) onEnd();
    else onSideEnded();
    return stream;
  },
};

/** Whether every side of a stream has ended, and it does not close itself, or has closed without an event. */
function hasEnded(stream: NodeStream): boolean {
  if (stream.errored || (stream.destroyed && !stream.closed)) return false;
  if (stream instanceof Readable && !stream.readableEnded) return false;
  return !(stream instanceof Writable) || stream.writableFinished;
}

/**
 * Whether the consumer of what this stream gives has left. The same ends a generator, and cancels a web stream.
 *
 * Why not where the writable side of a stream is open: its own source may have been closed too early.
 */
function isOfConsumer(stream: NodeStream, error: unknown): boolean {
  if (!(stream instanceof Readable) || !saysConsumerLeft(error)) return false;
  return !(error.code === prematureClose && stream instanceof Writable && !stream.writableEnded);
}

/** A web stream completes when it is closed, cancelled (which looks alike) or errored. `finished` takes no lock on it. */
export const webStreamTracker: CompletionTracker<ReadableStream> = {
  matches: (value) => value instanceof ReadableStream,
  track(stream, call) {
    if (!startsTracking(stream, call)) return stream;
    finished(stream as unknown as NodeJS.ReadableStream, (error) => {
      if (error) call.settle('threw', error);
      else call.settle('returned', stream);
    });
    return stream;
  },
};

/** An observer of calls that a stream completes. Why a linked list of them: nearly all streams have one. */
interface StreamObserver {
  readonly observer: CallObserver | undefined;
  readonly next: StreamObserver | undefined;
}

/** What a stream keeps about the calls that it completes. */
class Tracked extends Adopted {
  #observers: StreamObserver | undefined = undefined;

  /** Notes that this observer tracks the stream, unless it does so already; returns whether it did. */
  static add(stream: object, observer: CallObserver | undefined): boolean {
    // Why: nothing can be added to a frozen one, which is tracked again each time.
    if (!Object.isExtensible(stream)) return true;
    const tracked = #observers in stream ? stream : new Tracked(stream);
    for (let one = tracked.#observers; one !== undefined; one = one.next) {
      if (one.observer === observer) return false;
    }
    tracked.#observers = { observer, next: tracked.#observers };
    return true;
  }
}

/**
 * Whether a stream completes this call. Otherwise its observer tracks the stream already, and the call is over.
 *
 * Why: a method that returns one long-lived stream again and again would add listeners without end.
 */
function startsTracking(stream: object, call: Call): boolean {
  if (!Tracked.add(stream, call.observer)) {
    call.settle('returned', stream);
    return false;
  }
  call.keepContext();
  releaseWhenCollected(stream, call);
  return true;
}
