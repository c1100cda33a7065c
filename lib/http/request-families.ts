import { exponentialBuckets } from '../families/buckets.js';
import { defineGauge, defineHistogram, type Family } from '../families/family.js';
import type { LabelPolicy } from '../families/label-policy.js';
import { type HttpLabels, type HttpNames, httpNames } from './conventions.js';
import type { HttpMetricsOptions } from './request-metrics-options.js';

/** What stands for every method that is not told apart. Source: OpenTelemetry, `http.request.method`. */
export const otherMethod = '_OTHER';

// Source: RFC 9110, section 9.3; RFC 5789; OpenTelemetry, `http.request.method`.
const knownMethods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'QUERY'];

/** The families of an application's HTTP metrics, and what their labels are made of. */
export interface HttpFamilies {
  /** The methods that are told apart. */
  readonly methods: ReadonlySet<string>;
  readonly names: HttpNames;
  readonly duration: Family<'histogram'>;
  readonly size: Family<'histogram'>;
  readonly active: Family<'gauge'>;
}

/** The families by these options, which are without fault. */
export function httpFamilies({
  names: chosen = 'opentelemetry',
  prefix = '',
  ...given
}: HttpMetricsOptions): HttpFamilies {
  const names: HttpNames = httpNames[chosen];
  const methods = new Set(given.methods ?? knownMethods);
  const policies: HttpLabels<LabelPolicy> = {
    method: { oneOf: [...new Set([...methods, otherMethod])] },
    // Routes and status codes are the application's own; these bounds are for one that makes them up.
    route: { limit: 500 },
    status: { limit: 100 },
  };
  return {
    methods,
    names,
    duration: defineHistogram({
      name: prefix + names.duration,
      help: 'Duration of HTTP requests, from their arrival to the last byte of the answer',
      unit: 'seconds',
      labels: names.labels(policies),
      buckets: given.buckets ?? names.buckets,
    }),
    // Source: OpenTelemetry, `http.server.response.body.size`, which advises no boundaries; these are Prometheus' own for
    // `prometheus_http_response_size_bytes`.
    size: defineHistogram({
      name: `${prefix}http_server_response_body_size_bytes`,
      help: 'Size of the bodies of HTTP responses, compressed where they were',
      unit: 'bytes',
      labels: httpNames.opentelemetry.labels(policies),
      buckets: exponentialBuckets(100, 10, 8),
    }),
    // Source: OpenTelemetry, `http.server.active_requests`.
    active: defineGauge({
      name: `${prefix}http_server_active_requests`,
      help: 'HTTP requests that have arrived and have not been answered to the end',
      labels: { http_request_method: policies.method },
    }),
  };
}
