import type { ServerResponse } from 'node:http';
import { pipeline, type Readable } from 'node:stream';

/** A response that is ready to be sent. */
export interface OutgoingResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | Readable;
}

/** Sends a response on `node:http`. The response to a HEAD has no body. */
export function sendResponse(
  response: ServerResponse,
  method: string,
  { status, headers, body }: OutgoingResponse,
): void {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (typeof body !== 'string' && !Buffer.isBuffer(body)) {
    // Why: on Node 24, a pipeline to a client that has gone throws.
    if (response.destroyed) {
      body.destroy();
      return;
    }
    // Why the error is ignored: either the client has gone, or it sees that the body ends early.
    pipeline(body, response, () => undefined);
    return;
  }
  // Why bytes: with a text, node:http sends the headers in UTF-8 too, and their bytes are no longer those that were set.
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  response.setHeader('Content-Length', bytes.length);
  response.end(method === 'HEAD' ? undefined : bytes);
}
