import { refuseIfAny } from '../error.js';
import { refuseUnlessRecorder } from '../recorder/attach.js';
import type { MetricsRecorder } from '../recorder/metrics-recorder.js';
import type { NodeRequest, NodeResponse } from './http-messages.js';
import { checkRequestMetricsOptions, type RequestMetricsOptions } from './request-metrics-options.js';
import { createRequestTracker } from './request-tracker.js';

/**
 * Returns the route that a request matched, for example `/teams/:team`, or nothing where none matched. It is called once,
 * when the response has ended, with the method of the request. Never return the path itself: each path would be a series.
 */
export type RouteOf = (method: string) => unknown;

/** Tracks one request from now until its response ends, and records it then. */
export type TrackRequest = (request: NodeRequest, response: NodeResponse, routeOf: RouteOf) => void;

/**
 * Measures the requests of an application on `node:http`, for any web framework:
 * `http_server_request_duration_seconds` by method, route and status code, `http_server_active_requests` by method, and
 * `http_server_response_body_size_bytes`. The framework's adapter supplies only the route.
 *
 * A request ends with the last byte of its response, or when its client goes away; without a response it has no status
 * code, and without a route no route. `error_type` is the status code of an answer of 500 and above, and `aborted` where the
 * answer did not get to its end. A route that throws is counted as a drop and never reaches the application.
 *
 * Source: OpenTelemetry semantic conventions, "HTTP metrics", in the spelling of Prometheus.
 *
 * @param site the name of the function that your users call, for error messages.
 * @throws MetricsError naming every option that is wrong; `family_clash` where the recorder already has another family
 * under one of the names.
 * @example
 * import { createServer } from 'node:http';
 * import { PrometheusRecorder, requestMetrics } from 'flowplane-metrics';
 *
 * const track = requestMetrics(new PrometheusRecorder());
 * createServer((request, response) => {
 *   track(request, response, () => (request.url === '/teams' ? '/teams' : undefined));
 *   response.end('payments, search');
 * });
 */
export function requestMetrics(
  recorder: MetricsRecorder,
  options: RequestMetricsOptions = {},
  site = 'requestMetrics',
): TrackRequest {
  refuseIfAny(site, checkRequestMetricsOptions(options));
  refuseUnlessRecorder(site, recorder);
  return createRequestTracker(recorder, options, site);
}
