import type { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { WholeBody } from '../exposition/body.js';
import type { ScrapeResponse } from '../exposition/scrape.js';
import type { RequestContext } from './request-context.js';
import { toReadable } from './send-response.js';

/**
 * Gives the answer to a scrape as a response of Fetch.
 *
 * @param onEnd is called when the body is read to its end, or will not be.
 */
export function toFetchResponse(
  { method }: RequestContext,
  { status, headers, body }: ScrapeResponse,
  onEnd: () => void = () => undefined,
): Response {
  if (method === 'HEAD' || body instanceof WholeBody) {
    onEnd();
    const bytes = method !== 'HEAD' && body instanceof WholeBody ? body.bytes : null;
    // Why: a cast is needed as Node and the DOM declare the same types twice.
    return new Response(bytes as ConstructorParameters<typeof Response>[0], { status, headers });
  }
  const rendered = toReadable(body).once('close', onEnd);
  return new Response(toWebStream(rendered) as ConstructorParameters<typeof Response>[0], { status, headers });
}

/**
 * The same bytes as a web stream, rendered as they are read.
 *
 * Why not `Readable.toWeb`: where a client goes while the stream is about to resume, its next chunk meets a closed stream,
 * and Node throws that where nothing can catch it.
 */
function toWebStream(body: Readable): ReadableStream<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = body[Symbol.asyncIterator]();
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel() {
        body.destroy();
      },
    },
    { highWaterMark: 0 },
  );
}
