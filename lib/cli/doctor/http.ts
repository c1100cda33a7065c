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
  /** Where the path is configured, if not there. */
  readonly path?: string;
  /** @param schemes what the server accepts: its header `WWW-Authenticate`. */
  credentials(schemes: string): string;
}

/** The settings of an endpoint that the doctor itself requests. */
export const settingsOf = (option: 'metrics' | 'prometheus' | 'grafana'): Settings => ({
  address: `--${option}`,
  credentials: (schemes) => {
    if (/\bbasic\b/i.test(schemes))
      return `--${option}-header "Authorization: Basic $(printf %s 'user:password' | base64)"`;
    return option === 'grafana'
      ? 'the token of a service account of Grafana, in the environment variable GRAFANA_TOKEN'
      : `--${option}-header 'Authorization: Bearer …'`;
  },
});

/** The settings of an endpoint that Prometheus requests. */
export const scrapeConfig: Settings = {
  address: 'targets in the scrape_config',
  path: 'metrics_path in the scrape_config',
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

/** What an answer must be to come from the server that is meant. */
export type IsExpected = (data: unknown) => boolean;

/** Requests a path below an endpoint, and parses the JSON of the response. */
export async function requestJson<Data>(
  server: string,
  option: 'prometheus' | 'grafana',
  endpoint: Endpoint,
  path: string,
  { clocks, isExpected }: { readonly clocks: DoctorState['clocks']; readonly isExpected: IsExpected },
): Promise<JsonAnswer<Data> | StepResult> {
  const url = `${endpoint.url.replace(/\/$/, '')}/api/${path}`;
  const response = await request(server, { ...endpoint, url }, settingsOf(option), clocks);
  if (isResult(response)) return response;
  const data = parseJson(response.body);
  if (data !== undefined && isExpected(data)) return { data: data as Data, headers: response.headers };
  const [given, cause] = response.contentType.startsWith('text/html')
    ? ['with a page', 'the page of a proxy or of a login answers, or the URL lacks the path below which it is served']
    : data === undefined
      ? ['with what is not JSON', `this is not ${server}`]
      : ['with other JSON', `this is not ${server}, or something in between has changed it`];
  const examples = { prometheus: 'http://127.0.0.1:9091', grafana: 'http://127.0.0.1:3000' };
  return fail(
    `${url} does not answer as ${server} does, but ${given}`,
    cause,
    `Pass the URL of ${server}, for example --${option} ${examples[option]}.`,
  );
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString());
  } catch {
    return undefined;
  }
}

/** What stands in an answer under a path of keys; `undefined` where nothing does. */
export const findIn = (data: unknown, keys: readonly string[]): unknown =>
  keys.reduce<unknown>((found, key) => Object(found)[key], data);

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
  [
    /\b404\b/,
    'the path is wrong, or something else answers there',
    ({ address, path = address }) => `Correct the path: ${path}.`,
  ],
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
