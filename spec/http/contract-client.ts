import { once } from 'node:events';
import { type Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { type ClientHttp2Session, connect as connectHttp2, constants } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
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

/** A request of HTTP/1.1 without a body. */
export interface Pipelined {
  readonly method?: string;
  readonly path: string;
}

// Why so few: Express listens on the connection for each request that waits, and Node warns where more than ten listen.
const inFlight = 4;

/**
 * Sends requests over one connection, several at a time, which takes far less time than a connection for each. Gives how
 * many answers there were of each status.
 */
export async function pipeline(
  port: number,
  requests: readonly Pipelined[],
): Promise<Readonly<Record<string, number>>> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  const counts: Record<string, number> = {};
  let sent = 0;
  let answered = 0;
  let received = '';
  const send = (): void => {
    const next = requests.slice(sent, sent + inFlight);
    sent += next.length;
    socket.write(
      next.map(({ method = 'GET', path }) => `${method} ${path} HTTP/1.1\r\nHost: contract\r\n\r\n`).join(''),
    );
  };
  send();
  for await (const chunk of socket) {
    received += chunk;
    const statuses = [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status as string);
    if (answered + statuses.length < sent) continue;
    for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1;
    answered = sent;
    received = '';
    if (sent === requests.length) break;
    send();
  }
  return counts;
}
