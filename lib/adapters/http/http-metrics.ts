import type { IncomingMessage, ServerResponse } from 'node:http';
import { requestMetrics } from '../../http/request-metrics.js';
import { type RequestMetricsOptions, refuseAdapterArguments } from '../../http/request-metrics-options.js';
import type { MetricsRecorder } from '../../recorder/metrics-recorder.js';
import { functionRule, type Rules } from '../../validation.js';

/** Returns the route of a request whose response has ended, or nothing where none matched. Never the path itself. */
export type RouteReader = (request: IncomingMessage, response: ServerResponse) => unknown;

/** The options of `httpMetrics`. Every option may be left out. */
export interface NodeHttpMetricsOptions extends RequestMetricsOptions {
  /**
   * Returns the pattern that the request matched, for example `/teams/:team`, or nothing where none matched. At most 500
   * routes keep their own label value. Where it throws, the request is not recorded, which is counted. Default: no request
   * has a route.
   */
  readonly route?: RouteReader;
}

/** Measures one request from now until its response ends, and calls `next`, if it was given. */
export type MeasureRequest = (request: IncomingMessage, response: ServerResponse, next?: () => void) => void;

const adapterRules: Rules = {
  route: functionRule('Leave it out where there are no routes'),
};

/**
 * Measures the requests of a server of `node:http`: `http_server_request_duration_seconds` by method, route and status
 * code, `http_server_active_requests` by method, and `http_server_response_body_size_bytes`.
 *
 * It returns a listener: add it before your own, or use it as middleware. A request ends with the last byte of its response,
 * or when its client goes away; without a response it has no status code.
 *
 * Source: OpenTelemetry semantic conventions, "HTTP metrics", in the spelling of Prometheus.
 *
 * @throws MetricsError naming every option that is wrong; `family_clash` where the recorder already has another family
 * under one of these names.
 * @example
 * import { createServer } from 'node:http';
 * import { PrometheusRecorder } from 'flowplane-metrics';
 * import { httpMetrics } from 'flowplane-metrics/http';
 *
 * const route = ({ url = '' }: { url?: string }) => (url.startsWith('/teams/') ? '/teams/:team' : undefined);
 * const server = createServer()
 *   .on('request', httpMetrics(new PrometheusRecorder(), { route }))
 *   .on('request', (_request, response) => response.end('payments'));
 */
export function httpMetrics(recorder: MetricsRecorder, options: NodeHttpMetricsOptions = {}): MeasureRequest {
  refuseAdapterArguments('httpMetrics', recorder, options, adapterRules);
  const { route = noRoute, ...requestOptions } = options;
  const track = requestMetrics(recorder, requestOptions, 'httpMetrics');
  return (request, response, next) => {
    track(request, response, () => route(request, response));
    next?.();
  };
}

const noRoute = (): undefined => undefined;
