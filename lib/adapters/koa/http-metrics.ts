import { requestMetrics } from '../../http/request-metrics.js';
import { type RequestMetricsOptions, refuseAdapterArguments } from '../../http/request-metrics-options.js';
import type { MetricsRecorder } from '../../recorder/metrics-recorder.js';
import { functionRule, type Rules } from '../../validation.js';
import type { KoaMiddleware, MeasuredContext, RoutedContext } from './context.js';
import { matchedRoute } from './matched-route.js';

/** Returns the route of a request whose response has ended. `pattern` is the pattern that `@koa/router` matched, if any. */
export type RouteReader = (context: RoutedContext, pattern: string | undefined) => unknown;

/** The options of `httpMetrics`. Every option may be left out. */
export interface HttpMetricsOptions extends RequestMetricsOptions {
  /**
   * Returns the route where it is not the pattern of `@koa/router`: with another router, or under koa-mount. At most 500
   * routes keep their own label value. An empty route is none. Where it throws, the request is not recorded, which is counted.
   */
  readonly route?: RouteReader;
}

const site = 'httpMetrics';

const adapterRules: Rules = {
  route: functionRule("Leave it out for @koa/router's pattern"),
};

/**
 * Measures the requests of a Koa application: `http_server_request_duration_seconds` by method, route and status code,
 * `http_server_active_requests` by method, and `http_server_response_body_size_bytes`.
 *
 * Use it before everything that it should measure. A request ends with the last byte of its response, or when its client
 * goes away; without a response it has no status code. Its route is the pattern that `@koa/router` matched, and never the
 * path; without one it has no route.
 *
 * Source: OpenTelemetry semantic conventions, "HTTP metrics", in the spelling of Prometheus.
 *
 * @throws MetricsError naming every option that is wrong; `family_clash` where the recorder already has another family
 * under one of these names.
 * @example
 * import Router from '@koa/router';
 * import Koa from 'koa';
 * import { PrometheusRecorder } from 'flowplane-metrics';
 * import { httpMetrics } from 'flowplane-metrics/koa';
 *
 * const router = new Router().get('/teams/:team', (context) => {
 *   context.body = context.params['team'];
 * });
 * const application = new Koa().use(httpMetrics(new PrometheusRecorder())).use(router.routes());
 */
export function httpMetrics(
  recorder: MetricsRecorder,
  options: HttpMetricsOptions = {},
): KoaMiddleware<MeasuredContext> {
  refuseAdapterArguments(site, recorder, options, adapterRules);
  const { route: readRoute = patternOf, ...requestOptions } = options;
  const track = requestMetrics(recorder, requestOptions, site);
  return (context, next) => {
    track(context.req, context.res, (method) => readRoute(context as RoutedContext, matchedRoute(context, method)));
    return next();
  };
}

const patternOf: RouteReader = (_context, pattern) => pattern;
