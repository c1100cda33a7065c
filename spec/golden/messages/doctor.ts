import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline, Readable } from 'node:stream';
import { runAll } from '../program.js';

/** What is served at each path: a text, or what answers. */
type Served = Readonly<Record<string, string | RequestListener>>;

/** Servers on free ports, each by the name that stands for its address in golden files. */
export class FakeServers {
  readonly #servers: Server[] = [];
  readonly #origins = new Map<string, string>();

  async start(name: string, served: Served): Promise<string> {
    const server = createServer((request, response) => {
      const path = (request.url ?? '').split('?')[0] ?? '';
      const answer = served[path] ?? served['*'];
      if (typeof answer === 'function') return answer(request, response);
      response.setHeader('Content-Type', path.startsWith('/api') ? 'application/json' : 'text/plain; version=0.0.4');
      response.statusCode = answer === undefined ? 404 : 200;
      response.end(answer);
    });
    this.#servers.push(server.listen(0, '127.0.0.1'));
    await once(server, 'listening');
    const origin = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.#origins.set(origin, name);
    return `http://${origin}`;
  }

  /** A text without the ports and times of this run. */
  plain(text: string): string {
    let plain = text
      .replaceAll(/answers in \d+ ms/g, 'answers in <n> ms')
      .replaceAll(/is \d+ s (ahead|behind)/g, 'is <n> s $1');
    for (const [origin, name] of this.#origins) plain = plain.replaceAll(origin, name);
    return plain;
  }

  async stop(): Promise<void> {
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
    }
  }
}

interface Result {
  readonly step: string;
  readonly status: string;
  readonly detail: string;
  readonly remarks?: readonly string[];
  readonly cause?: string;
  readonly fix?: string;
}

/** A result as lines. */
const spelled = ({ step, status, detail, remarks = [], cause, fix }: Result): string =>
  [
    `${step} ${status}: ${detail}`,
    ...remarks.map((one) => `  remark: ${one}`),
    ...(cause === undefined ? [] : [`  likely: ${cause}`, `  do: ${fix}`]),
  ].join('\n');

/** One run of the doctor, and which of its steps are looked at; all where none is named. */
interface Examination {
  readonly args: readonly string[];
  readonly steps: readonly string[];
}

const examination = (args: readonly string[], ...steps: readonly string[]): Examination => ({ args, steps });

/** What the doctor finds in each of these. */
async function examined(examinations: readonly Examination[]): Promise<string> {
  const runs = await runAll(examinations.map(({ args }) => ['doctor', '--json', '--wait', '0', ...args]));
  const found = runs.flatMap(({ out, err }, i) => {
    if (out === '') throw new Error(err);
    const wanted = examinations[i]?.steps ?? [];
    const results = (JSON.parse(out) as { steps: Result[] }).steps;
    return results.filter(({ step }) => wanted.length === 0 || wanted.includes(step)).map(spelled);
  });
  return `${found.join('\n')}\n`;
}

const healthy = '# HELP a_total A\n# TYPE a_total counter\na_total 1\n';
const json = (data: unknown): string => JSON.stringify({ status: 'success', data });
const buildinfo = json({ version: '3.0.0' });
const target = (fields: object = {}): object => ({
  scrapePool: 'flowplane',
  scrapeUrl: 'http://app:9090/metrics',
  health: 'up',
  lastError: '',
  ...fields,
});
const prometheus = (targets: readonly object[], result: readonly object[] = []): Served => ({
  '/api/v1/status/buildinfo': buildinfo,
  '/api/v1/targets': json({ activeTargets: targets }),
  '/api/v1/query': json({ result }),
});
const grafana = (datasources: readonly object[], health: object = { status: 'OK' }, database = 'ok'): Served => ({
  '/api/health': JSON.stringify({ version: '11.0.0', database }),
  '/api/datasources': JSON.stringify(datasources),
  '/api/datasources/uid/p/health': JSON.stringify(health),
});
const datasource = { uid: 'p', name: 'Prometheus', type: 'prometheus', url: 'http://prometheus:9090' };
const status =
  (code: number): RequestListener =>
  (_request, response) =>
    response.writeHead(code).end('no\n');

/** Words of Prometheus for each cause that the doctor knows, and for none. */
const words = [
  'dial tcp: connection refused',
  'lookup app: no such host',
  'context deadline exceeded',
  'server returned HTTP status 401 Unauthorized',
  'server returned HTTP status 403 Forbidden',
  'bad port',
  'server returned HTTP status 404 Not Found',
  'server returned HTTP status 500 Internal Server Error',
  'x509: certificate signed by unknown authority',
  'more than 64 MiB',
  'sample limit exceeded',
  'expected value after metric',
  'unexpected EOF',
  'something else',
];

/** What the doctor makes of the words of Prometheus, and of how an endpoint fails. */
export async function doctorCauses(): Promise<string> {
  const servers = new FakeServers();
  try {
    const examinations: Examination[] = [];
    const endpoint = await servers.start('<endpoint>', { '/metrics': healthy });
    for (const lastError of words) {
      const url = await servers.start('<prometheus>', prometheus([target({ health: 'down', lastError })]));
      examinations.push(examination(['--metrics', `${endpoint}/metrics`, '--prometheus', url], 'target'));
    }
    for (const code of [401, 403, 404, 418, 500, 503]) {
      const url = await servers.start('<endpoint>', { '*': status(code) });
      const args = ['--metrics', url, '--prometheus', url, '--grafana', url];
      examinations.push(examination(args, 'endpoint', 'prometheus', 'grafana'));
    }
    const mebibyte = Buffer.alloc(2 ** 20);
    const endless: RequestListener = (_request, response) =>
      void pipeline(Readable.from(Array.from({ length: 66 }, () => mebibyte)), response, () => undefined);
    const cut: RequestListener = (request) => request.socket.destroy();
    const others = ['http://127.0.0.1:1/metrics', await servers.start('<endless>', { '*': endless })];
    for (const url of [...others, await servers.start('<cut>', { '*': cut })]) {
      examinations.push(examination(['--metrics', url], 'endpoint'));
    }
    return servers.plain(await examined(examinations));
  } finally {
    await servers.stop();
  }
}

const page: RequestListener = (_request, response) =>
  response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html>\n');
const at =
  (date: string): RequestListener =>
  (_request, response) =>
    response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4', Date: date }).end(healthy);

const timeless: RequestListener = (_request, response) => {
  response.sendDate = false;
  response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4' }).end(healthy);
};

/** Answers one scrape, and no other. */
function answeringOnce(): RequestListener {
  let answer: RequestListener = (_request, response) => {
    answer = status(503);
    response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4' }).end(healthy);
  };
  return (request, response) => answer(request, response);
}

/** What is wrong with the text of a scrape. */
const malformed: Readonly<Record<string, string>> = {
  'the end is missing': 'a 1\nb 2',
  'an unknown type': '# TYPE a number\na 1\n',
  'a type twice': '# TYPE a gauge\na 1\n# TYPE a gauge\n',
  'no sample': `${'hello '.repeat(20)}\n`,
  'a value that is no number': 'a one\n',
  'a series twice': 'a{b="c"} 1\na{b="c"} 2\n',
  'a blank at the end, twice': 'a 1 \nb 1 \n',
};

const many = Array.from({ length: 1001 }, (_, i) => `a_total{id="${i}",kind="k"} 1\n`).join('');

/** What can be served as metrics, and the steps that say something of it. */
const endpoints: readonly (readonly [served: string | RequestListener, args: readonly string[], ...steps: string[]])[] =
  [
    ...Object.values(malformed).map((text) => [text, [], 'format'] as const),
    [page, [], 'format', 'families', 'values', 'losses', 'cardinality'],
    ['', [], 'format'],
    ['\n', [], 'format', 'families', 'values', 'losses', 'cardinality'],
    [
      healthy,
      [],
      'endpoint',
      'format',
      'families',
      'values',
      'losses',
      'cardinality',
      'prometheus',
      'grafana',
      'clocks',
    ],
    [healthy, ['--family', 'a_total'], 'families'],
    [healthy, ['--family', 'b_total'], 'families'],
    [healthy, ['--family', 'b_total', '--family', 'c_total'], 'families'],
    ['a 1\nb 1\nc 1\nd 1\ne 1\nf 1\ng 1\n', [], 'families'],
    ['process_cpu 1\nnodejs_x 1\nflowplane_metrics_series{metric="a"} 1\n', [], 'families', 'values'],
    ['# TYPE a_total counter\n', [], 'families', 'values'],
    ['# TYPE a_total counter\na_total 0\n', [], 'values'],
    ['a 1\nflowplane_metrics_dropped_total{metric="a",reason="overflow"} 3\n', [], 'losses'],
    [`# TYPE a_total counter\n${many}`, [], 'cardinality'],
    [healthy, ['--max-series', '0'], 'cardinality'],
    [timeless, [], 'clocks'],
    [answeringOnce(), [], 'values'],
    [at('Thu, 01 Jan 1970 00:00:00 GMT'), [], 'clocks'],
    [at('Fri, 01 Jan 2100 00:00:00 GMT'), [], 'clocks'],
  ];

/** Counts up at each scrape. */
function moving(): RequestListener {
  let value = 0;
  return (_request, response) => {
    value++;
    response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4' }).end(`a ${value}\nb 1\n`);
  };
}

/** What Prometheus can answer. */
const prometheuses: readonly Served[] = [
  { '*': 'no JSON' },
  prometheus([]),
  prometheus([target({ scrapePool: 'other' }), target({ scrapePool: 'third' })]),
  prometheus([target({ health: 'unknown' })]),
  prometheus([target()]),
  prometheus([target()], [{ metric: { __name__: 'a_total' } }]),
];

/** What Grafana can answer. */
const grafanas: readonly Served[] = [
  { '*': 'no JSON' },
  grafana([], {}, 'failing'),
  grafana([]),
  grafana([{ ...datasource, type: 'loki' }]),
  grafana([datasource], { status: 'ERROR', message: 'connection refused' }),
  grafana([datasource]),
];

/** What the doctor finds at each step, good and bad. */
export async function doctorSteps(): Promise<string> {
  const servers = new FakeServers();
  try {
    const examinations: Examination[] = [];
    for (const [answer, args, ...steps] of [...endpoints, [moving(), [], 'values'] as const]) {
      const url = await servers.start('<endpoint>', { '*': answer });
      examinations.push(examination(['--metrics', `${url}/metrics`, ...args], ...steps));
    }
    const endpoint = await servers.start('<endpoint>', { '*': healthy });
    const further = async (name: string, served: Served, ...steps: string[]): Promise<void> => {
      const url = await servers.start(`<${name}>`, served);
      examinations.push(examination(['--metrics', `${endpoint}/metrics`, `--${name}`, url], ...steps));
    };
    for (const one of prometheuses) await further('prometheus', one, 'prometheus', 'target', 'data');
    const silent = await servers.start('<endpoint>', { '*': '# TYPE a_total counter\n' });
    const url = await servers.start('<prometheus>', prometheus([target()]));
    examinations.push(examination(['--metrics', silent, '--prometheus', url], 'data'));
    for (const one of grafanas) await further('grafana', one, 'grafana', 'datasource');
    return servers.plain(await examined(examinations));
  } finally {
    await servers.stop();
  }
}
