import { type DoctorState, fail, type StepResult } from './diagnosis.js';

/** A complete response. */
export interface HttpResponse {
  readonly body: Uint8Array;
  readonly headers: Headers;
  readonly contentType: string;
  readonly seconds: number;
}

/** A URL, and the headers to send. */
export interface Endpoint {
  readonly url: string;
  readonly headers: Headers;
}

/** Where the address of an endpoint and the credentials for it are configured: what to correct. */
export interface Settings {
  readonly address: string;
  /** @param schemes what the server accepts: its header `WWW-Authenticate`. */
  credentials(schemes: string): string;
}

/** The settings of an endpoint that the doctor itself requests. */
export const settingsOf = (option: 'metrics' | 'prometheus' | 'grafana'): Settings => ({
  address: `--${option}`,
  credentials: (schemes) =>
    /\bbasic\b/i.test(schemes)
      ? `--${option}-header "Authorization: Basic $(printf %s 'user:password' | base64)"`
      : `--${option}-header 'Authorization: Bearer …'`,
});

/** The settings of an endpoint that Prometheus requests. */
export const scrapeConfig: Settings = {
  address: 'targets in the scrape_config',
  credentials: () => 'authorization or basic_auth in the scrape_config',
};

const timeoutSeconds = 10;
const maxBytes = 64 * 2 ** 20;

/**
 * Requests an endpoint; returns the response where it is 2xx, and otherwise the problem. Leaves in `clocks` by how much the
 * clock of the server is ahead, whatever it answers.
 */
export async function request(
  server: string,
  { url, headers }: Endpoint,
  settings: Settings,
  clocks: DoctorState['clocks'],
): Promise<HttpResponse | StepResult> {
  const sentAt = Date.now();
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(timeoutSeconds * 1000) });
    const body = await readBody(response);
    const receivedAt = Date.now();
    const date = Date.parse(response.headers.get('date') ?? '');
    if (!Number.isNaN(date)) clocks.set(server, (date - (sentAt + receivedAt) / 2) / 1000);
    if (!response.ok) {
      const schemes = response.headers.get('www-authenticate') ?? '';
      return diagnose(`${server} answers ${url} with ${response.status}`, String(response.status), settings, schemes);
    }
    return {
      body,
      headers: response.headers,
      contentType: response.headers.get('content-type') ?? '',
      seconds: (receivedAt - sentAt) / 1000,
    };
  } catch (error) {
    const reason = reasonOf(error);
    return diagnose(`${server} cannot be reached at ${url} (${reason})`, reason, settings);
  }
}

/** An answer in JSON. */
export interface JsonAnswer<Data> {
  readonly data: Data;
  readonly headers: Headers;
}

/** Requests a path below an endpoint, and parses the JSON of the response. */
export async function requestJson<Data>(
  server: string,
  option: 'prometheus' | 'grafana',
  endpoint: Endpoint,
  path: string,
  clocks: DoctorState['clocks'],
): Promise<JsonAnswer<Data> | StepResult> {
  const url = `${endpoint.url.replace(/\/$/, '')}/api/${path}`;
  const response = await request(server, { ...endpoint, url }, settingsOf(option), clocks);
  if (isResult(response)) return response;
  try {
    const data = JSON.parse(Buffer.from(response.body).toString()) as Data;
    return { data, headers: response.headers };
  } catch {
    return fail(`${url} does not answer in JSON`, `this is not ${server}`, `Pass its URL: --${option}.`);
  }
}

/** Why not `response.bytes()`: a server may send without end, or a few bytes that unpack to gigabytes. */
async function readBody({ body }: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new Error(`more than ${maxBytes / 2 ** 20} MiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Whether there is a result already, instead of what was requested. */
export const isResult = (given: object): given is StepResult => 'status' in given;

/** Gets the innermost reason: the error of `fetch` itself only says that it failed. */
function reasonOf(error: unknown): string {
  const { cause, message, name } = error as Error & { cause?: { code?: string; message?: string } };
  if (name === 'TimeoutError') return `ETIMEDOUT after ${timeoutSeconds} s`;
  return cause?.code ?? cause?.message ?? message;
}

/** The usual causes of a failure, by Node's error codes, HTTP statuses and the messages of Prometheus. */
const causes: readonly [pattern: RegExp, cause: string, fix: (settings: Settings, schemes: string) => string][] = [
  [
    /ECONNREFUSED|connection refused/,
    'nothing listens there: the port is another one, the process does not run, or it listens on another interface',
    ({ address }) => `Start it, or correct its address: ${address}. Between machines, set FLOWPLANE_METRICS_HOST.`,
  ],
  [
    /ENOTFOUND|EAI_AGAIN|no such host/,
    'the host name is unknown on this machine',
    ({ address }) => `Check the spelling, or use an IP address: ${address}.`,
  ],
  [
    /ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT|deadline exceeded|timeout/,
    'there was no response in time: a firewall is in between, or the process is too busy',
    () => 'Send the request from that machine; then check firewall rules and the size of a scrape.',
  ],
  [/\b401\b/, 'credentials are missing or wrong', ({ credentials }, schemes) => `Set them: ${credentials(schemes)}.`],
  [
    /\b403\b/,
    'credentials are missing or have no right to read this, or the server lets in other addresses or certificates only',
    ({ credentials }, schemes) =>
      `Set the credentials: ${credentials(schemes)}. Or let this client in, for a MetricsServer by allowedAddresses.`,
  ],
  [/bad port/, 'Node, like browsers, sends no request to this port', ({ address }) => `Use another port: ${address}.`],
  [/\b404\b/, 'the path is wrong', ({ address }) => `Correct the path: ${address}, metrics_path.`],
  [
    /\b5\d\d\b/,
    'the server has an error of its own',
    () => 'Read its log; for a metrics endpoint, look for errors of collectors.',
  ],
  [
    /CERT|SELF_SIGNED|x509|certificate|ERR_TLS|ERR_SSL|EPROTO|first record does not look like|HPE_INVALID|UND_ERR_SOCKET|ECONNRESET|other side closed/,
    'TLS does not match: an unknown certificate authority, another host name, or http against https',
    () =>
      "Use the right scheme; set the authority in NODE_EXTRA_CA_CERTS (here) and in the scrape_config's tls_config.",
  ],
  [
    /MiB/,
    'this is no exporter, or it exposes more than Prometheus should scrape',
    () => 'Check what is served there, and the number of series.',
  ],
  [
    /sample.?limit/,
    'a scrape has more samples than the scrape_config allows',
    () => 'Find the family that grows (the step "cardinality"), or raise sample_limit.',
  ],
  [
    /expected|invalid|unexpected|parsing|unsupported|EOF/,
    'the response is not metrics, or is in a format that cannot be read',
    () => 'Check metrics_path, and the step "format".',
  ],
];

/** Creates a problem with the cause that `reason` suggests. */
export function diagnose(detail: string, reason: string, settings: Settings, schemes = ''): StepResult {
  const [, cause, fix] = causes.find(([pattern]) => pattern.test(reason)) ?? [
    undefined,
    'unknown',
    () => 'Read the log of that server.',
  ];
  return fail(detail, cause, fix(settings, schemes));
}
