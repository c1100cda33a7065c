import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';

/**
 * Sets the body of an answer. Where a stream breaks in its middle, the connection ends with it.
 *
 * Why here: Koa 2 and 3.0 leave such a response open, and its client waits for the rest.
 */
export function setBody(context: { body: unknown; readonly res: ServerResponse }, body: Buffer | Readable): void {
  const { res } = context;
  if (body instanceof Readable) {
    // Why before Koa has the body: it answers with status 500 where nothing was sent, and that must be sent.
    body.once('error', () => {
      if (res.headersSent) res.destroy();
    });
  }
  context.body = body;
}
