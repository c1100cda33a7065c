import { refuseIfAny } from '../../error.js';
import { scrape } from '../../exposition/scrape.js';
import { parseRequest, scrapeRequest } from '../../http/request-context.js';
import { toBytesOrStream } from '../../http/send-response.js';
import { checkRecorder } from '../../server/config/option-checks.js';
import type { Scrapable } from '../../store/exposed-family.js';
import type { KoaContext, KoaMiddleware } from './context.js';
import { setBody } from './set-body.js';

/**
 * Serves the metrics of a recorder at one path of an existing Koa application. Requests for other paths go on to the next
 * middleware.
 *
 * Anyone who can reach this path can read your metrics. Prefer `MetricsServer`, which uses a separate port and supports TLS
 * and authentication.
 *
 * @throws MetricsError where `recorder` is none.
 * @example
 * import Koa from 'koa';
 * import { PrometheusRecorder } from 'flowplane-metrics';
 * import { metricsMiddleware } from 'flowplane-metrics/koa';
 *
 * const application = new Koa().use(metricsMiddleware(new PrometheusRecorder(), { path: '/internal/metrics' }));
 */
export function metricsMiddleware(
  recorder: Scrapable,
  { path = '/metrics' }: { readonly path?: string } = {},
): KoaMiddleware {
  refuseIfAny('metricsMiddleware', checkRecorder(recorder));
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
