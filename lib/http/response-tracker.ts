import type { ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import type { Socket } from 'node:net';

type Chunk = string | Uint8Array | null | (() => void);

/** The signature that `write` and `end` share, in HTTP/1 and HTTP/2. */
type Method = (this: ServerResponse, chunk?: Chunk, encoding?: unknown, callback?: unknown) => unknown;

/** The state of a response so far. */
export interface ResponseTracker {
  /** The bytes of the body as they were sent: after compression. */
  bodyBytes(): number;
  /** Whether the client may have seen the status. It has not where the connection was lost before the headers. */
  hasStatus(): boolean;
}

/**
 * Tracks what is written to a response.
 *
 * Why it replaces `write` and `end`, which return what they returned before: a streamed body has no Content-Length, and
 * listening to its stream would make that flow. Why by plain assignment: a hidden property costs more than the response.
 */
export function trackResponse(response: ServerResponse): ResponseTracker {
  const methods = response as unknown as { write: Method; end: Method };
  const { write: originalWrite, end: originalEnd } = methods;
  let bytes = 0;
  let isEnding = false;
  let isLost = false;
  const count = (chunk: Chunk | undefined, encoding: unknown): void => {
    if (isEnding) return;
    // Why: only before the headers does the socket tell the truth. Later, Node counts bytes as sent even where no client reads them.
    if (!response.headersSent) isLost = isDisconnected(response);
    bytes += byteLength(chunk, encoding);
  };
  methods.write = function write(chunk, encoding, callback) {
    count(chunk, encoding);
    return originalWrite.call(this, chunk, encoding, callback);
  };
  methods.end = function end(chunk, encoding, callback) {
    count(chunk, encoding);
    // Why: HTTP/2's `end` calls `write` with the chunk, HTTP/1's does not.
    isEnding = true;
    return originalEnd.call(this, chunk, encoding, callback);
  };
  return {
    bodyBytes: () => (hasBody(response) ? bytes : 0),
    // Why asked for the queue: what waits for an earlier response has headers, and none of it was sent.
    hasStatus: () => response.headersSent && !isLost && (response.writableFinished || !isQueued(response)),
  };
}

const isDisconnected = ({ destroyed, req }: ServerResponse): boolean => destroyed || req.socket?.destroyed;

function byteLength(chunk: Chunk | undefined, encoding: unknown): number {
  if (typeof chunk === 'string') return Buffer.byteLength(chunk, encoding as BufferEncoding);
  return chunk instanceof Uint8Array ? chunk.byteLength : 0;
}

// Source: RFC 9110, 6.4.1. Node drops a body that is written to such a response.
const hasBody = ({ req, statusCode }: ServerResponse): boolean =>
  req.method !== 'HEAD' && statusCode !== 204 && statusCode !== 304;

/** Calls the listener once, when the response is complete or can no longer be completed, and tells which of them it is. */
export function onResponseEnd(response: ServerResponse, listener: (isComplete: boolean) => void): void {
  if (hasEnded(response)) {
    // Why not `destroyed`: that is true of a response that was sent to its end as well, once its connection is done.
    listener(response.writableFinished && isIntact(response));
    return;
  }
  const queue = queueOf(response);
  let isOver = false;
  // Why the listeners stay: to take them off costs more than the second event, and they go with the response.
  const end = (isComplete: boolean): void => {
    if (isOver) return;
    isOver = true;
    queue?.delete(onClose);
    listener(isComplete);
  };
  const onClose = (): void => end(false);
  response.on('finish', () => end(isIntact(response))).on('close', onClose);
  queue?.add(onClose);
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
