import { MetricsError, refuseIfAny, shown } from '../../error.js';
import { httpFamilies } from '../../http/request-families.js';
import { HttpExchanges, type RouteOf } from '../../http/request-metrics.js';
import {
  type HttpContext,
  type HttpMetricsOptions,
  httpMetricsProblems,
  type RouteReader,
} from '../../http/request-metrics-options.js';
import type { MetricsRecorder } from '../../recorder/metrics-recorder.js';
import { matchedRoute } from './matched-route.js';

/** A middleware that gives what `next` gives, by shape: what `app.use()` takes. */
export type HttpMiddleware = (context: HttpContext, next: () => Promise<unknown>) => Promise<unknown>;

const site = 'httpMetrics';

/**
 * Measures the requests of a Koa application: `http_server_request_duration_seconds` by method, route and status code,
 * `http_server_active_requests` by method, and `http_server_response_body_size_bytes`.
 *
 * Use it before everything that is to be measured. A request ends with the last byte of its answer, or when its client
 * goes away; without an answer it has no status code. Its route is the pattern that `@koa/router` matched, and `unmatched`
 * where there is none: never the path.
 *
 * Source: OpenTelemetry semantic conventions, "HTTP metrics", in the spelling of Prometheus.
 *
 * @throws MetricsError naming everything that is wrong with the options; `family_clash` where the recorder has another
 * family of one of these names.
 */
export function httpMetrics(recorder: MetricsRecorder, options: HttpMetricsOptions = {}): HttpMiddleware {
  refuseIfAny(site, httpMetricsProblems(options));
  if (typeof recorder?.open !== 'function') {
    const message = `"recorder" must be a recorder (given ${shown(recorder)}). Write httpMetrics(new PrometheusRecorder()).`;
    throw new MetricsError(site, [{ code: 'illegal_option', message }]);
  }
  const exchanges = new HttpExchanges(recorder, httpFamilies(options), routeOf(options.route), site);
  return (context, next) => {
    exchanges.follow(context);
    return next();
  };
}

/** The pattern that @koa/router matched, or what the application's own reader makes of it. */
const routeOf =
  (read: RouteReader = (_context, pattern) => pattern): RouteOf =>
  (context, method) =>
    read(context, matchedRoute(context, method));
