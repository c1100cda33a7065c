import type { IncomingMessage, ServerResponse } from 'node:http';
import { scrape } from '../exposition/scrape.js';
import type { Scrapable } from '../store/exposed-family.js';
import { toFetchResponse } from './fetch-response.js';
import { refuseUnlessFetchRequest, refuseUnlessOfNode } from './handed-over.js';
import type { FetchRequest, FetchResponse, NodeRequest, NodeResponse } from './http-messages.js';
import { parseFetchRequest, parseRequest, scrapeRequest } from './request-context.js';
import { sendResponse } from './send-response.js';

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
  refuseUnlessOfNode('handleScrape', request, response);
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
  refuseUnlessFetchRequest('handleFetchScrape', request);
  const context = parseFetchRequest(request);
  return toFetchResponse(context, await scrape(recorder, scrapeRequest(context)));
}
