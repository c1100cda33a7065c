import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { httpOptions, type Limits } from './config/limits.js';
import { listenError } from './listen-error.js';
import type { LoadedTls } from './tls/loaded-tls.js';

/** Where a server listens. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  /** What to scrape, e.g. `http://127.0.0.1:9090/metrics`. */
  readonly url: string;
}

/** What a server is, however it is reached. */
export interface ServerParts {
  readonly listener: RequestListener;
  readonly limits: Limits;
  /** Whether the process goes on for its sake. */
  readonly keepAlive: boolean;
  /** Readies a server that does not listen yet. */
  readonly prepare: (server: Server) => void;
}

/** A server whose TLS may change while it listens: by another certificate, or from none to some. */
export class ListeningServer {
  readonly #parts: ServerParts;
  #current: Server;
  /** The one without TLS that listened before it. Its last connections may still be open. */
  #before: Server | undefined;

  constructor(parts: ServerParts, tls: LoadedTls | undefined) {
    this.#parts = parts;
    this.#current = newServer(parts, tls);
  }

  /** @throws MetricsError naming the option to change. */
  async listen(host: string, port: number): Promise<ServerAddress> {
    try {
      this.#current.listen({ host, port });
      await once(this.#current, 'listening');
    } catch (cause) {
      throw listenError('MetricsServer', host, port, cause);
    }
    return addressOf(this.#current);
  }

  /** Has this TLS from the next connection on. Connections that are idle are ended. */
  async use(tls: LoadedTls): Promise<void> {
    const server = this.#current;
    if (!server.listening) return;
    if (server instanceof TlsServer) renew(server, tls.options);
    else await this.#replaceBy(newServer(this.#parts, tls));
    server.closeIdleConnections();
  }

  /** Stops listening. */
  async close(): Promise<void> {
    const closed = once(this.#current, 'close');
    this.#before?.close();
    this.#current.close();
    await closed;
  }

  closeAllConnections(): void {
    this.#before?.closeAllConnections();
    this.#current.closeAllConnections();
  }

  async #replaceBy(server: Server): Promise<void> {
    // Why on the other one's socket: it stays open, so that nobody is refused in between, and nobody else takes the port.
    server.listen(this.#current);
    await once(server, 'listening');
    this.#before = this.#current;
    this.#current = server;
  }
}

function newServer({ listener, limits, keepAlive, prepare }: ServerParts, tls: LoadedTls | undefined): Server {
  const options = httpOptions(limits);
  const handshakeTimeout = limits.requestTimeoutSeconds * 1000;
  const server =
    tls === undefined
      ? createServer(options, listener)
      : createTlsServer({ ...options, ...tls.options, handshakeTimeout }, listener);
  server.maxConnections = limits.maxConnections;
  if (!keepAlive) letTheProcessEnd(server);
  prepare(server);
  return server;
}

function letTheProcessEnd(server: Server): void {
  server.unref();
  server.on('connection', (socket) => socket.unref());
}

function renew(server: TlsServer, options: TlsOptions): void {
  server.setSecureContext(options);
  const { requestCert, rejectUnauthorized } = options;
  // Why assigned: node:tls reads these two of its server at each connection, and has no method for them.
  Object.assign(server, { requestCert, rejectUnauthorized });
}

function addressOf(server: Server): ServerAddress {
  const { address, family, port } = server.address() as AddressInfo;
  const authority = family === 'IPv6' ? `[${address}]` : address;
  const scheme = server instanceof TlsServer ? 'https' : 'http';
  return { host: address, port, url: `${scheme}://${authority}:${port}/metrics` };
}
