import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import type { ContractApplication } from './request-contract.suite.js';

/** Serves an application of the contract by `node:http`, on a free port. */
export async function serveApplication(...listeners: RequestListener[]): Promise<ContractApplication> {
  const server = createServer();
  for (const listener of listeners) server.on('request', listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.closeAllConnections();
      return new Promise((closed) => server.close(closed));
    },
  };
}

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
