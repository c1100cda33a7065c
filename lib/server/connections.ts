import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type RefusalReason, refusals } from '../access/refusals.js';
import type { OpenConnections } from './open-connections.js';
import type { ServerParts } from './server-parts.js';

interface OpenResponse {
  readonly closed: Promise<void>;
  /** Whether the connection is closed after this response. */
  closesConnection: boolean;
}

/** The responses that have begun and are not sent yet. */
export class OpenResponses {
  readonly #open = new Map<ServerResponse, OpenResponse>();
  readonly #timeoutMs: number;
  readonly #connections: OpenConnections;

  /** @param timeoutSeconds a client that has not read its response by then is disconnected. */
  constructor(timeoutSeconds: number, connections: OpenConnections) {
    this.#connections = connections;
    this.#timeoutMs = timeoutSeconds * 1000;
  }

  add(response: ServerResponse): void {
    const { socket } = response.req;
    const timer = setTimeout(() => socket.destroy(), this.#timeoutMs).unref();
    const release = this.#connections.keep(socket);
    const open = { closed: whenClosed(response), closesConnection: false };
    this.#open.set(response, open);
    void open.closed.then(() => {
      clearTimeout(timer);
      this.#open.delete(response);
      release();
      if (open.closesConnection) socket.end();
    });
  }

  /** Whether a response is being sent on this connection. */
  isAnswering(socket: Socket): boolean {
    return [...this.#open.keys()].some((response) => response.socket === socket);
  }

  /** Resolves when every response that is open now has been sent, or has lost its client. */
  async waitForAll(): Promise<void> {
    await Promise.all([...this.#open.values()].map(({ closed }) => closed));
  }

  /** Closes the connection of each open response after that response. */
  closeConnectionsAfterwards(): void {
    for (const open of this.#open.values()) open.closesConnection = true;
  }
}

function whenClosed(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    response.once('close', resolve);
  });
}

/** How many requests a client may send ahead on one connection. A scraper has no reason for more. */
const maxPipelined = 100;

interface RequestQueue {
  last: Promise<void>;
  length: number;
}

/**
 * Lets the requests of one connection be answered one after the other, also where the client sends them ahead (pipelining).
 *
 * Why: `node:http` emits pipelined requests at once. When the connection is lost, the responses that still wait for their
 * turn emit nothing.
 */
export class RequestPipeline {
  readonly #queues = new WeakMap<Socket, RequestQueue>();

  /** Whether the client has sent too many requests ahead on this connection. */
  isFull({ socket }: IncomingMessage): boolean {
    return (this.#queues.get(socket)?.length ?? 0) > maxPipelined;
  }

  /** Waits until all earlier requests of the connection are answered. Resolves with `false` where it is lost by then. */
  async waitForTurn({ socket }: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const queue = this.#queues.get(socket) ?? { last: Promise.resolve(), length: 0 };
    this.#queues.set(socket, queue);
    const earlier = queue.last;
    queue.length++;
    queue.last = earlier
      .then(() => (socket.destroyed ? undefined : whenClosed(response)))
      .finally(() => {
        queue.length--;
      });
    await earlier;
    return !socket.destroyed;
  }
}

/** The reason for each error of the parser of `node:http`. The errors that are not listed are `malformed`. */
const parserErrors: Readonly<Record<string, RefusalReason>> = {
  HPE_HEADER_OVERFLOW: 'header_size',
  ERR_HTTP_REQUEST_TIMEOUT: 'timeout',
};

/** Answers requests that cannot be parsed or that arrive too slowly, as `node:http` itself does, and counts them. */
export function refuseBadRequests(
  server: Server,
  { responses, metrics }: Pick<ServerParts, 'responses' | 'metrics'>,
  headers: () => Readonly<Record<string, string>>,
): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const code = error.code ?? '';
    const reason = parserErrors[code] ?? (code.startsWith('HPE_') ? 'malformed' : undefined);
    if (reason === undefined || !socket.writable) {
      socket.destroy();
      return;
    }
    metrics.countRefusal(reason);
    const { status, text } = refusals[reason];
    // Why: inside a response that is being sent, these bytes would be taken for a part of it.
    if (!responses.isAnswering(socket)) {
      const lines = Object.entries({ ...headers(), Connection: 'close' }).map(([name, value]) => `${name}: ${value}`);
      socket.write([`HTTP/1.1 ${status} ${text}`, ...lines, '', ''].join('\r\n'), 'latin1');
    }
    socket.destroySoon();
  });
  // Why: without a listener `node:http` answers the same, without the security headers.
  server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    for (const [name, value] of Object.entries(headers())) response.setHeader(name, value);
    response.writeHead(417).end();
  });
}
