import type { ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import { WholeBody } from '../exposition/body.js';

/** A response that is ready to be sent. */
export interface OutgoingResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | AsyncIterable<Uint8Array>;
}

/** The body as bytes if they are all there, otherwise as a stream. */
export function toBytesOrStream(body: OutgoingResponse['body']): Buffer | Readable {
  // Why bytes: with a text, node:http sends the headers in UTF-8 too, and their bytes are no longer those that were set.
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof WholeBody) return Buffer.from(body.bytes.buffer, body.bytes.byteOffset, body.bytes.length);
  return toReadable(body);
}

/** The body as a stream of Node. */
export const toReadable = (body: AsyncIterable<Uint8Array>): Readable =>
  body instanceof Readable ? body : Readable.from(body, { objectMode: false });

/** Sends a response on `node:http`. The response to a HEAD has no body. */
export function sendResponse(response: ServerResponse, method: string, outgoing: OutgoingResponse): void {
  response.statusCode = outgoing.status;
  for (const [name, value] of Object.entries(outgoing.headers)) response.setHeader(name, value);
  const body = toBytesOrStream(outgoing.body);
  if (!(body instanceof Readable)) {
    response.setHeader('Content-Length', body.length);
    response.end(method === 'HEAD' ? undefined : body);
    return;
  }
  // Why: on Node 24, a pipeline to a client that has gone throws.
  if (response.destroyed) {
    body.destroy();
    return;
  }
  // Why the error is ignored: either the client has gone, or it sees that the body ends early.
  pipeline(body, response, () => undefined);
}
