import type { NodeRequest } from './http-messages.js';

/** The schemes that a request may have; every other one is `_OTHER`. */
export const schemes = ['http', 'https', '_OTHER'] as const;

export type Scheme = (typeof schemes)[number];

/**
 * Reads the scheme of the URL that the client asked for: of its connection to this process, or, where a proxy is trusted, of
 * the client's connection to the proxy.
 *
 * Source: OpenTelemetry semantic conventions, "HTTP server", `url.scheme`: `Forwarded` before `X-Forwarded-Proto`.
 */
export function readScheme(request: NodeRequest, trustProxy: boolean): Scheme {
  const forwarded = trustProxy ? forwardedScheme(request.headers) : '';
  if (forwarded !== '') return forwarded === 'http' || forwarded === 'https' ? forwarded : '_OTHER';
  return (request as Connected).socket?.encrypted ? 'https' : 'http';
}

/** A request with its connection. One that was made by hand may have none. */
type Connected = NodeRequest & { readonly socket?: { readonly encrypted?: boolean } };

// Why the first: each proxy on the way adds itself at the end.
function forwardedScheme({ forwarded, 'x-forwarded-proto': forwardedProto }: NodeRequest['headers']): string {
  const found = (forwarded && /^[^,]*?\bproto="?([^",;\s]+)/i.exec(String(forwarded))?.[1]) || firstOf(forwardedProto);
  return found.toLowerCase();
}

const firstOf = (values: string | readonly string[] | undefined): string =>
  String(values ?? '')
    .split(',', 1)[0]
    ?.trim() ?? '';
