import type { Scrapable, ScrapeLimits } from '../store/exposed-family.js';
import { chooseFamilies } from '../store/selection.js';
import { noBody, renderBody, WholeBody } from './body.js';
import { withEscapedNames } from './escaped-names.js';
import { type AcceptHeaders, type NegotiatedFormat, negotiate } from './negotiation.js';

/** What a scrape asks for, whatever the web framework. */
export interface ScrapeRequest extends AcceptHeaders {
  readonly method: string;
  /** `?name[]=`: only these families, by the name of the family or of a sample. */
  readonly names?: readonly string[];
  /** `X-Prometheus-Scrape-Timeout-Seconds`: how long the scraper waits. */
  readonly timeout?: string | undefined;
}

/** How to answer a scrape, in the terms of HTTP. */
export interface ScrapeResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /**
   * The bytes. Those of an answer of up to 256 KiB are one chunk, and the headers have its `Content-Length`; larger answers
   * are rendered while they are read: read them, or leave the loop. `text(body)` of `node:stream/consumers` reads it all.
   */
  readonly body: AsyncIterable<Uint8Array>;
  /** The name of the body's format, e.g. `openmetrics`; absent unless the status is 200. */
  readonly format?: string;
}

// Why: a cache in front of the service, for example Varnish or a CDN, would go on answering with old numbers.
const uncached = { 'Cache-Control': 'no-store' };
const plainText = { 'Content-Type': 'text/plain; charset=utf-8' };

/**
 * Answers a scrape. Never rejects: a fault becomes a response of status 500 with one line of text.
 *
 * @param negotiated the format, if the caller has negotiated it already.
 *
 * @example
 * import { text } from 'node:stream/consumers';
 * import { defineCounter, PrometheusRecorder, scrape } from 'flowplane-metrics';
 *
 * const recorder = new PrometheusRecorder();
 * recorder.counter(defineCounter({ name: 'jobs_total', help: 'Finished jobs' })).inc();
 * const { status, headers, body } = await scrape(recorder, { method: 'GET', names: ['jobs_total'] });
 * console.log(status, headers['Content-Type']); // 200 text/plain; version=0.0.4; charset=utf-8
 * console.log((await text(body)).split('\n')[2]); // jobs_total 1
 */
export async function scrape(
  scrapable: Scrapable,
  request: ScrapeRequest,
  negotiated?: NegotiatedFormat,
): Promise<ScrapeResponse> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return refuse(405, 'Only GET and HEAD are answered here.', { Allow: 'GET, HEAD' });
  }
  try {
    return await answer(scrapable, request, negotiated ?? negotiate(request, scrapable.formats));
  } catch {
    return refuse(500, 'The metrics could not be collected.');
  }
}

async function answer(
  scrapable: Scrapable,
  request: ScrapeRequest,
  { format, contentType, escaping, encoding }: NegotiatedFormat,
): Promise<ScrapeResponse> {
  const isChosen = chooseFamilies(request.names);
  // Why chosen again: a Scrapable may return more than it was asked for.
  const families = (await scrapable.exposedFamilies(limitsOf(request))).filter(({ name }) => isChosen(name));
  const isGzip = encoding === 'gzip';
  const head = {
    'Content-Type': contentType,
    Vary: 'Accept, Accept-Encoding',
    ...uncached,
    ...(isGzip && { 'Content-Encoding': 'gzip' }),
  };
  if (request.method === 'HEAD') return { status: 200, headers: head, format: format.name, body: noBody() };
  // Why not always: names that are legal in every format need none, and each label would take longer.
  const written =
    scrapable.nameValidation === 'utf8' ? families.map((family) => withEscapedNames(family, escaping)) : families;
  const body = await renderBody(format.render(written), isGzip);
  const headers = body instanceof WholeBody ? { ...head, ...body.headers } : head;
  return { status: 200, headers, format: format.name, body };
}

// Why: a timer of Node that is to wait for more than 24 days fires at once.
const maxTimeoutSeconds = 3600;

/** What a request asks of everything that computes values for its answer. */
export function limitsOf({ timeout, names = [] }: ScrapeRequest): ScrapeLimits {
  const seconds = Number(timeout);
  return {
    ...(seconds > 0 && { timeoutSeconds: Math.min(seconds, maxTimeoutSeconds) }),
    ...(names.length > 0 && { names }),
  };
}

function refuse(status: number, line: string, headers: Readonly<Record<string, string>> = {}): ScrapeResponse {
  const body = new WholeBody(Buffer.from(`${line}\n`));
  return { status, headers: { ...plainText, ...uncached, ...headers, ...body.headers }, body };
}
