import { once } from 'node:events';
import { request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import type { TLSSocket } from 'node:tls';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** What TLS was agreed on. */
  readonly protocol?: string | null;
  readonly cipher?: string;
  readonly certificate?: string | string[] | undefined;
}

export interface Question extends RequestOptions {
  readonly headers?: OutgoingHttpHeaders;
}

/** One request on a connection of its own, with real handshakes. */
export async function ask(url: string, question: Question = {}): Promise<Answer> {
  const request = url.startsWith('https:') ? httpsRequest : httpRequest;
  const sent = request(url, { agent: false, ...question }).end();
  const [response] = await once(sent, 'response');
  const socket = response.socket as TLSSocket;
  const tls = socket.encrypted && {
    protocol: socket.getProtocol(),
    cipher: socket.getCipher().name,
    certificate: socket.getPeerCertificate().subject?.CN,
  };
  let body = '';
  for await (const chunk of response) body += chunk;
  return { status: response.statusCode, headers: response.headers, body, ...tls };
}

export const basic = (user: string, password: string): OutgoingHttpHeaders => ({
  Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});

export const bearer = (token: string): OutgoingHttpHeaders => ({ Authorization: `Bearer ${token}` });
