import { refuseIfAny } from '../../error.js';
import { scrape } from '../../exposition/scrape.js';
import { metricsPathRule } from '../../http/metrics-path.js';
import { parseRequest, scrapeRequest } from '../../http/request-context.js';
import { toBytesOrStream } from '../../http/send-response.js';
import { checkRecorder } from '../../server/config/option-checks.js';
import type { Scrapable } from '../../store/exposed-family.js';
import { checkOptions } from '../../validation.js';
import type { KoaContext, KoaMiddleware } from './context.js';
import { setBody } from './set-body.js';

/** Where `metricsMiddleware` serves the metrics. */
export interface MetricsMiddlewareOptions {
  /** The path, for example `/metrics`. It has no default: only an application that asks for it opens a path on its port. */
  readonly path: string;
}

const rules = { path: { ...metricsPathRule, isRequired: true, remedy: 'Write for example "/metrics"' } } as const;

/**
 * Serves the metrics of a recorder at one path of an existing Koa application. Requests for other paths go on to the next
 * middleware.
 *
 * Anyone who can reach this path can read your metrics. Prefer `MetricsServer`, which uses a separate port and supports TLS
 * and authentication.
 *
 * @throws MetricsError where `recorder` is none, and where `path` is missing or wrong.
 * @example
 * import Koa from 'koa';
 * import { PrometheusRecorder } from 'flowplane-metrics';
 * import { metricsMiddleware } from 'flowplane-metrics/koa';
 *
 * const application = new Koa().use(metricsMiddleware(new PrometheusRecorder(), { path: '/internal/metrics' }));
 */
export function metricsMiddleware(recorder: Scrapable, options: MetricsMiddlewareOptions): KoaMiddleware {
  refuseIfAny('metricsMiddleware', [...checkRecorder(recorder), ...checkOptions(options ?? {}, rules)]);
  const { path } = options;
  return async (context, next) => {
    if (context.path === path) await answerScrape(recorder, context);
    else await next();
  };
}

async function answerScrape(recorder: Scrapable, context: KoaContext): Promise<void> {
  const { status, headers, body } = await scrape(recorder, scrapeRequest(parseRequest(context.req)));
  context.status = status;
  for (const [name, value] of Object.entries(headers)) context.set(name, value);
  setBody(context, toBytesOrStream(body));
}
