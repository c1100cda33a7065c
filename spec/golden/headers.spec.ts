import { once } from 'node:events';
import { type ClientRequest, type OutgoingHttpHeaders, request } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import Router from '@koa/router';
import Koa from 'koa';
import {
  defineCounter,
  defineHistogram,
  httpMetrics,
  MetricsServer,
  type MetricsServerOptions,
  metricsMiddleware,
  NodeMetricsServer,
  PrometheusRecorder,
  type Scrapable,
  scrape,
} from './entries.js';
import { Golden } from './golden.js';

const golden = new Golden('headers');

const visits = defineCounter({ name: 'golden_visits_total', help: 'Visits <&">', labels: { page: { limit: 50 } } });
const waits = defineHistogram({ name: 'golden_waits_seconds', help: 'Waits', unit: 'seconds', labels: { queue: {} } });
const silent = defineCounter({ name: 'golden_silent_total', help: 'Nobody counts', labels: { a: {} } });

/** What is scraped. */
function recorded(): PrometheusRecorder {
  const recorder = new PrometheusRecorder({ onError: () => undefined });
  for (const page of ['/', '/a', '/b']) recorder.counter(visits).inc({ page });
  recorder.histogram(waits).observe({ queue: 'mail' }, 1);
  recorder.open(silent);
  recorder.counter(silent).inc({ a: 'x' }, -1);
  // Why: classes of other specs are declared in the same process.
  recorder.explain = () => [
    { name: 'golden_silent_total', state: 'all dropped', reasons: ['negative_step'], sites: [] },
    {
      name: 'golden_other_total',
      state: 'not wired',
      reasons: [],
      sites: ['@Counter on Golden.a', '@Counter on Golden.b'],
    },
    { name: 'golden_visits_total', state: 'observed', reasons: [], sites: [] },
  ];
  return recorder;
}

interface Started {
  readonly port: number;
  close(): Promise<void>;
  drain?(): Promise<void>;
}

type Start = (scrapable: Scrapable, options?: MetricsServerOptions) => Promise<Started>;

/** Each way to serve. */
const servers: Readonly<Record<string, Start>> = {
  'node-http': (scrapable, options) => serve(NodeMetricsServer, scrapable, options),
  koa: (scrapable, options) => serve(MetricsServer, scrapable, options),
};

async function serve(
  Server: typeof NodeMetricsServer,
  scrapable: Scrapable,
  options?: MetricsServerOptions,
): Promise<Started> {
  const server = new Server(scrapable, { port: 0, processMetrics: false, ...options });
  const { port } = await server.listen();
  return { port, close: () => server.close(), drain: () => server.drain(60) };
}

interface Question {
  readonly path: string;
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string;
}

function send(port: number, { path, method = 'GET', headers = {}, body }: Question): ClientRequest {
  const sent = request({ host: '127.0.0.1', port, path, method, headers, agent: false });
  sent.on('error', () => undefined);
  return sent.end(body);
}

/** Request and response as lines: of a body that is text, what is short. */
async function exchange(port: number, question: Question): Promise<string> {
  const { path, method = 'GET', headers = {} } = question;
  const [response] = await once(send(port, question), 'response');
  const body = await text(response);
  const isCompressed = response.headers['content-encoding'] !== undefined;
  const shown = isCompressed ? '<compressed>' : body.length > 60 ? '<long>' : JSON.stringify(body);
  const raw: string[] = response.rawHeaders;
  const lines = raw.flatMap((name, i) => (i % 2 === 0 ? [`  ${name}: ${plainHeader(name, raw[i + 1] ?? '')}`] : []));
  return [
    `${method} ${path}${Object.keys(headers).length === 0 ? '' : ` ${JSON.stringify(headers)}`}`,
    `  ${response.statusCode} ${response.statusMessage}`,
    ...lines.sort(),
    `  ${shown}`,
    '',
  ].join('\n');
}

function plainHeader(name: string, value: string): string {
  if (/^date$/i.test(name)) return '<date>';
  return /^content-length$/i.test(name) && Number(value) > 60 ? '<size>' : value;
}

/** What is asked of a server that lets in everybody. */
const questions: readonly Question[] = [
  { path: '/metrics' },
  { path: '/metrics', method: 'HEAD' },
  { path: '/metrics', headers: { 'Accept-Encoding': 'gzip' } },
  { path: '/metrics', method: 'HEAD', headers: { 'Accept-Encoding': 'gzip' } },
  { path: '/metrics', headers: { 'Accept-Encoding': 'br, gzip;q=0' } },
  { path: '/metrics', headers: { Accept: 'application/openmetrics-text;version=1.0.0' } },
  { path: '/metrics', headers: { Accept: 'application/openmetrics-text;version=0.0.1' } },
  { path: '/metrics', headers: { Accept: 'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8' } },
  { path: '/metrics', headers: { Accept: 'text/plain;version=1.0.0;escaping=underscores' } },
  { path: '/metrics', headers: { Accept: 'text/plain;version=2.0.0' } },
  { path: '/metrics', headers: { Accept: 'application/json' } },
  { path: '/metrics', headers: { Accept: '*/*;q=0.1, application/openmetrics-text;q=0.5' } },
  { path: '/metrics', headers: { 'If-None-Match': '*', 'If-Modified-Since': 'Fri, 01 Jan 2100 00:00:00 GMT' } },
  { path: '/metrics?name[]=golden_silent_total' },
  { path: '/metrics?name[]=absent' },
  { path: '/metrics', method: 'POST', body: 'a=b' },
  { path: '/metrics', method: 'DELETE' },
  { path: '/metrics', method: 'OPTIONS' },
  { path: '/metrics', headers: { Connection: 'keep-alive' } },
  { path: '/metrics/' },
  { path: '/METRICS' },
  { path: '//metrics' },
  { path: '/' },
  { path: '/', method: 'HEAD' },
  { path: '/', method: 'POST' },
  { path: '/-/landing.css' },
  { path: '/-/landing.js' },
  { path: '/-/landing.json' },
  { path: '/-/healthy' },
  { path: '/-/healthy', method: 'HEAD' },
  { path: '/-/healthy', method: 'PUT' },
  { path: '/-/ready' },
  { path: '/-/ready', method: 'HEAD' },
  { path: '/absent' },
  { path: '/absent', method: 'HEAD' },
  { path: '/%', method: 'GET' },
  { path: 'http://elsewhere/metrics?name[]=absent' },
];

async function answers(start: Start, asked: readonly Question[], options?: MetricsServerOptions): Promise<string> {
  const server = await start(recorded(), options);
  try {
    const exchanges: string[] = [];
    for (const question of asked) exchanges.push(await exchange(server.port, question));
    return exchanges.join('\n');
  } finally {
    await server.close();
  }
}

/** What comes back for these bytes. */
async function answerTo(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write(bytes);
  return text(socket);
}

/** A recorder whose scrapes wait until they are released. */
function held(): { scrapable: Scrapable; begun: Promise<void>; release: () => void } {
  let begin = (): void => undefined;
  let release = (): void => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const scrapable: Scrapable = {
    exposedFamilies: async () => {
      begin();
      await released;
      return [];
    },
  };
  return { scrapable, begun, release: () => release() };
}

const basic = (credentials: string) => ({ Authorization: `Basic ${Buffer.from(credentials).toString('base64')}` });

// The password is "golden", with the least cost.
const passwordHash = '$2b$04$kL/Tsejh3dQkUcnSFcoiVu00ulYqf8RWWOguigElwtUSxffhFuHIm';

for (const [name, start] of Object.entries(servers)) {
  describe(`The responses of a metrics server by ${name}`, () => {
    it('have the golden headers for each path, method and format', async () => {
      golden.compare(`${name}.open.txt`, await answers(start, questions));
    });

    it('have the golden headers when credentials are required', async () => {
      const asked = [
        { path: '/metrics' },
        { path: '/metrics', headers: { Authorization: 'Negotiate abc' } },
        { path: '/metrics', headers: { Authorization: 'Bearer wrong' } },
        { path: '/metrics', headers: basic('ada:wrong') },
        { path: '/metrics', headers: basic('grace:golden') },
        { path: '/metrics', headers: { Authorization: 'Bearer good' } },
        { path: '/metrics', headers: basic('ada:golden') },
        { path: '/metrics', method: 'HEAD' },
        { path: '/' },
        { path: '/absent' },
        { path: '/-/healthy' },
        { path: '/-/ready' },
      ];
      const options = { basicAuthUsers: { ada: passwordHash }, bearerTokens: ['good'] };
      golden.compare(`${name}.credentials.txt`, await answers(start, asked, options));
    });

    it('have the golden headers when an address is refused', async () => {
      const asked = [{ path: '/metrics' }, { path: '/' }, { path: '/-/healthy' }];
      golden.compare(`${name}.addresses.txt`, await answers(start, asked, { allowedAddresses: ['10.0.0.1'] }));
    });

    it('have the golden headers past the rate limit', async () => {
      const asked = [{ path: '/metrics' }, { path: '/metrics' }, { path: '/-/ready' }];
      golden.compare(`${name}.rate.txt`, await answers(start, asked, { rateLimit: { interval: '1h', burst: 1 } }));
    });

    it('have the configured headers', async () => {
      const headers = { 'X-Frame-Options': 'sameorigin', 'Strict-Transport-Security': 'max-age=1' };
      const asked = [{ path: '/metrics' }, { path: '/' }, { path: '/absent' }];
      golden.compare(`${name}.configured.txt`, await answers(start, asked, { headers }));
    });

    it('have the golden headers when too many scrapes are in flight', async () => {
      const { scrapable, begun, release } = held();
      const server = await start(scrapable, { maxConcurrentScrapes: 1 });
      try {
        const first = once(send(server.port, { path: '/metrics' }), 'response');
        await begun;
        const busy = await exchange(server.port, { path: '/metrics' });
        release();
        const [response] = await first;
        await text(response);
        golden.compare(`${name}.busy.txt`, busy);
      } finally {
        await server.close();
      }
    });

    it('have the golden headers when the metrics cannot be collected', async () => {
      const failing: Scrapable = { exposedFamilies: () => Promise.reject(new Error('no metrics')) };
      const server = await start(failing, { endpointMetrics: false });
      try {
        const asked = [{ path: '/metrics' }, { path: '/metrics', method: 'HEAD' }, { path: '/' }];
        const exchanges = await Promise.all(asked.map((question) => exchange(server.port, question)));
        golden.compare(`${name}.failing.txt`, exchanges.join('\n'));
      } finally {
        await server.close();
      }
    });

    it('equal the golden bytes after a malformed request', async () => {
      const server = await start(recorded());
      const requests = [
        'hello\r\n\r\n',
        `GET /metrics HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
        'GET /-/healthy HTTP/1.0\r\n\r\n',
      ];
      try {
        const received = await Promise.all(requests.map((bytes) => answerTo(server.port, bytes)));
        const shown = received.map((bytes) => bytes.replaceAll(/Date: .*/g, 'Date: <date>').replaceAll('\r', ''));
        golden.compare(`${name}.bytes.txt`, shown.join('\n---\n'));
      } finally {
        await server.close();
      }
    });

    it('equal the golden bytes after the first scrape, in each format', async () => {
      for (const [format, accept] of Object.entries({
        text: 'text/plain',
        openmetrics: 'application/openmetrics-text',
      })) {
        const server = await start(recorded());
        try {
          const response = await fetch(`http://127.0.0.1:${server.port}/metrics`, { headers: { Accept: accept } });
          golden.compare(`first-scrape.${format}.txt`, await response.text());
        } finally {
          await server.close();
        }
      }
    });

    it('include the golden landing page', async () => {
      const server = await start(recorded());
      try {
        const html = await (await fetch(`http://127.0.0.1:${server.port}/`)).text();
        golden.compare('landing.html', html.replace(/flowplane-metrics \d+\.\d+\.\d+/, 'flowplane-metrics <version>'));
      } finally {
        await server.close();
      }
    });
  });
}

describe('The responses of a metrics server that drains', () => {
  it('have the golden headers', async () => {
    const server = await (servers['koa'] as Start)(recorded());
    const drained = server.drain?.();
    const exchanges: string[] = [];
    for (const path of ['/-/ready', '/-/healthy', '/', '/metrics'])
      exchanges.push(await exchange(server.port, { path }));
    await drained;
    golden.compare('draining.txt', exchanges.join('\n'));
  });
});

/** Requests of an application that is measured. */
const measured = [
  ['GET', '/users/1'],
  ['GET', '/users/2'],
  ['HEAD', '/users/1'],
  ['POST', '/users/1'],
  ['GET', '/absent'],
  ['PROPFIND', '/users/1'],
] as const;

describe('The responses of the Koa middleware', () => {
  it('have the golden headers', async () => {
    const application = new Koa();
    application.use(metricsMiddleware(recorded(), { path: '/metrics' }));
    const server = application.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    try {
      const exchanges: string[] = [];
      for (const question of questions.slice(0, 20)) exchanges.push(await exchange(port, question));
      golden.compare('middleware.txt', exchanges.join('\n'));
    } finally {
      server.close();
    }
  });

  for (const names of ['opentelemetry', 'express-prom-bundle'] as const) {
    it(`cause the golden measurements, by the names of ${names}`, async () => {
      const recorder = new PrometheusRecorder({ clock: () => 1 });
      const router = new Router();
      router.get('/users/:id', (context) => {
        context.body = 'Ada';
      });
      const application = new Koa();
      application.use(httpMetrics(recorder, { names, prefix: 'golden_' }));
      application.use(router.routes());
      const server = application.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as { port: number };
      for (const [method, path] of measured) await exchange(port, { method, path });
      // Why: a request is recorded when its connection is done with, which its client may know earlier.
      await once(server.close(), 'close');
      const { body } = await scrape(recorder, { method: 'GET' });
      golden.compare(`measured.${names}.txt`, await text(body));
    });
  }

  it('leave no golden file without a comparison', () => {
    golden.refuseLeftovers();
  });
});
