import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A request that a receiver has got. */
export interface Received {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** How a receiver answers one request. */
export type Answering = (response: ServerResponse, request: IncomingMessage) => void;

/** Answers with a status, headers and a body. */
export const answers =
  (status: number, headers: Readonly<Record<string, string>> = {}, body: string | Uint8Array = ''): Answering =>
  (response) => {
    response.writeHead(status, headers).end(body);
  };

/** A receiver of metrics that fails as it is told: what a real one does only when something is broken. */
export class FaultyReceiver {
  readonly received: Received[] = [];
  /** The answers to the next requests; the last one stays. */
  answering: Answering[] = [answers(200)];
  /** How many connections were made. */
  connections = 0;
  readonly #server: Server = createServer((request, response) => void this.#answer(request, response));

  async start(): Promise<void> {
    this.#server.on('connection', () => {
      this.connections++;
    });
    await once(this.#server.listen(0, '127.0.0.1'), 'listening');
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Forgets what it has received, and answers anew. */
  reset(...answering: Answering[]): void {
    this.received.length = 0;
    this.connections = 0;
    this.answering = answering.length > 0 ? answering : [answers(200)];
  }

  /** How many connections are open. */
  countConnections(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
    });
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url: path, headers } = request;
    const body = await buffer(request).catch(() => Buffer.alloc(0));
    this.received.push({ method, path, headers, body });
    const [answer, ...more] = this.answering;
    if (more.length > 0) this.answering = more;
    answer?.(response, request);
  }
}
