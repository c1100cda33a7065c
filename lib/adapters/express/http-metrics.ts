import { type IncomingMessage, ServerResponse } from 'node:http';
import { type RequestMetricsOptions, refuseAdapterArguments } from '../../http/request-metrics-options.js';
import { createRequestTracker } from '../../http/request-tracker.js';
import { trackWritesByPrototype } from '../../http/response-tracker.js';
import type { MetricsRecorder } from '../../recorder/metrics-recorder.js';
import { functionRule, type Rules } from '../../validation.js';
import { observeRoutes } from './entered-route.js';
import { patternOf } from './route-pattern.js';

/** Returns the route of a request whose response has ended. `pattern` is the pattern that Express matched, if any. */
export type RouteReader = (request: IncomingMessage, pattern: string | undefined) => unknown;

/** The options of `httpMetrics`. Every option may be left out. */
export interface ExpressMetricsOptions extends RequestMetricsOptions {
  /**
   * Returns the route where it is not the pattern that Express matched, for example for requests that a middleware answers.
   * At most 500 routes keep their own label value. Where it throws, the request is not recorded, which is counted.
   */
  readonly route?: RouteReader;
}

/** A middleware of Express, typed by shape: what `app.use()` takes. */
export type ExpressMiddleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

const site = 'httpMetrics';

const adapterRules: Rules = {
  route: functionRule('Leave it out for the pattern that Express matched'),
};

/**
 * Measures the requests of an Express application, of Express 4 or 5: `http_server_request_duration_seconds` by method, route
 * and status code, `http_server_active_requests` by method, and `http_server_response_body_size_bytes`.
 *
 * Use it before everything that it should measure. A request ends with the last byte of its response, or when its client
 * goes away; without a response it has no status code. Its route is the pattern of the last route that ran, with the paths of
 * the routers and applications around it, also where an error handler answers. It is never the path.
 *
 * Source: OpenTelemetry semantic conventions, "HTTP metrics", in the spelling of Prometheus.
 *
 * @throws MetricsError naming every option that is wrong; `family_clash` where the recorder already has another family
 * under one of these names.
 * @example
 * import express from 'express';
 * import { PrometheusRecorder } from 'flowplane-metrics';
 * import { httpMetrics } from 'flowplane-metrics/express';
 *
 * const application = express();
 * application.use(httpMetrics(new PrometheusRecorder()));
 * application.get('/teams/:team', (request, response) => {
 *   response.send(request.params.team);
 * });
 */
export function httpMetrics(recorder: MetricsRecorder, options: ExpressMetricsOptions = {}): ExpressMiddleware {
  refuseAdapterArguments(site, recorder, options, adapterRules);
  const { route: readRoute = matchedPattern, ...requestOptions } = options;
  const track = createRequestTracker(recorder, requestOptions, site);
  return (request, response, next) => {
    const isOfNode = trackWritesByPrototype(response, ServerResponse);
    let routes: ReturnType<typeof observeRoutes>;
    const tracker = track(request, response, () => readRoute(request, patternOf(routes?.entered)));
    if (isOfNode) routes = observeRoutes(request, response, tracker);
    next();
  };
}

const matchedPattern: RouteReader = (_request, pattern) => pattern;
