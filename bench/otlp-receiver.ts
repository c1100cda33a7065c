// Takes what is sent to it, in a process of its own: what it needs is not the exporter's.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const server = createServer((request, response) => {
  request.resume().on('end', () => response.end());
}).listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
