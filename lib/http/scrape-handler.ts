import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { WholeBody } from '../exposition/body.js';
import { type ScrapeResponse, scrape } from '../exposition/scrape.js';
import type { Scrapable } from '../store/exposed-family.js';
import type { FetchRequest, FetchResponse, NodeRequest, NodeResponse } from './http-messages.js';
import { parseFetchRequest, parseRequest, type RequestContext, scrapeRequest } from './request-context.js';
import { sendResponse, toReadable } from './send-response.js';

/**
 * Answers a request of `node:http` with the metrics of a recorder, in the format that the request asks for.
 *
 * It answers every request that it is given: route only the path of your metrics to it. Anyone who can reach that path can
 * read your metrics; `MetricsServer` serves them on a port of their own instead, with TLS and authentication.
 *
 * @example
 * import { createServer } from 'node:http';
 * import { handleScrape, PrometheusRecorder } from 'flowplane-metrics';
 *
 * const recorder = new PrometheusRecorder();
 * const server = createServer((request, response) => {
 *   if (request.url === '/metrics') void handleScrape(recorder, request, response);
 *   else response.end('hello');
 * });
 */
export async function handleScrape(recorder: Scrapable, request: NodeRequest, response: NodeResponse): Promise<void> {
  const context = parseRequest(request as IncomingMessage);
  sendResponse(response as ServerResponse, context.method, await scrape(recorder, scrapeRequest(context)));
}

/**
 * Answers a request of Fetch with the metrics of a recorder, in the format that the request asks for.
 *
 * It answers every request that it is given: route only the path of your metrics to it. Anyone who can reach that path can
 * read your metrics.
 *
 * @example
 * import { handleFetchScrape, PrometheusRecorder } from 'flowplane-metrics';
 *
 * const recorder = new PrometheusRecorder();
 * const response = await handleFetchScrape(recorder, new Request('http://localhost/metrics'));
 * console.log(response.status, await response.text());
 */
export async function handleFetchScrape(recorder: Scrapable, request: FetchRequest): Promise<FetchResponse> {
  const context = parseFetchRequest(request);
  return toFetchResponse(context, await scrape(recorder, scrapeRequest(context)));
}

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
