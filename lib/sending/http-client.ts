import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { nextTurn } from '../async/slices.js';

/** One request to a receiver of metrics. */
export interface OutgoingRequest {
  readonly method: 'DELETE' | 'POST' | 'PUT';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** The body in pieces; none for a request without one. They are read until there is an answer, or an error. */
  readonly body: readonly Uint8Array[];
}

/** The answer of a receiver. It has read the request, so what it has accepted must not be sent again. */
export interface ReceiverResponse {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** The beginning of the body, some more than 64 KiB where it is longer. It may have broken off. */
  readonly body: Buffer;
}

/** How the connections to one receiver are made. */
export interface ClientOptions {
  /** The authorities that sign the receiver's certificate, and what the receiver gets for a client's certificate, in PEM. */
  readonly tls?: ClientTlsOptions | undefined;
  /** Makes the connections: that of a proxy, for example. Default: one connection, which is kept. */
  readonly agent?: Agent | undefined;
}

/** The part of a client in TLS. */
export interface ClientTlsOptions {
  /** The certificates of the authorities that are trusted, in PEM. Default: those that Node trusts. */
  readonly ca?: string | undefined;
  /** The client's certificate, in PEM. Default: none. */
  readonly cert?: string | undefined;
  /** The private key of that certificate, in PEM. */
  readonly key?: string | undefined;
}

/** Why a request was not answered. Never has a header in it. */
export class Unanswered extends Error {
  override readonly name = 'Unanswered';
  /** Whether a connection that was kept had been closed meanwhile: the receiver may not even know of the request. */
  readonly wasKept: boolean;

  constructor(reason: string, wasKept = false) {
    super(reason);
    this.wasKept = wasKept;
  }
}

/** Of an answer no more is read than this. */
const maxAnswerBytes = 4 * 1024 * 1024;
/** After so much of an answer no more is kept: it says in some words what is wrong. Why so little: it may come byte by byte. */
const maxKeptBytes = 64 * 1024;

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was reset',
  EHOSTUNREACH: 'no route leads to the host',
  ENETUNREACH: 'no route leads to the host',
  ENOTFOUND: 'the name of the host is unknown',
  EAI_AGAIN: 'the name of the host could not be looked up',
  ETIMEDOUT: 'connecting took too long',
};

/** Sends requests to one receiver, over a connection that is kept. It keeps no process running by itself. */
export class HttpClient {
  readonly #options: ClientOptions;
  #ownAgent: Agent | undefined;

  constructor(options: ClientOptions = {}) {
    this.#options = options;
  }

  /**
   * Sends a request once. Redirects are not followed.
   *
   * @param seconds how long it may take until the answer begins, and then until it has ended.
   * @throws Unanswered where no answer has begun. An answer that has begun counts, also where the rest of it does not come.
   */
  async send(request: OutgoingRequest, seconds: number, signal?: AbortSignal): Promise<ReceiverResponse> {
    const start = await this.#prepare(request);
    // Why here: it may have been given up meanwhile.
    if (signal?.aborted) throw new Unanswered('it was given up');
    return new Promise((resolve, reject) =>
      new Exchange(start, request.body, { resolve, reject }).run(seconds, signal),
    );
  }

  /** Closes the connection that is kept. */
  close(): void {
    this.#ownAgent?.destroy();
    this.#ownAgent = undefined;
  }

  async #prepare({ method, url, headers, body }: OutgoingRequest): Promise<() => ClientRequest> {
    // Why imported when it is needed: most receivers are on this machine or behind a sidecar, without TLS.
    const isTls = url.protocol === 'https:';
    const { request, Agent } = isTls ? await import('node:https') : await import('node:http');
    if (this.#options.agent === undefined) this.#ownAgent ??= new Agent({ keepAlive: true, maxSockets: 1 });
    const agent = this.#options.agent ?? this.#ownAgent;
    const length = body.reduce((sum, piece) => sum + piece.length, 0);
    const options: RequestOptions = {
      method,
      agent,
      headers: { ...headers, 'Content-Length': length },
      ...(isTls ? this.#options.tls : {}),
    };
    return () => request(url, options);
  }
}

/** Where an exchange ends. */
interface Settle {
  resolve(answer: ReceiverResponse): void;
  reject(error: Unanswered): void;
}

/** One request and its answer. */
class Exchange {
  readonly #start: () => ClientRequest;
  readonly #body: readonly Uint8Array[];
  readonly #settle: Settle;
  #timer: NodeJS.Timeout | undefined;
  #request: ClientRequest | undefined;
  #response: IncomingMessage | undefined;
  #pieces: Buffer[] = [];
  #length = 0;
  #stopListening = (): void => undefined;

  constructor(start: () => ClientRequest, body: readonly Uint8Array[], settle: Settle) {
    this.#start = start;
    this.#body = body;
    this.#settle = settle;
  }

  run(seconds: number, signal: AbortSignal | undefined): void {
    this.#startTimer(seconds);
    const giveUp = (): void => this.#end('it was given up');
    signal?.addEventListener('abort', giveUp, { once: true });
    this.#stopListening = () => signal?.removeEventListener('abort', giveUp);
    try {
      this.#request = this.#start();
    } catch (error) {
      this.#end(describe(error));
      return;
    }
    this.#request
      // Why: an export must not keep a process running that has nothing else to do. Who waits for it, does.
      .on('socket', (socket) => socket.unref())
      .on('error', (error) => this.#end(describe(error), this.#request?.reusedSocket))
      .on('response', (response) => this.#read(response, seconds));
    writePieces(this.#request, this.#body);
  }

  #startTimer(seconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => this.#end(`no answer came within ${Number(seconds.toPrecision(3))} s`),
      seconds * 1000,
    ).unref();
  }

  #read(response: IncomingMessage, seconds: number): void {
    this.#response = response;
    this.#startTimer(seconds);
    response
      .on('data', (piece: Buffer) => {
        if (this.#length <= maxKeptBytes) this.#pieces.push(piece);
        this.#length += piece.length;
        if (this.#length > maxAnswerBytes) this.#end('');
      })
      .on('error', () => this.#end(''))
      .on('close', () => this.#end(''))
      .on('end', () => this.#end(''));
  }

  /** Ends with the answer, if one has begun, and otherwise with the reason why there is none. */
  #end(reason: string, wasKept = false): void {
    clearTimeout(this.#timer);
    this.#stopListening();
    const response = this.#response;
    // Why not where both are complete: the connection is kept then. A body that is still being sent belongs to its owner again.
    if (response?.complete !== true || this.#request?.writableFinished !== true)
      this.#request?.on('error', () => undefined).destroy();
    if (response === undefined) {
      this.#settle.reject(new Unanswered(reason, wasKept));
      return;
    }
    const { statusCode = 0, headers } = response;
    this.#settle.resolve({ status: statusCode, headers, body: Buffer.concat(this.#pieces) });
  }
}

/**
 * Writes a body as its pieces are taken, each in a turn of the event loop of its own.
 *
 * Why not at once: the system copies them, which takes longer than a slice of work may. A socket with room says in the same
 * turn that it wants more.
 */
function writePieces(request: ClientRequest, body: readonly Uint8Array[]): void {
  const left = body.values();
  const write = (): void => {
    if (request.destroyed) return;
    for (const piece of left) if (!request.write(piece)) return;
    request.off('drain', writeLater).end();
  };
  const writeLater = (): void => void nextTurn().then(write);
  request.on('drain', writeLater);
  write();
}

/** Says why there is no answer. Why not always the message of the error: some of Node's have no words, but a code. */
function describe(error: unknown): string {
  const { code, message } = Object(error) as { readonly code?: unknown; readonly message?: unknown };
  const words = String(message || code || 'an unknown error');
  // Why in one line: those of OpenSSL end with a line feed.
  return reasons[String(code)] ?? words.replace(/\s+/g, ' ').trim();
}
