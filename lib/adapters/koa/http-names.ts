/** What is known of a request when it has ended, by whichever names. */
export interface Exchange {
  readonly method: string;
  /** Whatever a reader of it gave. */
  readonly route: unknown;
  /** Empty where no answer was sent. */
  readonly status: string;
}

/** How one convention calls the duration of requests and its labels. */
export interface HttpNames {
  readonly duration: string;
  /** In the order of exposition. */
  readonly labels: Readonly<Record<string, keyof Exchange>>;
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
    labels: { http_request_method: 'method', http_route: 'route', http_response_status_code: 'status' },
    buckets: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
    unanswered: '',
  },
  // Source: express-prom-bundle 8.0.0, README "Options" and src/normalizeStatusCode.js.
  'express-prom-bundle': {
    duration: 'http_request_duration_seconds',
    labels: { status_code: 'status', method: 'method', path: 'route' },
    buckets: [0.003, 0.03, 0.1, 0.3, 1.5, 10],
    unanswered: '499',
  },
} as const satisfies Record<string, HttpNames>;
