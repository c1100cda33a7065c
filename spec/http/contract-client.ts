import { once } from 'node:events';
import { type Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { type ClientHttp2Session, connect as connectHttp2, constants } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import type { Transport } from './request-contract.suite.js';

/** What a request has beside its path. */
export interface Asked {
  readonly agent?: Agent;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A client of the contract, for one transport. */
export interface ContractClient {
  /** Reads the answer to its end, or to where it breaks off. Gives the status. */
  ask(path: string, asked?: Asked): Promise<number | undefined>;
  /** Begins a request, and returns the function that gives it up. */
  begin(path: string): () => void;
  close(): void;
}

export function connectClient(transport: Transport, port: number): ContractClient {
  if (transport === 'http' || transport === 'https') return clientOfHttp1(transport, port);
  return clientOfHttp2(`${transport === 'HTTP/2' ? 'https' : 'http'}://127.0.0.1:${port}`);
}

function clientOfHttp1(transport: 'http' | 'https', port: number): ContractClient {
  const request = transport === 'https' ? httpsRequest : httpRequest;
  const send = (path: string, asked: Asked = {}) =>
    request({ host: '127.0.0.1', port, path, agent: false, rejectUnauthorized: false, ...asked }).end();
  return {
    async ask(path, asked) {
      const [response] = (await once(send(path, asked), 'response')) as [IncomingMessage];
      await text(response).catch(() => undefined);
      return response.statusCode;
    },
    begin(path) {
      const sent = send(path).on('error', () => undefined);
      return () => void sent.destroy();
    },
    close() {},
  };
}

function clientOfHttp2(origin: string): ContractClient {
  let opened: ClientHttp2Session | undefined;
  const send = (path: string, { method = 'GET', headers = {} }: Asked = {}) => {
    opened ??= connectHttp2(origin, { rejectUnauthorized: false });
    return opened.request({ ':path': path, ':method': method, ...headers }).end();
  };
  return {
    async ask(path, asked) {
      const stream = send(path, asked);
      const [headers] = await once(stream, 'response');
      await text(stream).catch(() => undefined);
      return headers[':status'];
    },
    begin(path) {
      const stream = send(path).on('error', () => undefined);
      return () => stream.close(constants.NGHTTP2_CANCEL);
    },
    close() {
      opened?.destroy();
    },
  };
}
