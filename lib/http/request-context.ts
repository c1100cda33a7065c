import type { IncomingMessage } from 'node:http';
import type { ScrapeRequest } from '../exposition/scrape.js';

/** A parsed request, of `node:http` or of Fetch. */
export interface RequestContext {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** By their names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Parses a request of `node:http`. Never throws: a malformed target gives a path that no route has. */
export function parseRequest({ method = '', url = '', headers }: IncomingMessage): RequestContext {
  const target = url.replace(origin, '');
  const [path = '', search = ''] = target.split(/\?(.*)/s, 2);
  // Source: RFC 9110, section 4.2.3: the empty path of a whole URL is "/".
  const isRoot = path === '' && target !== url;
  return { method, path: isRoot ? '/' : path, query: new URLSearchParams(search), headers };
}

// Source: RFC 9112, section 3.2: a target is a path, or a whole URL, as a client sends it to a proxy.
const origin = /^https?:\/\/[^/?]*/i;

/** Whether the target of a request is a whole URL. */
export const hasAbsoluteTarget = ({ url = '' }: IncomingMessage): boolean => origin.test(url);

/** Parses a request of Fetch. */
export function parseFetchRequest({ method, url, headers }: Request): RequestContext {
  const { pathname, searchParams } = new URL(url);
  const { 'accept-encoding': encoding, ...others } = Object.fromEntries(headers);
  const accepted = encoding === undefined || losesContentEncoding() ? {} : { 'accept-encoding': encoding };
  return { method, path: pathname, query: searchParams, headers: { ...others, ...accepted } };
}

/**
 * Whether the host sends a response without its `Content-Encoding`, so that a body must not be compressed. Next 16 does: what
 * comes from a route it compresses itself, also what is compressed already, and the client takes off one layer only.
 */
const losesContentEncoding = (): boolean => process.env['NEXT_RUNTIME'] !== undefined;

/** What a request asks of a scrape. */
export function scrapeRequest({ method, query, headers }: RequestContext): ScrapeRequest {
  return {
    method,
    accept: headers['accept']?.toString(),
    acceptEncoding: headers['accept-encoding']?.toString(),
    timeout: headers['x-prometheus-scrape-timeout-seconds']?.toString(),
    names: query.getAll('name[]'),
  };
}
