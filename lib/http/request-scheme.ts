import type { NodeRequest } from './http-messages.js';

/** The label values of `url_scheme`. Every other scheme is `_OTHER`, as OpenTelemetry calls it. */
export const schemes = ['http', 'https', '_OTHER'] as const;

type Scheme = (typeof schemes)[number];

/** The part of a request of `node:http` or `node:http2` that tells how it arrived. */
interface Arrived extends NodeRequest {
  readonly socket?: { readonly encrypted?: boolean } | null;
}

/** The scheme of the connection by which a request has arrived. */
export const schemeOfConnection = ({ socket }: Arrived): Scheme => (socket?.encrypted ? 'https' : 'http');

/**
 * The scheme by which the client has asked, as a proxy tells it: by `Forwarded`, or else by `X-Forwarded-Proto`; without
 * either, the scheme of the connection. The first proxy is the one that the client has asked.
 *
 * Source: RFC 7239, section 4; `X-Forwarded-Proto` by custom.
 */
export function forwardedScheme(request: Arrived): Scheme {
  const proto =
    first(request.headers['forwarded'])?.match(/(?:^|;)\s*proto="?([^";\s]+)/i)?.[1] ??
    first(request.headers['x-forwarded-proto']);
  if (proto === undefined || proto === '') return schemeOfConnection(request);
  const scheme = proto.toLowerCase();
  return scheme === 'http' || scheme === 'https' ? scheme : '_OTHER';
}

/** The first entry of a header that is a list. A comma between quotation marks separates nothing. */
const first = (header: string | readonly string[] | undefined): string | undefined =>
  header
    ?.toString()
    .match(/^(?:[^",]|"[^"]*")*/)?.[0]
    .trim();
