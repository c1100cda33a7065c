import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { MetricsServer } from '../../lib/adapters/koa/index.js';
import type { NamedResult } from '../../lib/cli/doctor/diagnosis.js';
import { defineCounter, PrometheusRecorder } from '../../lib/index.js';
import { needs } from '../needs.js';
import { PrometheusServer } from '../prometheus-server.js';
import { Certificates } from '../server/certificates.js';

const main = fileURLToPath(new URL('../../lib/cli/main.js', import.meta.url));

const requests = defineCounter({
  name: 'requests_total',
  help: 'Requests',
  labels: { path: {} },
  initial: [{ path: '/' }],
});

interface Diagnosis {
  readonly code: number;
  readonly printed: string;
  readonly complained: string;
}

/** Runs the real program. */
function doctor(...args: string[]): Promise<Diagnosis> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, 'doctor', '--wait', '0.1', ...args], (error, printed, complained) => {
      resolve({ code: error === null ? 0 : Number(error.code), printed, complained });
    });
  });
}

/** What each step found, by its name. */
async function steps(...args: string[]): Promise<Readonly<Record<string, NamedResult>>> {
  const { printed } = await doctor('--json', ...args);
  const { steps } = JSON.parse(printed) as { steps: NamedResult[] };
  return Object.fromEntries(steps.map((result) => [result.step, result]));
}

describe('flowplane-metrics doctor', function () {
  this.timeout(60_000);
  let stops: (() => Promise<void>)[];
  let recorder: PrometheusRecorder;

  beforeEach(() => {
    stops = [];
    recorder = new PrometheusRecorder({ onAdvice: () => undefined, onError: () => undefined });
    recorder.counter(requests).inc({ path: '/' });
  });

  const stop = () => Promise.all(stops.splice(0).map((stopOne) => stopOne()));

  afterEach(stop);

  async function serve(listener: RequestListener): Promise<string> {
    const server = createServer(listener).listen(0, '127.0.0.1');
    stops.push(async () => {
      server.close().closeAllConnections();
    });
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** A real exporter, which lets in those who have the token. */
  async function endpoint(token?: string): Promise<string> {
    const bearerTokens = token === undefined ? undefined : [token];
    const server = new MetricsServer(recorder, {
      port: 0,
      processMetrics: false,
      endpointMetrics: false,
      bearerTokens,
    });
    stops.push(() => server.close());
    return (await server.listen()).url;
  }

  /** A double of Grafana's HTTP API, as Grafana 12 documents it. */
  const grafana = (health: object, status = 200, date?: string) =>
    serve((request, response) => {
      if (date !== undefined) response.setHeader('Date', date);
      const answers: Readonly<Record<string, object>> = {
        '/api/health': { database: 'ok', version: '12.2.0', commit: 'x' },
        '/api/datasources': [
          { uid: 'loki', name: 'Logs', type: 'loki', url: 'http://loki' },
          { uid: 'p', name: 'Flowplane Prometheus', type: 'prometheus', url: 'http://127.0.0.1:9091' },
        ],
        '/api/datasources/uid/p/health': health,
      };
      response.statusCode = request.url === '/api/health' ? 200 : status;
      response.end(JSON.stringify(answers[request.url ?? ''] ?? {}));
    });

  it('reads no more than an exporter could have, however small it comes', async () => {
    const zeros = gzipSync(Buffer.alloc(2 ** 20));
    const url = await serve((_request, response) => {
      response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Encoding': 'gzip' });
      const more = (): void => {
        if (!response.destroyed) response.write(zeros, () => setImmediate(more));
      };
      more();
    });
    const { endpoint: found } = await steps('--metrics', url);
    expect(found).to.include({ status: 'problem' });
    expect(found?.detail).to.contain('more than 64 MiB');
  });

  it('knows http from https', async function () {
    needs(this, 'openssl');
    const made = new Certificates();
    try {
      const server = new MetricsServer(recorder, { port: 0, tls: made.signed('server', made.authority('authority')) });
      stops.push(() => server.close());
      const { url } = await server.listen();
      const { endpoint: found } = await steps('--metrics', url.replace('https', 'http'));
      expect(found).to.have.property('cause').that.contains('http against https');
    } finally {
      made.remove();
    }
  });

  describe('with a healthy stack', () => {
    let prometheus: PrometheusServer;
    let metrics: string;

    beforeEach(async function () {
      needs(this, 'prometheus');
      metrics = await endpoint();
      prometheus = await PrometheusServer.start(metrics);
      expect(await prometheus.until('requests_total', 1)).to.equal(1);
    });

    afterEach(() => prometheus?.stop());

    it('finds every step in order, and ends with 0', async () => {
      const moving = setInterval(() => recorder.counter(requests).inc({ path: '/' }), 5);
      try {
        const options = ['--metrics', metrics, '--prometheus', prometheus.url];
        const { code, printed } = await doctor(...options, '--grafana', await grafana({ status: 'OK', message: '' }));
        const lines = printed.trim().split('\n');
        expect(lines.map((line) => line.split(/ +/).slice(0, 2).join(' '))).to.deep.equal([
          'ok endpoint',
          'ok format',
          'ok families',
          'ok values',
          'ok losses',
          'ok cardinality',
          'ok prometheus',
          'ok target',
          'ok data',
          'ok grafana',
          'ok datasource',
          'ok clocks',
        ]);
        expect(printed).to.contain('1 of 1 series changed within 0.1 s');
        expect(code).to.equal(0);
      } finally {
        clearInterval(moving);
      }
    });

    it('says that Prometheus does not scrape the job', async () => {
      const { target, data } = await steps('--metrics', metrics, '--prometheus', prometheus.url, '--job', 'other');
      expect(target).to.deep.include({ status: 'problem' });
      expect(target?.detail).to.contain('nothing in the job "other" (jobs: flowplane)');
      expect(data).to.deep.include({ status: 'skipped', detail: 'needs "target"' });
    });

    it('says that the target is down, and why', async () => {
      await stop();
      expect(await prometheus.until('up', 0)).to.equal(0);
      const { endpoint, target } = await steps('--metrics', metrics, '--prometheus', prometheus.url);
      expect(endpoint).to.deep.include({ status: 'problem' });
      expect(target?.detail).to.match(/cannot scrape http:.*connection refused/);
    });
  });

  describe('with a Prometheus that', () => {
    let prometheus: PrometheusServer | undefined;

    beforeEach(function () {
      needs(this, 'prometheus');
    });

    afterEach(async () => {
      await prometheus?.stop();
      prometheus = undefined;
    });

    async function scraping(metrics: string, more = ''): Promise<string> {
      prometheus = await PrometheusServer.startIn(
        mkdtempSync(join(tmpdir(), 'prometheus-')),
        `scrape_configs: [{ job_name: flowplane, scrape_interval: 1s, static_configs: [{ targets: ['${new URL(metrics).host}'] }]${more} }]`,
      );
      await prometheus.until('count(up)', 1);
      return prometheus.url;
    }

    it('drops a family: says which', async () => {
      const metrics = await endpoint();
      const drop = ', metric_relabel_configs: [{ source_labels: [__name__], regex: requests_total, action: drop }]';
      const { target, data } = await steps('--metrics', metrics, '--prometheus', await scraping(metrics, drop));
      expect(target?.status).to.equal('ok');
      expect(data).to.deep.include({ status: 'problem', detail: 'Prometheus has no data of requests_total' });
    });

    it('has no credentials: says where they belong', async () => {
      const metrics = await endpoint('s3cret');
      const { target } = await steps('--metrics', metrics, '--prometheus', await scraping(metrics));
      expect(target).to.deep.include({
        status: 'problem',
        cause: 'credentials are missing or wrong',
        fix: 'Set them: authorization or basic_auth in the scrape_config.',
      });
    });

    it('refuses too many samples: says so', async () => {
      const metrics = await endpoint();
      const { target } = await steps(
        '--metrics',
        metrics,
        '--prometheus',
        await scraping(metrics, ', sample_limit: 2'),
      );
      expect(target).to.deep.include({ cause: 'a scrape has more samples than the scrape_config allows' });
    });
  });

  it('says that nothing listens at a wrong port, and skips what would need it', async () => {
    const url = await endpoint();
    await stop();
    const { endpoint: reached, format, cardinality } = await steps('--metrics', url);
    expect(reached).to.deep.include({
      status: 'problem',
      detail: `The endpoint cannot be reached at ${url} (ECONNREFUSED)`,
    });
    expect([format?.status, cardinality?.status]).to.deep.equal(['skipped', 'skipped']);
    const { code, printed } = await doctor('--metrics', url);
    expect(code).to.equal(1);
    expect(printed).to.match(
      /^problem endpoint .*\n +likely: nothing listens there.*\n +do: +Start it, or correct .*--metrics/,
    );
  });

  it('says that credentials are missing, and takes them', async () => {
    const url = await endpoint('s3cret');
    expect((await steps('--metrics', url))['endpoint']).to.deep.include({
      status: 'problem',
      cause: 'credentials are missing or wrong',
    });
    const given = await steps('--metrics', url, '--metrics-header', 'Authorization: Bearer s3cret');
    expect(given['endpoint']).to.deep.include({ status: 'ok' });
  });

  it('says that a page of another kind is no scrape', async () => {
    const url = await serve((_request, response) => response.setHeader('Content-Type', 'text/html').end('<h1>hi</h1>'));
    expect((await steps('--metrics', url))['format']?.detail).to.equal('The content type is "text/html"');
  });

  for (const [title, text, detail] of [
    ['a broken line', 'a 1\nb{c="d} 1\n', 'line 2 is neither a sample nor a comment: b{c="d} 1'],
    ['a broken value', 'a one\n', 'line 1 has a value that is no number: a one'],
    ['a series twice', 'a{b="c"} 1\na{b="c"} 2\n', 'line 2 repeats a series: a{b="c"} 2'],
    ['an unknown type', '# TYPE a number\n', 'line 1 has an unknown type: # TYPE a number'],
    ['a cut answer', 'a 1\nb 2', 'line 2 does not end: the response was cut off, or is no scrape'],
  ] as const) {
    it(`says where the format is broken: ${title}`, async () => {
      const url = await serve((_request, response) => response.setHeader('Content-Type', 'text/plain').end(text));
      expect((await steps('--metrics', url))['format']).to.deep.include({ status: 'problem', detail });
    });
  }

  it('says that a family is missing', async () => {
    const { families } = await steps('--metrics', await endpoint(), '--family', 'requests_total', '--family', 'gone');
    expect(families).to.deep.include({ status: 'problem', detail: 'gone is not exposed' });
  });

  it('says that all values are zero', async () => {
    recorder = new PrometheusRecorder();
    recorder.counter(requests);
    expect((await steps('--metrics', await endpoint()))['values']).to.deep.include({
      status: 'problem',
      detail: 'Every value is 0',
    });
  });

  it('says which label has exploded', async () => {
    for (let id = 0; id < 1500; id += 1) recorder.counter(requests).inc({ path: `/orders/${id}` });
    const { cardinality } = await steps('--metrics', await endpoint());
    expect(cardinality?.detail).to.match(
      /^requests_total has 1501 series \([\d.]+ KiB\), 1501 values of the label "path"$/,
    );
  });

  it('says what was dropped', async () => {
    recorder.counter(requests).inc({ path: '/' }, -1);
    const { losses } = await steps('--metrics', await endpoint());
    expect(losses?.detail).to.equal('Observations were dropped: requests_total: 1 (negative_step)');
  });

  it("says that Grafana's datasource is not healthy", async () => {
    const url = await grafana({ status: 'ERROR', message: 'connection refused' });
    const { datasource } = await steps('--metrics', await endpoint(), '--grafana', url);
    expect(datasource?.detail).to.contain('"Flowplane Prometheus" (http://127.0.0.1:9091) is not healthy: connection');
  });

  it('says that Grafana wants a token', async () => {
    const { datasource } = await steps('--metrics', await endpoint(), '--grafana', await grafana({}, 403));
    expect(datasource).to.deep.include({ status: 'problem', cause: 'credentials are missing or wrong' });
  });

  it('says whose clock is wrong', async () => {
    const date = new Date(Date.now() - 60_000).toUTCString();
    const { clocks } = await steps('--metrics', await endpoint(), '--grafana', await grafana({}, 200, date));
    expect(clocks?.detail).to.match(/^The clock of Grafana is \d+ s behind this machine's$/);
  });

  it('says that a Prometheus is none', async () => {
    const { prometheus } = await steps(
      '--metrics',
      await endpoint(),
      '--prometheus',
      await serve((_, r) => r.end('hi')),
    );
    expect(prometheus).to.deep.include({ status: 'problem', cause: 'this is not Prometheus' });
  });

  it('explains its options', async () => {
    const { code, printed } = await doctor('--help');
    expect(code).to.equal(0);
    expect(printed).to.contain('--prometheus URL').and.contain('Exit code: 0');
  });

  for (const [args, message] of [
    [['--metrics', 'localhost:9090'], '--metrics must be a URL with http:// or https:// (given "localhost:9090").'],
    [['--wait', '-1'], "Option '--wait' argument is ambiguous"],
    [['--max-series', 'many'], '--max-series must be a number, not negative (given "many").'],
    [['--metrics-header', 's3cret'], "--metrics-header must be 'Name: value'."],
    [['--prometheus', 'http://me:s3cret@127.0.0.1:1'], '--prometheus must be a URL without a user and a password.'],
    [['--fast'], "Unknown option '--fast'"],
  ] as const) {
    it(`ends with 2 for ${args.join(' ')}`, async () => {
      const { code, printed, complained } = await doctor(...args);
      expect([code, printed]).to.deep.equal([2, '']);
      expect(complained)
        .to.contain(message)
        .and.match(/^flowplane-metrics doctor: /);
      expect(complained).to.not.contain('s3cret');
    });
  }
});
