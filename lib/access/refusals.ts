/** Why a request was refused: the values of the label `reason` of `flowplane_metrics_requests_refused_total`. */
export type RefusalReason = keyof typeof refusals;

/** The response to a refused request. Its body says no more than its status. */
export interface Refusal {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const retryLater = { 'Retry-After': '1' };

/**
 * The response for each reason. The two 401 also get `WWW-Authenticate`, from what is configured. For `connections` and
 * `pipelining` nothing is sent: the connection is closed.
 */
export const refusals = {
  address: { status: 403, text: 'Forbidden' },
  client_certificate: { status: 403, text: 'Forbidden' },
  no_credentials: { status: 401, text: 'Unauthorized' },
  wrong_credentials: { status: 401, text: 'Unauthorized' },
  password_queue: { status: 429, text: 'Too Many Requests', headers: retryLater },
  rate: { status: 429, text: 'Too Many Requests', headers: retryLater },
  connections: { status: 503, text: 'Service Unavailable', headers: retryLater },
  pipelining: { status: 429, text: 'Too Many Requests', headers: retryLater },
  concurrency: { status: 503, text: 'Service Unavailable', headers: retryLater },
  malformed: { status: 400, text: 'Bad Request' },
  timeout: { status: 408, text: 'Request Timeout' },
  header_size: { status: 431, text: 'Request Header Fields Too Large' },
} as const satisfies Readonly<Record<string, Refusal>>;

export const refusalReasons = Object.keys(refusals) as RefusalReason[];
