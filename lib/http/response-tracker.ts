import type { ServerResponse } from 'node:http';
import type { Http2ServerResponse, ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type { Family } from '../families/family.js';
import type { MetricsRecorder } from '../recorder/metrics-recorder.js';
import { isObject } from '../validation.js';

/*
 * Why few properties of a response are read here, and none twice: Express changes the prototype of each response, and V8 before
 * Node 24 then copies the hidden class for every property that the response gets. Each property that is read costs a look-up
 * then, and each that is added costs more than all other measuring of a request; so does a WeakMap with an entry for each
 * response.
 */

type Chunk = string | Uint8Array | null | (() => void);

/** The signature that `write` and `end` share, in HTTP/1 and HTTP/2. */
type Method = (this: ServerResponse, chunk?: Chunk, encoding?: unknown, callback?: unknown) => unknown;

/** The families of a recorder that record a response. */
interface Claim {
  readonly recorder: MetricsRecorder;
  readonly families: ReadonlySet<Family>;
}

/** Called once, when the response is complete or can no longer be completed. */
export type EndCallback = (tracker: ResponseTracker, isComplete: boolean) => void;

/** What was written to a response so far, until its end. */
export class ResponseTracker {
  /** Who records the response. */
  claim: Claim | undefined;
  /** What the adapter of a framework observes of the request. */
  observed: unknown;
  /** Whether the `write` and `end` of the response's prototype tell it; else the response has some of its own that do. */
  isToldByPrototype = false;
  readonly response: ServerResponse;
  readonly #method: string;
  readonly #connection: Socket | null | undefined;
  /** The stream of a response of HTTP/2. */
  readonly #stream: ServerHttp2Stream | undefined;
  readonly #onEnd: EndCallback;
  #leaveQueue: (() => void) | undefined;
  #bytes = 0;
  #isEnding = false;
  #hasSentHeaders = false;
  #isLost = false;
  #isFinished = false;
  #isOver = false;

  constructor(response: ServerResponse, method: string, onEnd: EndCallback) {
    this.response = response;
    this.#method = method;
    // Why: a response that was made by hand may have no connection at all, so the request is asked too.
    this.#connection = response.req?.socket;
    this.#stream = isOfHttp2(response) ? response.stream : undefined;
    this.#onEnd = onEnd;
  }

  /** The bytes of the body as they were sent, after compression, of a response with this status. */
  bodyBytes(statusCode: number): number {
    // Source: RFC 9110, 6.4.1. Node drops a body that is written to such a response.
    return this.#method === 'HEAD' || statusCode === 204 || statusCode === 304 ? 0 : this.#bytes;
  }

  /**
   * Whether the client may have seen the status. It has not where the connection was lost before the headers, and what waits
   * for an earlier response has headers, but none of it was sent.
   */
  get hasStatus(): boolean {
    if (this.#isLost || !this.response.headersSent) return false;
    return this.#isFinished || this.response.writableFinished || !this.#waitsForTurn();
  }

  onWrite(chunk: Chunk | undefined, encoding: unknown): void {
    if (this.#isEnding) return;
    // Why: only before the headers does the socket tell the truth. Later, Node counts bytes as sent even where no client reads them.
    this.#hasSentHeaders ||= this.response.headersSent;
    if (!this.#hasSentHeaders) this.#isLost = this.response.destroyed || Boolean(this.#connection?.destroyed);
    this.#bytes += byteLength(chunk, encoding);
  }

  onEnd(chunk: Chunk | undefined, encoding: unknown): void {
    this.onWrite(chunk, encoding);
    // Why: HTTP/2's `end` calls `write` with the chunk, HTTP/1's does not.
    this.#isEnding = true;
  }

  /** Whether the response has ended. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Calls the callback when the response ends, which may be now. */
  listen(): void {
    const { response } = this;
    const waits = this.#waitsForTurn();
    const isLate = this.#hasEnded(waits);
    const onClose = (): void => this.#end(false);
    const onFinish: EndListener = () => {
      this.#isFinished = true;
      this.#end(this.#isIntact());
    };
    onFinish[carried] = this;
    response.on('finish', onFinish);
    this.isToldByPrototype = trackWrites(this);
    if (this.isToldByPrototype || latest?.response === response) addToLatest(this);
    if (isLate) {
      // Why not `destroyed`: that is true of a response that was sent to its end as well, once its connection is done.
      this.#end(response.writableFinished && this.#isIntact());
      return;
    }
    response.on('close', onClose);
    // Why: a HEAD is over when its headers are sent or its stream is reset, and Node emits nothing on its response then.
    this.#stream?.on('close', () => this.#end(response.headersSent && this.#isIntact()));
    if (waits) this.#leaveQueue = joinQueue(this.#connection as Socket, onClose);
  }

  // Why the listeners stay: to take them off costs more than the second event, and they go with the response.
  #end(isComplete: boolean): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#leaveQueue?.();
    clearLatest(this.response);
    this.#onEnd(this, isComplete);
  }

  /** Whether another response on its connection comes first (pipelining). */
  #waitsForTurn(): boolean {
    return this.response.socket === null && Boolean(this.#connection);
  }

  #hasEnded(waits: boolean): boolean {
    const { response } = this;
    // Why: an HTTP/2 response to a HEAD is `writableFinished` before it has begun, so its stream is asked.
    if (this.#stream !== undefined) return this.#stream.destroyed;
    // Why asked for the headers first: most responses have none yet, and to be finished is made of many properties.
    if (response.destroyed || (response.headersSent && response.writableFinished)) return true;
    return waits && Boolean(this.#connection?.destroyed);
  }

  /**
   * Whether a response that has finished was sent. Why asked: HTTP/2 emits `finish` where the stream was reset as well, and
   * HTTP/1 where the last write has failed.
   */
  #isIntact(): boolean {
    const stream = this.#stream;
    if (stream !== undefined) return !stream.aborted && stream.rstCode === 0;
    return !this.#connection?.errored;
  }
}

/**
 * Tracks what is written to a response from now on, and calls back once, when it is complete or can no longer be completed.
 *
 * @param method the method of its request.
 */
export function trackResponse(response: ServerResponse, method: string, onEnd: EndCallback): ResponseTracker {
  const tracker = new ResponseTracker(response, method, onEnd);
  tracker.listen();
  return tracker;
}

/** A listener for the `finish` of a response, with what tracks that. */
type EndListener = (() => void) & { [carried]?: ResponseTracker };

const carried = Symbol('flowplane-metrics.tracker');

/** The response that was asked for last, until it ends, and its trackers. */
let latest: { readonly response: ServerResponse; readonly trackers: readonly ResponseTracker[] } | undefined;

/**
 * All that tracks a response which has not ended.
 *
 * Why the listeners carry it: see above. Node has a listener of its own for `finish`, so that nobody removes them all. Why the
 * latest response is kept: most handlers answer at once, and then nobody lists the listeners again.
 */
export function trackersOf(response: ServerResponse): readonly ResponseTracker[] {
  if (latest?.response === response) return latest.trackers;
  const trackers: ResponseTracker[] = [];
  for (const listener of response.listeners('finish')) {
    const tracker = (listener as EndListener)[carried];
    if (tracker !== undefined) trackers.push(tracker);
  }
  if (trackers.some(({ isOver }) => !isOver)) latest = { response, trackers };
  return trackers;
}

function addToLatest(tracker: ResponseTracker): void {
  const { response } = tracker;
  const earlier = latest?.response === response ? latest.trackers : [];
  latest = { response, trackers: [...earlier, tracker] };
}

function clearLatest(response: ServerResponse): void {
  if (latest?.response === response) latest = undefined;
}

interface Writable {
  write: Method;
  end: Method;
}

/** Marks a `write` that tells the trackers of its response. */
const tellsTrackers = Symbol('flowplane-metrics.tellsTrackers');

/**
 * Lets `write` and `end` of a response tell its tracker. Returns whether those of its prototype do that already.
 *
 * Why it replaces them, which return what they returned before: a streamed body has no Content-Length, and listening to its
 * stream would make that flow. Why by plain assignment: a hidden property costs more than the response.
 */
function trackWrites(tracker: ResponseTracker): boolean {
  const methods = tracker.response as unknown as Writable;
  const { write: originalWrite } = methods;
  if (tellsTrackers in originalWrite) return true;
  const { end: originalEnd } = methods;
  methods.write = function write(chunk, encoding, callback) {
    tracker.onWrite(chunk, encoding);
    return originalWrite.call(this, chunk, encoding, callback);
  };
  methods.end = function end(chunk, encoding, callback) {
    tracker.onEnd(chunk, encoding);
    return originalEnd.call(this, chunk, encoding, callback);
  };
  return false;
}

/** The prototypes of responses, each with whether it is one of Node's. */
const prepared = new WeakMap<object, boolean>();

/**
 * Lets the prototype from which all responses of a framework inherit, `express.response` for example, tell what is written to a
 * response. Returns whether it is a response of Node: what is none is refused by what tracks it, with words.
 *
 * Why: functions of its own are for each response of Express a new hidden class.
 *
 * @param ofNode the class of Node's responses. Why it is handed over: the main entry loads no `node:http`.
 */
export function trackWritesByPrototype(response: ServerResponse, ofNode: typeof ServerResponse): boolean {
  const own: object | null = isObject(response) ? Object.getPrototypeOf(response) : null;
  if (own === null) return false;
  const known = prepared.get(own);
  if (known !== undefined) return known;
  const isOfNode = response instanceof ofNode;
  prepared.set(own, isOfNode);
  for (let one: object | null = own; one !== null && isOfNode; one = Object.getPrototypeOf(one)) {
    if (Object.getPrototypeOf(one) === ofNode.prototype) trackWritesOfAll(one);
  }
  return isOfNode;
}

/**
 * Replaces `write` and `end` of a prototype of responses, once and for all who measure: they do what they inherit, and tell the
 * trackers of their response.
 */
function trackWritesOfAll(prototype: object): void {
  const methods = prototype as Writable;
  if (tellsTrackers in methods.write) return;
  const replace = (name: keyof Writable, tell: 'onWrite' | 'onEnd'): void => {
    const own = Object.hasOwn(methods, name) ? methods[name] : undefined;
    const value: Method = function (this, chunk, encoding, callback) {
      for (const tracker of trackersOf(this)) {
        // Why asked: where the response has functions of its own, these end here too.
        if (tracker.isToldByPrototype) tracker[tell](chunk, encoding);
      }
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

function byteLength(chunk: Chunk | undefined, encoding: unknown): number {
  if (typeof chunk === 'string') return Buffer.byteLength(chunk, encoding as BufferEncoding);
  return chunk instanceof Uint8Array ? chunk.byteLength : 0;
}

/** Whether the responses with a prototype are those of HTTP/2. */
const http2Prototypes = new WeakMap<object, boolean>();

/** Whether it is a response of HTTP/2. Why its prototype is asked: see above. */
function isOfHttp2(response: ServerResponse | Http2ServerResponse): response is Http2ServerResponse {
  const prototype: object = Object.getPrototypeOf(response);
  let answer = http2Prototypes.get(prototype);
  if (answer === undefined) {
    answer = 'stream' in prototype;
    http2Prototypes.set(prototype, answer);
  }
  return answer;
}

const queues = new WeakMap<Socket, Set<() => void>>();

/**
 * Lets a listener be called for the end of a connection on which its response waits for an earlier one. Returns the function
 * that takes it off.
 *
 * Why: when a connection is lost, `node:http` emits `close` only on the response whose turn it is. Why one listener on the
 * socket for all: a connection may have any number of waiting responses.
 */
function joinQueue(socket: Socket, onClose: () => void): () => void {
  const queue = queues.get(socket) ?? createQueue(socket);
  queue.add(onClose);
  return () => void queue.delete(onClose);
}

function createQueue(socket: Socket): Set<() => void> {
  const queue = new Set<() => void>();
  queues.set(socket, queue);
  socket.once('close', () => {
    for (const onClose of queue) onClose();
  });
  return queue;
}
