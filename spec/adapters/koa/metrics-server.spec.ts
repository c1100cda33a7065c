import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import Koa from 'koa';
import { MetricsServer, metricsMiddleware } from '../../../lib/adapters/koa/index.js';
import { defineCounter, PrometheusRecorder, type Scrapable } from '../../../lib/index.js';

const visits = defineCounter({ name: 'visits_total', help: 'Visits', labels: { page: {} } });

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** One request as a scraper makes it: nothing added, nothing decoded. */
async function ask(url: string, method = 'GET', headers: Record<string, string> = {}): Promise<Answer> {
  const sent = httpRequest(url, { method, headers, agent: false }).end();
  const [response] = await once(sent, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) };
}

describe('new MetricsServer(recorder)', () => {
  let recorder: PrometheusRecorder;
  let server: MetricsServer;
  let url: string;

  beforeEach(async () => {
    recorder = new PrometheusRecorder();
    recorder.counter(visits).inc({ page: 'start' });
    server = new MetricsServer(recorder, { port: 0 });
    ({ url } = await server.listen());
  });

  afterEach(() => server.close());

  it('listens on 127.0.0.1 and returns its address', async () => {
    const address = await server.listen();
    expect(address).to.deep.equal({ host: '127.0.0.1', port: address.port, url });
    expect(url).to.equal(`http://127.0.0.1:${address.port}/metrics`);
  });

  it('responds in the format that Accept requests, per request', async () => {
    const text = await ask(url);
    expect(text.status).to.equal(200);
    expect(text.headers).to.include({
      'content-type': 'text/plain; version=0.0.4; charset=utf-8',
      vary: 'Accept, Accept-Encoding',
    });
    expect(text.body.toString()).to.contain('# TYPE visits_total counter\nvisits_total{page="start"} 1\n');
    const openMetrics = await ask(url, 'GET', { Accept: 'application/openmetrics-text;version=1.0.0' });
    expect(openMetrics.headers['content-type']).to.equal('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(openMetrics.body.toString())
      .to.contain('# TYPE visits counter\n')
      .and.to.match(/# EOF\n$/);
    expect((await ask(url)).body.toString()).to.contain('# TYPE visits_total counter');
  });

  it('exposes the process metrics of prom-client beside its own, in both formats', async () => {
    for (const accept of ['text/plain', 'application/openmetrics-text']) {
      const { body } = await ask(url, 'GET', { Accept: accept });
      expect(body.toString())
        .to.match(/^process_cpu_user_seconds_total \d/m)
        .and.to.match(/^nodejs_version_info/m);
    }
  });

  it('exposes the process metrics once when the recorder has them already', async () => {
    const both = new MetricsServer(new PrometheusRecorder({ processMetrics: true }), { port: 0 });
    const { body } = await ask((await both.listen()).url);
    await both.close();
    expect(body.toString().match(/^# TYPE process_cpu_user_seconds_total /gm)).to.have.length(1);
  });

  it('compresses the response when the client accepts gzip', async () => {
    const { headers, body } = await ask(url, 'GET', { 'Accept-Encoding': 'gzip' });
    expect(headers['content-encoding']).to.equal('gzip');
    expect(gunzipSync(body).toString()).to.contain('visits_total{page="start"} 1');
  });

  it('answers HEAD as GET without the body', async () => {
    const [head, get] = [await ask(url, 'HEAD'), await ask(url)];
    expect(head.status).to.equal(200);
    for (const header of ['content-type', 'vary']) expect(head.headers[header]).to.equal(get.headers[header]);
    expect(head.body).to.have.length(0);
    expect(get.body.length).to.be.above(100);
  });

  it('answers other methods with 405 and Allow', async () => {
    const { status, headers } = await ask(url, 'POST');
    expect(status).to.equal(405);
    expect(headers['allow']).to.equal('GET, HEAD');
  });

  it('exposes only the families that name[] requests', async () => {
    const { body } = await ask(`${url}?name[]=visits_total&name[]=nodejs_version_info`);
    expect(body.toString().match(/^# TYPE \w+/gm)).to.deep.equal(['# TYPE visits_total', '# TYPE nodejs_version_info']);
  });

  it('answers 404 on every other path', async () => {
    for (const path of ['/else', '/METRICS', '/metrics/', '/-/Healthy', '/-/ready/']) {
      expect((await ask(url.replace('/metrics', path))).status, path).to.equal(404);
    }
  });

  it('answers 500 in one line when the families cannot be collected', async () => {
    const broken: Scrapable = {
      exposedFamilies: async () => {
        throw new Error('with a secret inside');
      },
    };
    const failing = new MetricsServer(broken, { port: 0 });
    const { status, body } = await ask((await failing.listen()).url);
    await failing.close();
    expect(status).to.equal(500);
    expect(body.toString()).to.equal('The metrics could not be collected.\n');
  });

  describe('close()', () => {
    it('waits for a running scrape', async () => {
      let finish = (): void => undefined;
      const asked = new Promise<void>((started) => {
        const slow: Scrapable = {
          exposedFamilies: () => {
            started();
            return new Promise((resolve) => {
              finish = () => resolve([]);
            });
          },
        };
        server = new MetricsServer(slow, { port: 0, processMetrics: false });
      });
      const answer = ask((await server.listen()).url);
      await asked;
      const closed = server.close();
      finish();
      expect((await answer).status).to.equal(200);
      await closed;
    });

    it('can be called twice, and frees the port', async () => {
      const { port } = await server.listen();
      await server.close();
      await server.close();
      const again = new MetricsServer(recorder, { port });
      await again.listen();
      await again.close();
    });
  });

  describe('with invalid options', () => {
    it('refuses a port that is in use, and names the option and Prometheus itself', async () => {
      const { port } = await server.listen();
      const error = await new MetricsServer(recorder, { port }).listen().catch((reason: unknown) => reason);
      expect(error).to.have.property('code', 'listen_failed');
      expect(error).to.have.property(
        'message',
        `MetricsServer: address "127.0.0.1:${port}" is taken (EADDRINUSE). Pass another "port" or set FLOWPLANE_METRICS_PORT; mind that Prometheus itself listens on 9090 by default.`,
      );
    });

    it('refuses a host that is not of this machine', async () => {
      const foreign = new MetricsServer(recorder, { port: 0, host: '192.0.2.1' });
      const error = await foreign.listen().catch((reason: unknown) => reason);
      expect(error).to.have.property('message').that.contains('set FLOWPLANE_METRICS_HOST');
    });

    it('refuses a port that is none, and unknown options', () => {
      const make = () => new MetricsServer(recorder, { port: 1.5, hots: 'x' } as never);
      expect(make).to.throw().with.property('problems').with.length(2);
    });
  });

  it('listens on the address in the environment, and lets the process exit', async () => {
    const script = `
      import { PrometheusRecorder } from 'flowplane-metrics';
      import { MetricsServer } from 'flowplane-metrics/koa';
      const server = new MetricsServer(new PrometheusRecorder());
      console.log((await server.listen()).url);`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      env: { ...process.env, FLOWPLANE_METRICS_HOST: '::1', FLOWPLANE_METRICS_PORT: '0' },
    });
    expect(stdout).to.match(/^http:\/\/\[::1\]:\d+\/metrics\n$/);
  });

  it('keeps the process running with the option keepAlive', async () => {
    const script = `
      import { PrometheusRecorder } from 'flowplane-metrics';
      import { MetricsServer } from 'flowplane-metrics/koa';
      const server = new MetricsServer(new PrometheusRecorder(), { port: 0, keepAlive: true });
      console.log((await server.listen()).url);`;
    const running = spawn(process.execPath, ['--input-type=module', '-e', script]);
    const [printed] = await once(running.stdout, 'data');
    expect((await ask(String(printed).trim())).status).to.equal(200);
    running.kill('SIGTERM');
    expect(await once(running, 'exit')).to.deep.equal([null, 'SIGTERM']);
  });
});

describe('metricsMiddleware(recorder)', () => {
  it('names the option "path" where it is called without options', () => {
    for (const options of [undefined, {}]) {
      expect(() => metricsMiddleware(new PrometheusRecorder(), options as never)).to.throw(
        'metricsMiddleware: "path" must be a path of "/", letters, digits and "-._~" that begins with "/" (given undefined). Write for example "/metrics".',
      );
    }
  });

  it('serves one path of an existing application, and leaves the others to it', async () => {
    const recorder = new PrometheusRecorder();
    recorder.counter(visits).inc({ page: 'start' });
    const application = new Koa();
    application.use(metricsMiddleware(recorder, { path: '/internal/metrics' }));
    application.use((context) => {
      context.body = 'the application';
    });
    const server = createServer(application.callback()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const metrics = await ask(`${origin}/internal/metrics`);
    const other = await ask(`${origin}/metrics`);
    server.close();
    expect(metrics.headers['content-type']).to.contain('version=0.0.4');
    expect(metrics.body.toString()).to.contain('visits_total{page="start"} 1');
    expect(other.body.toString()).to.equal('the application');
  });
});
