import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RouteAccess } from '../access/access-policy.js';
import type { AdmittedScrape } from '../access/scrapes-in-flight.js';
import type { RequestContext } from '../http/request-context.js';
import type { OutgoingResponse } from '../http/send-response.js';

/** The paths of a metrics server. */
export const paths = {
  landing: '/',
  landingStyle: '/-/landing.css',
  landingScript: '/-/landing.js',
  landingFacts: '/-/landing.json',
  metrics: '/metrics',
  healthy: '/-/healthy',
  ready: '/-/ready',
} as const;

/**
 * Answers the requests for one route. It knows neither `node:http` nor a web framework. The security headers are set
 * already; a header that the handler returns replaces them.
 */
export type RouteHandler = (
  request: RequestContext,
  scrape: AdmittedScrape | undefined,
) => OutgoingResponse | Promise<OutgoingResponse>;

/** A path of the server, what it demands, and how it is answered. */
export interface Route {
  readonly path: (typeof paths)[keyof typeof paths];
  readonly access: RouteAccess;
  /** Whether its requests count as scrapes: they are limited, and appear in the endpoint metrics. */
  readonly countsAsScrape: boolean;
  readonly handle: RouteHandler;
}

/** The routes of a server by path. */
export type Routes = ReadonlyMap<string, Route>;

/** A request that the server has let in, with everything that is already known about it. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly context: RequestContext;
  /** `undefined` where no route has the path. */
  readonly route: Route | undefined;
  /** The place among the scrapes in flight, where the route counts as a scrape. */
  readonly scrape: AdmittedScrape | undefined;
}

/** Answers exchanges: on `node:http`, or by a web framework. */
export type Application = (exchange: Exchange) => Promise<void>;

/** Asks the route of an exchange for its response. Where it fails, the response is 500. */
export async function answerByRoute({ context, route, scrape }: Exchange): Promise<OutgoingResponse> {
  try {
    return (await route?.handle(context, scrape)) ?? textResponse(404, 'Not Found');
  } catch {
    return textResponse(500, 'Internal Server Error');
  }
}

/** A response of one line. */
export function textResponse(
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): OutgoingResponse {
  return { status, headers: { 'Content-Type': 'text/plain; charset=utf-8', ...headers }, body: `${text}\n` };
}

/** Restricts a handler to GET and HEAD. */
export function readOnly(handle: RouteHandler): RouteHandler {
  return (request, scrape) =>
    request.method === 'GET' || request.method === 'HEAD'
      ? handle(request, scrape)
      : textResponse(405, 'Only GET and HEAD are answered here.', { Allow: 'GET, HEAD' });
}
