import { exponentialBuckets } from '../../definition/buckets.js';
import { defineGauge, defineHistogram, type Family, type GaugeFamily } from '../../definition/family.js';
import type { LabelPolicy } from '../../definition/label-policy.js';
import type { MetricsRecorder } from '../../recorder/metrics-recorder.js';

/** A request that has been answered, or given up. */
export interface Exchange {
  readonly method: string;
  /** The pattern of the route; `''` where none has matched. */
  readonly route: string;
  /** The status that was sent; `''` where the client was gone before. */
  readonly status: number | '';
}

/** A number of each exchange, and how it is called. */
export interface ExchangeMetric {
  readonly family: Family;
  observe(recorder: MetricsRecorder, exchange: Exchange, value: number): void;
}

// Sources: RFC 9110, section 9.1; RFC 5789; OpenTelemetry, "HTTP attributes": any other method is _OTHER.
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE'];
const otherMethod = '_OTHER';

/** A request's method as a label value: there are as many as a client likes to make up. */
export const methodLabel = (method: string): string => (methods.includes(method) ? method : otherMethod);

const ofMethod: LabelPolicy = { oneOf: [...methods, otherMethod] };
const ofRoute: LabelPolicy = {};
const ofStatus: LabelPolicy = { limit: 100 };

/** OpenTelemetry's labels. */
const semantic = { http_request_method: ofMethod, http_route: ofRoute, http_response_status_code: ofStatus };

const semanticLabels = ({ method, route, status }: Exchange) => ({
  http_request_method: method,
  http_route: route,
  http_response_status_code: status,
});

// Sources: OpenTelemetry, "Semantic conventions for HTTP metrics", with the boundaries that it advises, and "Prometheus
// and OpenMetrics compatibility" for the spelling.
const semanticDuration = defineHistogram({
  name: 'http_server_request_duration_seconds',
  help: 'How long a request took, from its arrival until the last byte of the answer was sent',
  unit: 'seconds',
  labels: semantic,
  buckets: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
});

// Source: express-prom-bundle 8, README and default buckets.
const bundleDuration = defineHistogram({
  name: 'http_request_duration_seconds',
  help: 'duration histogram of http responses labeled with: status_code, method, path',
  unit: 'seconds',
  labels: { status_code: ofStatus, method: ofMethod, path: ofRoute },
  buckets: [0.003, 0.03, 0.1, 0.3, 1.5, 10],
});

const size = defineHistogram({
  name: 'http_server_response_body_size_bytes',
  help: 'Bytes of the body of an answer, as they were sent',
  unit: 'bytes',
  labels: semantic,
  buckets: exponentialBuckets(100, 10, 6),
});

/** How long an exchange took, in seconds, by whose names are used. */
export const durations = {
  opentelemetry: {
    family: semanticDuration,
    observe: (recorder, exchange, value) =>
      recorder.histogram(semanticDuration).observe(semanticLabels(exchange), value),
  },
  'express-prom-bundle': {
    family: bundleDuration,
    observe: (recorder, { method, route, status }, value) =>
      recorder.histogram(bundleDuration).observe({ status_code: status, method, path: route }, value),
  },
} as const satisfies Readonly<Record<string, ExchangeMetric>>;

/** How many bytes of body were sent. */
export const responseSize: ExchangeMetric = {
  family: size,
  observe: (recorder, exchange, value) => recorder.histogram(size).observe(semanticLabels(exchange), value),
};

/** The requests that are being answered. */
export const activeRequests: GaugeFamily<{ readonly http_request_method: LabelPolicy }> = defineGauge({
  name: 'http_server_active_requests',
  help: 'Requests that are being answered',
  labels: { http_request_method: ofMethod },
  initial: 'all',
  aggregator: 'sum',
});
