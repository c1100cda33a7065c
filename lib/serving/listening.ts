import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { httpOptions, type Limits } from './limits.js';
import { listenError } from './listen-error.js';
import type { LoadedTls } from './loaded-tls.js';
import { serverAddress } from './server-address.js';
import type { MetricsServerOptions } from './server-options.js';

/** Where a server listens. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  /** What to scrape, e.g. `http://127.0.0.1:9090/metrics`. */
  readonly url: string;
}

/** A server with these limits, over TLS where it is configured; not listening yet. */
export function newServer(listener: RequestListener, limits: Limits, tls: LoadedTls | undefined): Server | TlsServer {
  const options = httpOptions(limits);
  const handshakeTimeout = limits.requestTimeoutSeconds * 1000;
  const server =
    tls === undefined
      ? createServer(options, listener)
      : createTlsServer({ ...options, ...tls.options, handshakeTimeout }, listener);
  server.maxConnections = limits.maxConnections;
  return server;
}

/**
 * Has a server listen where the options say.
 *
 * @throws MetricsError naming the option to change.
 */
export async function listenAt(server: Server | TlsServer, options: MetricsServerOptions): Promise<ServerAddress> {
  const { host, port } = serverAddress(options);
  if (options.keepAlive !== true) letTheProcessEnd(server);
  try {
    server.listen({ host, port });
    await once(server, 'listening');
  } catch (cause) {
    throw listenError('MetricsServer', host, port, cause);
  }
  return addressOf(server);
}

function letTheProcessEnd(server: Server): void {
  server.unref();
  server.on('connection', (socket) => socket.unref());
}

function addressOf(server: Server | TlsServer): ServerAddress {
  const { address, family, port } = server.address() as AddressInfo;
  const authority = family === 'IPv6' ? `[${address}]` : address;
  const scheme = 'setSecureContext' in server ? 'https' : 'http';
  return { host: address, port, url: `${scheme}://${authority}:${port}/metrics` };
}
