import { refuseIfAny } from '../../error.js';
import { scrape } from '../../exposition/scrape.js';
import { metricsPathRule } from '../../http/metrics-path.js';
import { parseRequest, scrapeRequest } from '../../http/request-context.js';
import { toBytesOrStream } from '../../http/send-response.js';
import { checkRecorder } from '../../server/config/option-checks.js';
import type { Scrapable } from '../../store/exposed-family.js';
import { checkOptions, type Rule } from '../../validation.js';
import type { KoaContext, KoaMiddleware } from './context.js';
import { setBody } from './set-body.js';

/**
 * Serves the metrics of a recorder at one path of an existing Koa application. Requests for other paths go on to the next
 * middleware.
 *
 * Anyone who can reach this path can read your metrics. Prefer `MetricsServer`, which uses a separate port and supports TLS
 * and authentication.
 *
 * @param options `path` is where the metrics are served. It has no default, so that no path is opened unseen.
 * @throws MetricsError where `recorder` is none, or `path` is missing or is no path.
 * @example
 * import Koa from 'koa';
 * import { PrometheusRecorder } from 'flowplane-metrics';
 * import { metricsMiddleware } from 'flowplane-metrics/koa';
 *
 * const application = new Koa().use(metricsMiddleware(new PrometheusRecorder(), { path: '/internal/metrics' }));
 */
export function metricsMiddleware(recorder: Scrapable, options: { readonly path: string }): KoaMiddleware {
  refuseIfAny('metricsMiddleware', [...checkRecorder(recorder), ...checkOptions(options ?? {}, { path: pathRule })]);
  const { path } = options;
  return async (context, next) => {
    if (context.path === path) await answerScrape(recorder, context);
    else await next();
  };
}

const pathRule: Rule = {
  ...metricsPathRule,
  isRequired: true,
  remedy: 'Write { path: "/metrics" } to serve the metrics there, on the port of your application',
};

async function answerScrape(recorder: Scrapable, context: KoaContext): Promise<void> {
  const { status, headers, body } = await scrape(recorder, scrapeRequest(parseRequest(context.req)));
  context.status = status;
  for (const [name, value] of Object.entries(headers)) context.set(name, value);
  setBody(context, toBytesOrStream(body));
}
