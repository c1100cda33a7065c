import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttp2Server, createSecureServer } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { Certificates, texts } from '../server/certificates.js';
import type { ContractApplication, Transport } from './request-contract.suite.js';

let ownCertificate: ReturnType<typeof texts> | undefined;

/** A key and the certificate of it, signed by itself. */
export function certificate(): ReturnType<typeof texts> {
  if (ownCertificate === undefined) {
    const certificates = new Certificates();
    ownCertificate = texts(certificates.authority('contract'));
    certificates.remove();
  }
  return ownCertificate;
}

const servers: Readonly<Record<Transport, () => unknown>> = {
  http: () => createServer(),
  https: () => createHttpsServer(certificate()),
  'HTTP/2': () => createSecureServer(certificate()),
  'HTTP/2 without TLS': () => createHttp2Server(),
};

/** A server of Node for one transport. Why typed as that of `node:http`: the others emit the same events. */
export const createTransport = (transport: Transport): Server => servers[transport]() as Server;

/** Serves an application of the contract by `node:http`, on a free port. */
export const serveApplication = (...listeners: RequestListener[]): Promise<ContractApplication> =>
  serveOver('http', ...listeners);

/** Serves an application of the contract by Node's server for this transport, on a free port. */
export async function serveOver(transport: Transport, ...listeners: RequestListener[]): Promise<ContractApplication> {
  const server = createTransport(transport);
  for (const listener of listeners) server.on('request', listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return applicationOf(server);
}

/** The application that a server listens for. */
export const applicationOf = (server: Server): ContractApplication => ({
  port: (server.address() as AddressInfo).port,
  close: () => {
    // Why asked: a server of HTTP/2 has no such method. It ends when its clients have closed their sessions.
    server.closeAllConnections?.();
    return new Promise((closed) => server.close(closed));
  },
});

/** The body of `/stream`. */
export const streamed = (): Readable => Readable.from(['one ', 'two ', 'three'], { objectMode: false });

/** The body of `/cut`: it fails once its first half is on its way. */
export const broken = (): Readable =>
  Readable.from(
    (async function* () {
      yield 'half';
      for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
      throw new Error('disk gone');
    })(),
    { objectMode: false },
  );
