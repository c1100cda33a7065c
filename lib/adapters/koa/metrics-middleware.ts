import { scrape } from '../../exposition/scrape.js';
import type { Scrapable } from '../../store/exposed-family.js';

/** The part of Koa's context that is used, by shape: the public types name no framework. */
export interface KoaContext {
  readonly method: string;
  readonly path: string;
  readonly query: { readonly [name: string]: string | string[] | undefined };
  status: number;
  body: unknown;
  get(header: string): string;
  set(header: string, value: string): void;
}

/** A middleware, by shape: what `app.use()` takes. */
export type KoaMiddleware = (context: KoaContext, next: () => Promise<unknown>) => Promise<void>;

/**
 * Serves the metrics of a recorder at one path of an existing Koa application; other paths go on to the next middleware.
 *
 * Mind who can reach the application: metrics tell much about a service. `MetricsServer` serves them on a port of their own.
 */
export function metricsMiddleware(
  recorder: Scrapable,
  { path = '/metrics' }: { readonly path?: string } = {},
): KoaMiddleware {
  return async (context, next) => {
    if (context.path === path) await answerScrape(recorder, context);
    else await next();
  };
}

/** Answers one request with the metrics. */
export async function answerScrape(recorder: Scrapable, context: KoaContext): Promise<void> {
  const { status, headers, body } = await scrape(recorder, {
    method: context.method,
    accept: context.get('Accept'),
    acceptEncoding: context.get('Accept-Encoding'),
    timeout: context.get('X-Prometheus-Scrape-Timeout-Seconds'),
    names: [context.query['name[]'] ?? []].flat(),
  });
  context.status = status;
  for (const [name, value] of Object.entries(headers)) context.set(name, value);
  context.body = body;
}
