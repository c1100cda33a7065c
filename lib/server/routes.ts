/*
 * The pages of a metrics server are one table, path → Page, made by `metricsPages()` in metrics-pages.ts. A page is a
 * function from a request to status, headers and body, and knows neither node:http nor a web framework. Who may ask is
 * decided before a page is reached, and the security headers are set already: what a page sets itself wins.
 * To add a page, write `some-page.ts` with a function that gives a Page, and put it into the table under its path.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';

/** A request as a page sees it. */
export interface PageRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
}

/** What a page answers, in the terms of HTTP. To a HEAD, nothing of the body is sent. */
export interface PageResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | Readable;
}

/** Answers the requests for one path. */
export type Page = (request: PageRequest) => PageResponse | Promise<PageResponse>;

/** What is served, by path. */
export type Pages = ReadonlyMap<string, Page>;

/** An answer of one line. */
export function line(status: number, text: string, headers: Readonly<Record<string, string>> = {}): PageResponse {
  return { status, headers: { 'Content-Type': 'text/plain; charset=utf-8', ...headers }, body: `${text}\n` };
}

/** This page for those who only read it: any other method is refused. */
export function readOnly(page: Page): Page {
  return (request) =>
    request.method === 'GET' || request.method === 'HEAD'
      ? page(request)
      : line(405, 'Only GET and HEAD are answered here.', { Allow: 'GET, HEAD' });
}
