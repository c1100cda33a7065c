/** Why a request is refused, as it is counted: a closed set. */
export type RefusalReason = keyof typeof refusals;

/** What is answered to a request that is refused. The body says nothing that the status does not. */
export interface Refusal {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const retry = { 'Retry-After': '1' };

/** Every reason with its answer; past the connections and the requests sent ahead that there may be, none is given. The two for credentials get `WWW-Authenticate` from what is configured. */
export const refusals = {
  address: { status: 403, text: 'Forbidden' },
  client_certificate: { status: 403, text: 'Forbidden' },
  no_credentials: { status: 401, text: 'Unauthorized' },
  wrong_credentials: { status: 401, text: 'Unauthorized' },
  password_queue: { status: 429, text: 'Too Many Requests', headers: retry },
  rate: { status: 429, text: 'Too Many Requests', headers: retry },
  connections: { status: 503, text: 'Service Unavailable', headers: retry },
  pipelining: { status: 429, text: 'Too Many Requests', headers: retry },
  concurrency: { status: 503, text: 'Service Unavailable', headers: retry },
  malformed: { status: 400, text: 'Bad Request' },
  timeout: { status: 408, text: 'Request Timeout' },
  header_size: { status: 431, text: 'Request Header Fields Too Large' },
} as const satisfies Readonly<Record<string, Refusal>>;

/** Every reason there is. */
export const refusalReasons = Object.keys(refusals) as RefusalReason[];
