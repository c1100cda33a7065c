/** One thing for each label, by whichever names. */
export interface HttpLabels<T> {
  readonly method: T;
  readonly route: T;
  readonly status: T;
}

/** How one convention calls the duration of requests and its labels. */
export interface HttpNames {
  readonly duration: string;
  /** Three things, be it policies or values, by the labels' names in the order of exposition. */
  readonly labels: <T>(of: HttpLabels<T>) => Readonly<Record<string, T>>;
  readonly buckets: readonly number[];
  /** The status of a request that got no answer, e.g. since its client went away. Empty: the label is absent. */
  readonly unanswered: string;
}

/** The conventions that may be chosen. */
export const httpNames = {
  // Source: OpenTelemetry semantic conventions, "HTTP metrics", `http.server.request.duration`: attributes and advised
  // boundaries; a status code "if and only if one was received/sent".
  opentelemetry: {
    duration: 'http_server_request_duration_seconds',
    labels: ({ method, route, status }) => ({
      http_request_method: method,
      http_route: route,
      http_response_status_code: status,
    }),
    buckets: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
    unanswered: '',
  },
  // Source: express-prom-bundle 8.0.0, README "Options" and src/normalizeStatusCode.js.
  'express-prom-bundle': {
    duration: 'http_request_duration_seconds',
    labels: ({ method, route, status }) => ({ status_code: status, method, path: route }),
    buckets: [0.003, 0.03, 0.1, 0.3, 1.5, 10],
    unanswered: '499',
  },
} as const satisfies Record<string, HttpNames>;
