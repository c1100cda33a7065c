import type { ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import type { Socket } from 'node:net';

type Chunk = string | Uint8Array | null | (() => void);

/** The signature that `write` and `end` share, in HTTP/1 and HTTP/2. */
type Method = (this: ServerResponse, chunk?: Chunk, encoding?: unknown, callback?: unknown) => unknown;

/** What was written to a response so far. */
export class ResponseTracker {
  readonly #response: ServerResponse;
  #bytes = 0;
  #isEnding = false;
  #isLost = false;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  /** The bytes of the body as they were sent: after compression. */
  get bodyBytes(): number {
    return hasBody(this.#response) ? this.#bytes : 0;
  }

  /**
   * Whether the client may have seen the status. It has not where the connection was lost before the headers, and what waits
   * for an earlier response has headers, but none of it was sent.
   */
  get hasStatus(): boolean {
    const response = this.#response;
    return response.headersSent && !this.#isLost && (response.writableFinished || !isQueued(response));
  }

  onWrite(chunk: Chunk | undefined, encoding: unknown): void {
    if (this.#isEnding) return;
    // Why: only before the headers does the socket tell the truth. Later, Node counts bytes as sent even where no client reads them.
    if (!this.#response.headersSent) this.#isLost = isDisconnected(this.#response);
    this.#bytes += byteLength(chunk, encoding);
  }

  onEnd(chunk: Chunk | undefined, encoding: unknown): void {
    this.onWrite(chunk, encoding);
    // Why: HTTP/2's `end` calls `write` with the chunk, HTTP/1's does not.
    this.#isEnding = true;
  }
}

interface Writable {
  write: Method;
  end: Method;
}

/** Is on a `write` that tells the trackers of its response. */
const tellsTrackers = Symbol('flowplane-metrics.tellsTrackers');

/** Is on the listener for the end of a response whose tracker hears of its writes in this way. */
const tracked = Symbol('flowplane-metrics.tracked');

/**
 * Tracks what is written to a response from now on, for the time until this listener hears its `finish`.
 *
 * Why it replaces `write` and `end`, which return what they returned before: a streamed body has no Content-Length, and
 * listening to its stream would make that flow. Why by plain assignment: a hidden property costs more than the response.
 */
function trackWrites(response: ServerResponse, tracker: ResponseTracker, listener: EndListener): void {
  const methods = response as unknown as Writable;
  const { write: originalWrite, end: originalEnd } = methods;
  if (tellsTrackers in originalWrite) {
    listener[tracked] = tracker;
    return;
  }
  methods.write = function write(chunk, encoding, callback) {
    tracker.onWrite(chunk, encoding);
    return originalWrite.call(this, chunk, encoding, callback);
  };
  methods.end = function end(chunk, encoding, callback) {
    tracker.onEnd(chunk, encoding);
    return originalEnd.call(this, chunk, encoding, callback);
  };
}

/**
 * Replaces `write` and `end` of a prototype of responses, once and for all who measure: they do what they inherit, and tell the
 * trackers of their response.
 *
 * Why: functions of its own are for each response of Express a new hidden class. See `claimFamilies`.
 */
export function trackWritesOfAll(prototype: object): void {
  const methods = prototype as Writable;
  if (tellsTrackers in methods.write) return;
  const replace = (name: keyof Writable, tell: 'onWrite' | 'onEnd'): void => {
    const own = Object.hasOwn(methods, name) ? methods[name] : undefined;
    const value: Method = function (this, chunk, encoding, callback) {
      for (const listener of this.listeners('finish')) (listener as EndListener)[tracked]?.[tell](chunk, encoding);
      // Why looked up at each call: others may replace the inherited method later.
      const original: Method = own ?? Object.getPrototypeOf(methods)[name];
      return original.call(this, chunk, encoding, callback);
    };
    Object.defineProperty(value, 'name', { value: name });
    Object.defineProperty(methods, name, { value, configurable: true, writable: true, enumerable: false });
  };
  replace('end', 'onEnd');
  replace('write', 'onWrite');
  Object.assign(methods.write, { [tellsTrackers]: true });
}

/** A listener for `finish`. */
export type EndListener = (() => void) & { [tracked]?: ResponseTracker };

const isDisconnected = ({ destroyed, req }: ServerResponse): boolean => destroyed || req.socket?.destroyed;

function byteLength(chunk: Chunk | undefined, encoding: unknown): number {
  if (typeof chunk === 'string') return Buffer.byteLength(chunk, encoding as BufferEncoding);
  return chunk instanceof Uint8Array ? chunk.byteLength : 0;
}

// Source: RFC 9110, 6.4.1. Node drops a body that is written to such a response.
const hasBody = ({ req, statusCode }: ServerResponse): boolean =>
  req.method !== 'HEAD' && statusCode !== 204 && statusCode !== 304;

/**
 * Calls the listener once, when the response is complete or can no longer be completed: with what was written to it, and whether
 * it is complete. Returns what the response has as listener for `finish`.
 */
export function onResponseEnd(
  response: ServerResponse,
  listener: (tracker: ResponseTracker, isComplete: boolean) => void,
): EndListener {
  const tracker = new ResponseTracker(response);
  const isLate = hasEnded(response);
  const queue = isLate ? undefined : queueOf(response);
  let isOver = false;
  // Why the listeners stay: to take them off costs more than the second event, and they go with the response.
  const end = (isComplete: boolean): void => {
    if (isOver) return;
    isOver = true;
    queue?.delete(onClose);
    listener(tracker, isComplete);
  };
  const onClose = (): void => end(false);
  const onFinish = (): void => end(isIntact(response));
  trackWrites(response, tracker, onFinish);
  response.on('finish', onFinish);
  // Why not `destroyed`: that is true of a response that was sent to its end as well, once its connection is done.
  if (isLate) end(response.writableFinished && isIntact(response));
  else response.on('close', onClose);
  queue?.add(onClose);
  return onFinish;
}

/**
 * Whether a response that has finished was sent. Why asked: HTTP/2 emits `finish` where the stream was reset as well, and
 * HTTP/1 where the last write has failed.
 */
function isIntact(response: ServerResponse | Http2ServerResponse): boolean {
  if ('stream' in response) return !response.stream.aborted && response.stream.rstCode === 0;
  return !response.req.socket?.errored;
}

// Why: an HTTP/2 response to a HEAD is `writableFinished` before it has begun, so its stream is asked.
function hasEnded(response: ServerResponse | Http2ServerResponse): boolean {
  if ('stream' in response) return response.stream.destroyed;
  return response.destroyed || response.writableFinished || (isQueued(response) && response.req.socket.destroyed);
}

// Why: a response that was made by hand may have no connection at all, so the request is asked too.
const isQueued = ({ socket, req }: ServerResponse): boolean => socket === null && Boolean(req.socket);

type Queue = Set<() => void>;

const queues = new WeakMap<Socket, Queue>();

/**
 * The listeners of the responses that wait for an earlier response on the same connection (pipelining); `undefined` where
 * this response does not wait.
 *
 * Why: when a connection is lost, `node:http` emits `close` only on the response whose turn it is. Why one listener on the
 * socket for all: a connection may have any number of waiting responses.
 */
function queueOf(response: ServerResponse): Queue | undefined {
  if (!isQueued(response)) return undefined;
  const { socket } = response.req;
  const known = queues.get(socket);
  if (known !== undefined) return known;
  const queue: Queue = new Set();
  queues.set(socket, queue);
  socket.once('close', () => {
    for (const onClose of queue) onClose();
  });
  return queue;
}
