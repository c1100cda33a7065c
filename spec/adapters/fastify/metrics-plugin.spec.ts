import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { expect } from 'chai';
import Fastify, { type FastifyInstance } from 'fastify';
import { type MetricsPluginOptions, metricsPlugin } from '../../../lib/adapters/fastify/index.js';
import { PrometheusRecorder, scrape } from '../../../lib/index.js';
import { active, duration, size } from '../../http/measured-application.js';
import { until } from '../../until.js';

describe('metricsPlugin for Fastify', () => {
  let recorder: PrometheusRecorder;
  let application: FastifyInstance;

  beforeEach(() => {
    recorder = new PrometheusRecorder();
    application = Fastify();
  });

  afterEach(() => application.close());

  /** Serves the application, with the metrics before these routes. */
  async function serve(addRoutes: (application: FastifyInstance) => unknown, options?: MetricsPluginOptions) {
    await application.register(metricsPlugin(recorder, options));
    await addRoutes(application);
    await application.listen({ port: 0, host: '127.0.0.1' });
  }

  const origin = () => `http://127.0.0.1:${(application.server.address() as AddressInfo).port}`;

  async function ask(path: string, init: RequestInit = {}) {
    const response = await fetch(origin() + path, { ...init, headers: { connection: 'close', ...init.headers } });
    return { status: response.status, headers: response.headers, text: await response.text() };
  }

  async function text(): Promise<string> {
    let body = '';
    for await (const chunk of (await scrape(recorder, { method: 'GET' })).body) body += Buffer.from(chunk);
    return body;
  }

  /** The lines of a metric, once no request is in flight. */
  async function lines(metric: string): Promise<string[]> {
    let all: string[] = [];
    await until(async () => {
      all = (await text()).split('\n');
      return all.filter((line) => line.startsWith(`${active}{`)).every((line) => line.endsWith(' 0'));
    });
    return all.filter((line) => line.startsWith(metric)).map((line) => line.slice(metric.length));
  }

  it('records requests by method, matched pattern and status, in nested plugins too, and never by path', async () => {
    await serve((app) => {
      app.get('/teams/:team', async () => 'a team');
      app.register(
        async (child) => {
          child.get('/users/:id', async () => 'a user');
        },
        { prefix: '/tenants/:tenant' },
      );
    });
    for (const path of ['/teams/a', '/teams/b?x=1', '/tenants/1/users/2', '/tenants/3/users/4']) await ask(path);
    const counted = await lines(`${duration}_count`);
    expect(counted).to.have.length(2);
    expect(counted[0]).to.match(/^\{.*http_route="\/teams\/:team".*\} 2$/);
    expect(counted[1]).to.match(/^\{.*http_route="\/tenants\/:tenant\/users\/:id".*\} 2$/);
  });

  it('makes one series of all paths that match no route, also where an own handler answers them', async () => {
    await serve((app) => {
      app.setNotFoundHandler((_request, reply) => reply.code(404).send('nothing here'));
      app.register(
        async (child) => {
          child.setNotFoundHandler((_request, reply) => reply.code(404).send('nothing in this part'));
        },
        { prefix: '/part' },
      );
    });
    for (const path of ['/a', '/b', '/part/c', '/part/d']) expect((await ask(path)).status).to.equal(404);
    const counted = await lines(`${duration}_count`);
    expect(counted).to.have.length(1);
    expect(counted[0])
      .to.match(/_status_code="404"\} 4$/)
      .and.not.match(/http_route="[/]/);
  });

  it('records the status that an error handler gives', async () => {
    await serve((app) => {
      app.setErrorHandler((_error, _request, reply) => reply.code(418).send('short and stout'));
      app.get('/pots/:id', async () => {
        throw new Error('no coffee');
      });
    });
    expect((await ask('/pots/1')).status).to.equal(418);
    expect((await lines(`${duration}_count`))[0]).to.match(/http_route="\/pots\/:id".*status_code="418"\} 1$/);
  });

  it('counts the bytes of a streamed reply, and leaves its text as it is', async () => {
    await serve((app) => app.get('/stream', (_request, reply) => reply.send(Readable.from(['one ', 'two ', 'three']))));
    expect((await ask('/stream')).text).to.equal('one two three');
    expect((await lines(`${size}_sum`))[0]).to.match(/\} 13$/);
  });

  it('records a hijacked reply when its last byte is sent', async () => {
    await serve((app) =>
      app.get('/raw/:id', (_request, reply) => {
        reply.hijack();
        reply.raw.writeHead(202);
        reply.raw.write('half, ');
        setImmediate(() => reply.raw.end('whole'));
      }),
    );
    expect((await ask('/raw/7')).text).to.equal('half, whole');
    expect((await lines(`${duration}_count`))[0]).to.match(/http_route="\/raw\/:id".*status_code="202"\} 1$/);
    expect((await lines(`${size}_sum`))[0]).to.match(/\} 11$/);
  });

  it('records a request whose client goes away before the answer, and has none in flight afterwards', async () => {
    let isAsked = false;
    await serve((app) =>
      app.get('/slow', (_request, reply) => {
        isAsked = true;
        reply.hijack();
      }),
    );
    const request = httpRequest(`${origin()}/slow`, { agent: false }).end();
    request.on('error', () => undefined);
    await until(() => isAsked);
    request.destroy();
    await until(() => request.closed);
    expect(await lines(`${duration}_count`)).to.have.length(1);
  });

  it('serves the metrics where "path" is given, by the hooks of the application, and does not measure that', async () => {
    await serve(
      (app) => {
        app.addHook('onSend', async (_request, reply) => {
          reply.header('x-frame-options', 'deny');
        });
        app.get('/', async () => 'hello');
      },
      { path: '/metrics' },
    );
    await ask('/');
    await lines(duration);
    const { status, headers, text: body } = await ask('/metrics');
    expect(status).to.equal(200);
    expect(headers.get('content-type')).to.equal('text/plain; version=0.0.4; charset=utf-8');
    expect(headers.get('x-frame-options')).to.equal('deny');
    expect(body).to.contain(`${duration}_count{`).and.not.contain('http_route="/metrics"');
    const open = await ask('/metrics?name[]=nothing', { headers: { accept: 'application/openmetrics-text' } });
    expect(open.text).to.equal('# EOF\n');
    expect(await ask('/metrics', { method: 'HEAD' })).to.include({ status: 200, text: '' });
    expect(await ask('/metrics', { method: 'POST' })).to.include({ status: 404 });
    expect(await lines(`${duration}_count`)).to.have.length(2);
  });

  it('opens no path where none is given', async () => {
    await serve(() => undefined);
    expect((await ask('/metrics')).status).to.equal(404);
  });

  it('measures what light-my-request injects', async () => {
    await application.register(metricsPlugin(recorder));
    application.get('/teams/:team', async () => 'a team');
    expect((await application.inject('/teams/a')).body).to.equal('a team');
    expect((await lines(`${duration}_count`))[0]).to.match(/http_route="\/teams\/:team".*status_code="200"\} 1$/);
  });

  it('refuses wrong options, a wrong path and a wrong recorder at the start, by name', () => {
    expect(() => metricsPlugin(recorder, { path: 'metrics' })).to.throw(
      'metricsPlugin: "path" must be a path of "/", letters, digits and "-._~" that begins with "/" (given "metrics"). ' +
        'Write for example "/metrics", or leave it out to open no path.',
    );
    for (const path of ['/metrics/:id', '/metrics(x)', '/{metrics}', '//', '/', '/métriques']) {
      expect(() => metricsPlugin(recorder, { path })).to.throw('metricsPlugin: "path" must be a path of "/", letters');
    }
    expect(() => metricsPlugin(recorder, { pth: '/metrics' } as never)).to.throw(
      'metricsPlugin: option "pth" is unknown',
    );
    expect(() => metricsPlugin(undefined as never)).to.throw(
      'metricsPlugin: "recorder" must be a MetricsRecorder (given undefined). Write metricsPlugin(new PrometheusRecorder()), and hand over what that returns.',
    );
  });

  it('refuses its own options where register() is given them, as they would do nothing there', async () => {
    application.register(metricsPlugin(recorder), { path: '/metrics', unmatchedRoute: 'none' });
    const told = await application.ready().then(
      () => 'ready',
      (error: Error) => error.message,
    );
    expect(told).to.equal(
      'metricsPlugin: 2 problems.\n' +
        '  - "unmatchedRoute" must be an option of metricsPlugin() (given "none" to register()). Write register(metricsPlugin(recorder, { unmatchedRoute })), or leave it out.\n' +
        '  - "path" must be an option of metricsPlugin() (given "/metrics" to register()). Write register(metricsPlugin(recorder, { path })), or leave it out.',
    );
  });

  it('leaves the options of register() and of a loader of plugins to those', async () => {
    application.register(metricsPlugin(recorder), { prefix: '/part', logLevel: 'warn', database: 'db1' });
    application.register(metricsPlugin(new PrometheusRecorder()), () => ({ prefix: '/other' }));
    application.get('/teams/:team', async () => 'a team');
    expect((await application.inject('/teams/a')).body).to.equal('a team');
    expect(await lines(`${duration}_count`)).to.have.length(1);
  });
});
