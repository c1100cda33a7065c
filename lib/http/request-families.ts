import { exponentialBuckets } from '../families/buckets.js';
import { defineGauge, defineHistogram, type Family } from '../families/family.js';
import type { LabelPolicy } from '../families/labels.js';
import type { RequestMetricsOptions } from './request-metrics-options.js';
import { schemes } from './request-scheme.js';

/**
 * What the labels of a request say, whatever a convention calls them, in the order in which values are listed: the `scheme` is
 * `http` or `https`, and the `error` is what was wrong with the answer. An empty value is a label that is absent.
 */
const requestLabels = ['method', 'scheme', 'route', 'status', 'error'] as const;

type RequestLabel = (typeof requestLabels)[number];

/** One value for each of these. */
export type RequestLabelValues = readonly [
  method: unknown,
  scheme: unknown,
  route: unknown,
  status: unknown,
  error: unknown,
];

/** How one convention names the duration of requests and its labels. */
export interface Convention {
  readonly duration: string;
  /** The names of the labels, in the order of exposition, and what each of them has for its value. */
  readonly labels: Readonly<Record<string, RequestLabel>>;
  readonly buckets: readonly number[];
  /** The status of a request that got no response, for example because its client went away. Empty: the label is absent. */
  readonly statusWithoutResponse: string;
  /** The route of a request that matched none. */
  readonly unmatchedRoute: string;
}

/** The conventions that the option `names` can choose. */
export const conventions = {
  // Source: OpenTelemetry semantic conventions, "HTTP metrics", `http.server.request.duration`: its attributes that are
  // required, or required under a condition, and advised boundaries; a status code "if and only if one was received/sent".
  opentelemetry: {
    duration: 'http_server_request_duration_seconds',
    labels: {
      http_request_method: 'method',
      url_scheme: 'scheme',
      http_route: 'route',
      http_response_status_code: 'status',
      error_type: 'error',
    },
    buckets: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
    statusWithoutResponse: '',
    unmatchedRoute: '',
  },
  // Source: express-prom-bundle 8.0.0, README "Options" and src/normalizeStatusCode.js.
  'express-prom-bundle': {
    duration: 'http_request_duration_seconds',
    labels: { status_code: 'status', method: 'method', path: 'route' },
    buckets: [0.003, 0.03, 0.1, 0.3, 1.5, 10],
    statusWithoutResponse: '499',
    unmatchedRoute: 'unmatched',
  },
} as const satisfies Record<string, Convention>;

/** The label value of every method that is not in the list of known methods. Source: OpenTelemetry, `http.request.method`. */
export const otherMethod = '_OTHER';

// Source: RFC 9110, section 9.3; RFC 5789; OpenTelemetry, `http.request.method`.
const knownMethods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH', 'QUERY'];

/** The error of a request whose answer did not get to its end. */
export const abortedRequest = 'aborted';

/** The metric families of an application's requests, and the convention of their labels. */
export interface RequestFamilies {
  /** The methods that keep their own label value. */
  readonly methods: ReadonlySet<string>;
  readonly convention: Convention;
  /** The routes of a request that matched none, in the two families that have one. */
  readonly unmatched: { readonly duration: string; readonly size: string };
  readonly duration: Family<'histogram'>;
  readonly size: Family<'histogram'>;
  readonly active: Family<'gauge'>;
}

/** Defines the families that these options describe. The options are valid. */
export function defineRequestFamilies({
  names = 'opentelemetry',
  prefix = '',
  ...options
}: RequestMetricsOptions): RequestFamilies {
  const convention: Convention = conventions[names];
  const methods = new Set(options.methods ?? knownMethods);
  const policies: RequestLabelPolicies = {
    method: { oneOf: [...new Set([...methods, otherMethod])] },
    scheme: { oneOf: [...schemes] },
    // Why: routes and status codes come from the application, so only an application that invents them reaches the limits.
    route: { limit: 500 },
    status: { limit: 100 },
    error: { limit: 100 },
  };
  return {
    methods,
    convention,
    unmatched: {
      duration: options.unmatchedRoute ?? convention.unmatchedRoute,
      size: options.unmatchedRoute ?? conventions.opentelemetry.unmatchedRoute,
    },
    duration: defineHistogram({
      name: prefix + convention.duration,
      help: 'Duration of HTTP requests, from their arrival to the last byte of the answer',
      unit: 'seconds',
      labels: policiesOf(convention, policies),
      buckets: options.buckets ?? convention.buckets,
    }),
    // Source: OpenTelemetry, `http.server.response.body.size`, which advises no boundaries; these are Prometheus' own for
    // `prometheus_http_response_size_bytes`.
    size: defineHistogram({
      name: `${prefix}http_server_response_body_size_bytes`,
      help: 'Size of the bodies of HTTP responses, compressed where they were',
      unit: 'bytes',
      labels: policiesOf(conventions.opentelemetry, policies),
      buckets: exponentialBuckets(100, 10, 8),
    }),
    // Source: OpenTelemetry, `http.server.active_requests`.
    active: defineGauge({
      name: `${prefix}http_server_active_requests`,
      help: 'HTTP requests that have arrived and have not been answered to the end',
      labels: { http_request_method: policies.method, url_scheme: policies.scheme },
    }),
  };
}

type RequestLabelPolicies = Readonly<Record<RequestLabel, LabelPolicy>>;

/** The policies of a convention's labels, by their names. */
const policiesOf = ({ labels }: Convention, policies: RequestLabelPolicies): Readonly<Record<string, LabelPolicy>> =>
  Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, policies[value]]));

/** Makes the function that lists the values of a convention's labels in the order of that. */
export function labelOrder({ labels }: Convention): (values: RequestLabelValues) => readonly unknown[] {
  const order = Object.values(labels).map((label) => requestLabels.indexOf(label));
  const isSame = order.length === requestLabels.length && order.every((index, i) => index === i);
  return isSame ? (values) => values : (values) => order.map((index) => values[index]);
}
