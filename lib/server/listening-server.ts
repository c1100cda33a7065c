import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import type { AddressInfo, ListenOptions, Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { TlsOptions } from 'node:tls';
import type { ReloadableAccess } from '../access/reloadable-access.js';
import { MetricsError } from '../error.js';
import { socketPath } from '../processes/transports/socket-path.js';
import { httpOptions } from './config/options.js';
import { refuseBadRequests } from './connections.js';
import type { Access } from './load-access.js';
import { paths } from './route.js';
import type { ServerParts } from './server-parts.js';
import type { LoadedTls } from './tls/load-tls.js';

/** The address that a server listens on. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  /** The URL to scrape, for example `http://127.0.0.1:9090/metrics`. */
  readonly url: string;
}

/** A server whose TLS can change while it listens: to another certificate, or from plain HTTP to TLS. */
export class ListeningServer {
  readonly #listener: RequestListener;
  readonly #parts: ServerParts;
  readonly #access: ReloadableAccess<Access>;
  #current: Server;
  /** The plain server that TLS has replaced. Its last connections may still be open. */
  #replaced: Server | undefined;

  constructor(listener: RequestListener, parts: ServerParts, access: ReloadableAccess<Access>) {
    this.#listener = listener;
    this.#parts = parts;
    this.#access = access;
    this.#current = this.#createServer(access.current.tls);
  }

  /** @throws MetricsError `listen_failed` with the option to change. */
  async listen(host: string, port: number): Promise<ServerAddress> {
    try {
      // Why: in a cluster, all workers that ask for any free port get the same one.
      // Why of several processes too: the one that serves must get all scrapes.
      const isOneOfMany = this.#parts.options.cluster === true;
      const isPatient = isOneOfMany && socketPath({}) !== undefined;
      await listenPatiently(this.#current, { host, port, exclusive: port === 0 || isOneOfMany }, isPatient);
    } catch (cause) {
      throw listenError(host, port, cause);
    }
    return addressOf(this.#current);
  }

  /** Uses this TLS from the next connection on, and closes idle connections. */
  async useTls(tls: LoadedTls): Promise<void> {
    const server = this.#current;
    if (!server.listening) return;
    if (server instanceof TlsServer) updateSecureContext(server, tls.options);
    else await this.#replaceBy(this.#createServer(tls));
    server.closeIdleConnections();
  }

  /** Stops listening. */
  async close(): Promise<void> {
    const closed = once(this.#current, 'close');
    this.#replaced?.close();
    this.#current.close();
    await closed;
  }

  closeAllConnections(): void {
    this.#replaced?.closeAllConnections();
    this.#current.closeAllConnections();
    this.#parts.connections.closeAll();
  }

  #createServer(tls: LoadedTls | undefined): Server {
    const server = createHttpServer(this.#listener, this.#parts, tls);
    refuseBadRequests(server, this.#parts, () => this.#access.current.headers);
    server.on('connection', (socket: Socket) => {
      this.#parts.connections.add(socket, this.#access.current.policy.expects(socket));
    });
    return server;
  }

  async #replaceBy(server: Server): Promise<void> {
    // Why on the same socket: it stays open, so no client is refused in between, and no other process takes the port.
    server.listen(this.#current);
    await once(server, 'listening');
    this.#replaced = this.#current;
    this.#current = server;
  }
}

/** How often, and after how many milliseconds, a port is tried again that a process has that is about to end. */
const attempts = 40;
const attemptMs = 250;

/** @param isPatient whether the port may be that of a process whose place this one takes. */
async function listenPatiently(server: Server, address: ListenOptions, isPatient: boolean): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      server.listen(address);
      await once(server, 'listening');
      return;
    } catch (cause) {
      const isTaken = (cause as { code?: string }).code === 'EADDRINUSE';
      if (!isPatient || !isTaken || attempt === attempts) throw cause;
      await wait(attemptMs);
    }
  }
}

function createHttpServer(listener: RequestListener, parts: ServerParts, tls: LoadedTls | undefined): Server {
  const { limits, options } = parts;
  const settings = httpOptions(limits);
  const handshakeTimeout = limits.requestTimeoutSeconds * 1000;
  const server =
    tls === undefined
      ? createServer(settings, listener)
      : createTlsServer({ ...settings, ...tls.options, handshakeTimeout }, listener);
  if (options.keepAlive !== true) unrefServer(server);
  return server;
}

/** Lets the process end although the server listens. */
function unrefServer(server: Server): void {
  server.unref();
  server.on('connection', (socket) => socket.unref());
}

function updateSecureContext(server: TlsServer, options: TlsOptions): void {
  server.setSecureContext(options);
  const { requestCert, rejectUnauthorized } = options;
  // Why assigned: node:tls reads these two properties of its server at each connection, and has no method to set them.
  Object.assign(server, { requestCert, rejectUnauthorized });
}

function addressOf(server: Server): ServerAddress {
  const { address, family, port } = server.address() as AddressInfo;
  const authority = family === 'IPv6' ? `[${address}]` : address;
  const scheme = server instanceof TlsServer ? 'https' : 'http';
  return { host: address, port, url: `${scheme}://${authority}:${port}${paths.metrics}` };
}

const listenFailures: Readonly<Record<string, string>> = {
  EADDRINUSE:
    'is taken (EADDRINUSE). Pass another "port" or set FLOWPLANE_METRICS_PORT; mind that Prometheus itself listens on 9090 by default',
  EACCES: 'may not be opened by this user (EACCES). Pass a "port" above 1023, or set FLOWPLANE_METRICS_PORT',
  EADDRNOTAVAIL:
    'is not an address of this machine (EADDRNOTAVAIL). Pass another "host", or set FLOWPLANE_METRICS_HOST',
  ENOTFOUND: 'is not a known host (ENOTFOUND). Pass another "host", or set FLOWPLANE_METRICS_HOST',
};

function listenError(host: string, port: number, cause: unknown): MetricsError {
  const code = (cause as { code?: string }).code ?? 'unknown error';
  const failure = listenFailures[code] ?? `cannot be listened on (${code}). Check "host" and "port"`;
  const message = `address "${host}:${port}" ${failure}.`;
  return new MetricsError('MetricsServer', [{ code: 'listen_failed', message }], { cause });
}
