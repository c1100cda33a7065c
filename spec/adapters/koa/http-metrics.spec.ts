import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request as httpRequest, IncomingMessage, type Server, ServerResponse } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import Router, { type RouterMiddleware } from '@koa/router';
import { expect } from 'chai';
import Koa from 'koa';
import { type HttpMetricsOptions, httpMetrics, type RouteReader } from '../../../lib/adapters/koa/index.js';
import { defineCounter, MetricsError, NoopRecorder, PrometheusRecorder, scrape } from '../../../lib/index.js';
import { MemoryRecorder } from '../../../lib/testing/index.js';
import { needs } from '../../needs.js';
import { until } from '../../until.js';

const duration = 'http_server_request_duration_seconds';
const size = 'http_server_response_body_size_bytes';
const active = 'http_server_active_requests';

const labels = (method: string, route: string, status?: string) => ({
  http_request_method: method,
  http_route: route,
  ...(status === undefined ? {} : { http_response_status_code: status }),
});

/** Both ends of a connection. */
async function socketPair(): Promise<[client: Socket, server: Socket]> {
  const listening = createTcpServer().listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const client = connect((listening.address() as AddressInfo).port, '127.0.0.1');
  const [socket] = await once(listening, 'connection');
  listening.close();
  return [client, socket];
}

describe('httpMetrics(recorder)', () => {
  let recorder: MemoryRecorder;
  let application: Koa;
  let server: Server;
  let origin: string;

  beforeEach(() => {
    recorder = new MemoryRecorder({ strict: true });
    application = new Koa();
    application.silent = true;
  });

  afterEach(async () => {
    server.closeAllConnections?.(); // HTTP/2 has none
    await new Promise((closed) => server.close(closed));
  });

  /** Serves the application, measured, as its users see it. */
  async function serve(...middleware: RouterMiddleware[]): Promise<void> {
    await serveWith({}, ...middleware);
  }

  async function serveWith(options: HttpMetricsOptions, ...middleware: RouterMiddleware[]): Promise<void> {
    application.use(httpMetrics(recorder, options));
    for (const one of middleware) application.use(one);
    server = createServer(application.callback()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** One request, read to the end of its answer. */
  async function ask(path: string, method = 'GET'): Promise<{ status: number | undefined; body: Buffer }> {
    const [response] = await once(httpRequest(origin + path, { method, agent: false }).end(), 'response');
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk);
    return { status: response.statusCode, body: Buffer.concat(chunks) };
  }

  const count = (expected: ReturnType<typeof labels>): number | undefined =>
    recorder.value(`${duration}_count`, expected);

  /** Which requests were measured, each as often as it was. */
  const measured = () => recorder.series(`${duration}_count`);

  const nothingInFlight = (): void => {
    for (const { value } of recorder.series(active)) expect(value).to.equal(0);
  };

  /** The one request that was measured, once it is. */
  async function onlyMeasured(): Promise<unknown> {
    await until(() => measured().length > 0);
    nothingInFlight();
    expect(measured()).to.have.length(1);
    expect(measured()[0]?.value).to.equal(1);
    return measured()[0]?.labels;
  }

  describe('the route', () => {
    it('is the pattern that matched, whatever the path', async () => {
      const router = new Router().get('/teams/:team/clusters/:id', (context) => {
        context.body = context['params'];
      });
      await serve(router.routes());
      await ask('/teams/payments/clusters/1');
      await ask('/teams/checkout/clusters/2?token=secret');
      expect(measured()).to.deep.equal([{ labels: labels('GET', '/teams/:team/clusters/:id', '200'), value: 2 }]);
    });

    it('has what nested routers and prefixes put before it', async () => {
      const clusters = new Router({ prefix: '/clusters' }).get('/:id', (context) => {
        context.body = 'a cluster';
      });
      const teams = new Router({ prefix: '/teams/:team' });
      teams.use(clusters.routes());
      const api = new Router();
      api.use('/api', teams.routes());
      await serve(api.routes());
      expect((await ask('/api/teams/payments/clusters/7')).status).to.equal(200);
      expect(await onlyMeasured()).to.deep.equal(labels('GET', '/api/teams/:team/clusters/:id', '200'));
    });

    it('is that of the second router, where the first knows the path but not the method', async () => {
      const readers = new Router().get('/items/:id', () => undefined);
      const writers = new Router().put('/items/:key', (context) => {
        context.status = 204;
      });
      await serve(readers.routes(), writers.routes());
      await ask('/items/7', 'PUT');
      expect(await onlyMeasured()).to.deep.equal(labels('PUT', '/items/:key', '204'));
    });

    it('is the one that ran, of several that match', async () => {
      const router = new Router()
        .get('/teams/:team', (context) => {
          context.body = 'a team';
        })
        .get('/teams/new', () => undefined);
      await serve(router.routes());
      await ask('/teams/new');
      expect(await onlyMeasured()).to.deep.equal(labels('GET', '/teams/:team', '200'));
    });

    it('is the last that ran, where one goes on to the next', async () => {
      const router = new Router()
        .get('/teams/:team', (_context, next) => next())
        .get('/teams/new', (context) => {
          context.body = 'a form';
        })
        .get('/teams/{*rest}', () => undefined);
      await serve(router.routes());
      await ask('/teams/new');
      expect(await onlyMeasured()).to.deep.equal(labels('GET', '/teams/new', '200'));
    });

    it('is the route behind a middleware of the router that answers for it', async () => {
      const router = new Router();
      router.use((context) => context.throw(401));
      router.put('/teams/:name', () => undefined);
      router.get('/teams/:team', () => undefined);
      await serve(router.routes());
      await ask('/teams/payments');
      expect(await onlyMeasured()).to.deep.equal(labels('GET', '/teams/:team', '401'));
    });

    it('is one value for whatever matches none', async () => {
      await serve(new Router().get('/', () => undefined).routes());
      for (const path of ['/wp-login.php', '/.env', '/a%00b', '/unmatched']) await ask(path);
      expect(measured()).to.deep.equal([{ labels: labels('GET', 'unmatched', '404'), value: 4 }]);
    });

    it('is the text of a regular expression', async () => {
      await serve(
        new Router()
          .get(/^\/v(\d+)$/, (context) => {
            context.body = 'a version';
          })
          .routes(),
      );
      await ask('/v12');
      expect(await onlyMeasured()).to.deep.equal(labels('GET', String(/^\/v(\d+)$/), '200'));
    });

    it('is as it is read, without what its pattern escapes', async () => {
      await serve(
        new Router()
          .get('/v3/discovery\\:clusters', (context) => {
            context.body = 'clusters';
          })
          .routes(),
      );
      await ask('/v3/discovery:clusters');
      expect(await onlyMeasured()).to.deep.equal(labels('GET', '/v3/discovery:clusters', '200'));
    });
  });

  describe('the route that is read', () => {
    it('is what the reader makes of the context and of the pattern', async () => {
      const router = new Router().get('/teams/:team', (context) => {
        context['mountPath'] = '/api';
        context.body = 'a team';
      });
      const route: RouteReader = ({ mountPath = '' }, pattern) => pattern && `${mountPath}${pattern}`;
      await serveWith({ route }, router.routes());
      for (const path of ['/teams/payments', '/elsewhere']) await ask(path);
      expect(measured()).to.deep.equal([
        { labels: labels('GET', '/api/teams/:team', '200'), value: 1 },
        { labels: labels('GET', 'unmatched', '404'), value: 1 },
      ]);
    });

    it('is one of at most 500', async () => {
      await serveWith({ route: ({ req }) => req.url });
      for (let i = 0; i < 502; i++) await (await fetch(`${origin}/${i}`)).arrayBuffer();
      expect(measured()).to.have.length(501);
      expect(count(labels('GET', 'other', '404'))).to.equal(2);
    });

    it("is never an unhandled rejection of the application's", async () => {
      recorder = new MemoryRecorder();
      const unhandled: unknown[] = [];
      const listeners = process.listeners('unhandledRejection');
      process.removeAllListeners('unhandledRejection');
      process.on('unhandledRejection', (reason) => unhandled.push(reason));
      try {
        await serveWith({ route: () => Promise.reject(new Error('too late')) });
        await ask('/');
        await until(() => recorder.drops.length > 0);
        await new Promise(setImmediate);
      } finally {
        process.removeAllListeners('unhandledRejection');
        for (const listener of listeners) process.on('unhandledRejection', listener);
      }
      expect(unhandled).to.deep.equal([]);
    });

    for (const [reason, route] of [
      ['reader_threw', () => JSON.parse('{')],
      ['reader_promise', () => Promise.reject(new Error('too late'))],
      ['label_type', () => ['/teams']],
    ] as const) {
      it(`is counted as ${reason} where it is none, and the answer goes out`, async () => {
        recorder = new MemoryRecorder();
        await serveWith({ route }, (context) => {
          context.body = 'served';
        });
        expect((await ask('/')).body.toString()).to.equal('served');
        await until(() => recorder.drops.length > 0);
        expect(recorder.drops).to.deep.equal([
          { metric: duration, reason },
          { metric: size, reason },
        ]);
        expect(measured()).to.deep.equal([]);
        nothingInFlight();
      });
    }
  });

  describe('the method', () => {
    const team = () =>
      new Router().get('/teams/:team', (context) => {
        context.body = 'a team';
      });

    it('HEAD is told from GET, and has no body', async () => {
      await serve(team().routes());
      await ask('/teams/payments', 'HEAD');
      expect(await onlyMeasured()).to.deep.equal(labels('HEAD', '/teams/:team', '200'));
      expect(recorder.value(`${size}_sum`, labels('HEAD', '/teams/:team', '200'))).to.equal(0);
    });

    it('OPTIONS, and one that the route does not have, belong to the pattern of the path', async () => {
      const router = team();
      await serve(router.routes(), router.allowedMethods());
      await ask('/teams/payments', 'OPTIONS');
      await ask('/teams/payments', 'DELETE');
      expect(measured()).to.deep.equal([
        { labels: labels('OPTIONS', '/teams/:team', '200'), value: 1 },
        { labels: labels('DELETE', '/teams/:team', '405'), value: 1 },
      ]);
    });

    it('is _OTHER where it is not known', async () => {
      await serve(team().routes());
      await ask('/teams/payments', 'PROPFIND');
      await ask('/teams/payments', 'PURGE');
      expect(measured()).to.deep.equal([{ labels: labels('_OTHER', '/teams/:team', '404'), value: 2 }]);
      nothingInFlight();
    });

    it('is one that is said to be known', async () => {
      await serveWith({ methods: ['GET', 'PROPFIND'] });
      for (const method of ['PROPFIND', 'POST']) await ask('/', method);
      expect(measured().map(({ labels: { http_request_method } }) => http_request_method)).to.deep.equal([
        'PROPFIND',
        '_OTHER',
      ]);
    });
  });

  describe('a request that fails', () => {
    it('has the status that Koa gives to what was thrown, and the error goes on as it was', async () => {
      const thrown = new Error('no database');
      const heard: unknown[] = [];
      application.on('error', (error) => heard.push(error));
      const router = new Router().get('/broken', () => {
        throw thrown;
      });
      await serve(router.routes());
      const { status, body } = await ask('/broken');
      expect([status, body.toString()]).to.deep.equal([500, 'Internal Server Error']);
      expect(heard).to.deep.equal([thrown]);
      expect(await onlyMeasured()).to.deep.equal(labels('GET', '/broken', '500'));
    });

    it('has the status that the error brings', async () => {
      await serve((context) => context.throw(422, 'no'));
      await ask('/');
      expect(await onlyMeasured()).to.deep.equal(labels('GET', 'unmatched', '422'));
    });
  });

  describe('a client that goes away', () => {
    it('before the answer: no status, no size, nothing left in flight', async () => {
      let arrived = (): void => undefined;
      const isThere = new Promise<void>((resolve) => {
        arrived = resolve;
      });
      let finish = (): void => undefined;
      const handler = new Promise<void>((resolve) => {
        finish = resolve;
      });
      const router = new Router().get('/slow/:id', () => {
        arrived();
        return handler;
      });
      await serve(router.routes());
      const socket = connect(Number(new URL(origin).port), '127.0.0.1');
      socket.write('GET /slow/1 HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await isThere;
      expect(recorder.value(active, { http_request_method: 'GET' })).to.equal(1);
      socket.destroy();
      expect(await onlyMeasured()).to.deep.equal(labels('GET', '/slow/:id'));
      finish(); // and Koa answers into the void
      await handler;
      await new Promise(setImmediate);
      expect(await onlyMeasured()).to.deep.equal(labels('GET', '/slow/:id'));
      expect(recorder.series(`${size}_count`)).to.deep.equal([]);
    });

    it('in the middle of the answer: the status that it saw', async () => {
      await serve((context) => {
        context.body = Readable.from(
          (async function* () {
            for (;;) {
              yield Buffer.alloc(1000);
              await new Promise(setImmediate);
            }
          })(),
        );
      });
      const sent = httpRequest(origin, { agent: false }).end();
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      await once(response, 'data');
      response.destroy();
      expect(await onlyMeasured()).to.deep.equal(labels('GET', 'unmatched', '200'));
      expect(recorder.value(`${size}_sum`, labels('GET', 'unmatched', '200'))).to.be.at.least(1000);
    });

    it('before the middleware is reached: measured once all the same', async () => {
      let gone = (): void => undefined;
      const isGone = new Promise<void>((resolve) => {
        gone = resolve;
      });
      application.use(async (context, next) => {
        context.res.once('close', gone);
        await isGone;
        await next();
      });
      await serve();
      const socket = connect(Number(new URL(origin).port), '127.0.0.1');
      socket.end('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await once(socket, 'connect');
      socket.destroy();
      expect(await onlyMeasured()).to.deep.equal(labels('GET', 'unmatched'));
    });
  });

  describe('a streamed body', () => {
    it('is in flight until its last byte, and all of it is counted', async () => {
      const body = new Readable({ read: () => undefined });
      await serve((context) => {
        context.body = body;
      });
      body.push('first, ünd ');
      const sent = httpRequest(origin, { agent: false }).end();
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      await once(response, 'data');
      expect(recorder.value(active, { http_request_method: 'GET' })).to.equal(1);
      expect(measured()).to.deep.equal([]);
      body.push('last');
      body.push(null);
      response.resume();
      await once(response, 'end');
      expect(await onlyMeasured()).to.deep.equal(labels('GET', 'unmatched', '200'));
      expect(recorder.value(`${size}_sum`, labels('GET', 'unmatched', '200'))).to.equal(16);
    });

    it('that breaks is measured once', async () => {
      await serve((context) => {
        context.body = Readable.from(
          (async function* () {
            yield 'half';
            throw new Error('disk gone');
          })(),
        );
      });
      const broken = await ask('/').catch((error: Error) => error);
      expect(broken).to.be.an('error');
      expect(await onlyMeasured()).to.deep.equal(labels('GET', 'unmatched', '200'));
    });
  });

  it('counts the body of an answer, not its headers', async () => {
    const router = new Router()
      .get('/text', (context) => {
        context.body = 'ünïcode';
      })
      .get('/raw', (context) => {
        context.respond = false;
        context.res.write('6162', 'hex');
        context.res.end('c');
      })
      .get('/raw/:status', (context) => {
        context.respond = false;
        context.res.statusCode = Number(context['params']['status']);
        context.res.end('left out by Node');
      });
    await serve(router.routes());
    for (const path of ['/text', '/raw', '/raw/204', '/raw/304']) await ask(path);
    await ask('/raw/200', 'HEAD');
    const sizes = recorder.series(`${size}_sum`).map((one) => [one.labels['http_route'], one.value]);
    expect(sizes).to.deep.equal([
      ['/text', 9],
      ['/raw', 3],
      ['/raw/:status', 0],
      ['/raw/:status', 0],
      ['/raw/:status', 0],
    ]);
  });

  it('counts the same over HTTP/2', async () => {
    const router = new Router()
      .get('/ended/:n', (context) => {
        context.body = 'ünïcode';
      })
      .get('/streamed/:n', (context) => {
        context.body = Readable.from(['first ', 'and ', 'last']);
      });
    application.use(httpMetrics(recorder)).use(router.routes());
    const http2 = createHttp2Server(application.callback()).listen(0, '127.0.0.1');
    server = http2 as never;
    await once(http2, 'listening');
    const session = connectHttp2(`http://127.0.0.1:${(http2.address() as AddressInfo).port}`);
    for (const path of ['/ended/1', '/streamed/2']) await once(session.request({ ':path': path }).resume(), 'close');
    session.close();
    await once(session, 'close');
    await until(() => measured().length === 2);
    expect(measured()).to.deep.equal([
      { labels: labels('GET', '/ended/:n', '200'), value: 1 },
      { labels: labels('GET', '/streamed/:n', '200'), value: 1 },
    ]);
    expect(recorder.series(`${size}_sum`).map(({ value }) => value)).to.deep.equal([9, 14]);
    nothingInFlight();
  });

  it('measures an answer that no server of Node watches over, as serverless adapters have it', async () => {
    await serve((context) => {
      context.body = 'served';
    });
    const [client, socket] = await socketPair();
    const request = Object.assign(new IncomingMessage(socket), { method: 'GET', url: '/' });
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    application.callback()(request, response);
    await once(response, 'finish');
    expect(await onlyMeasured()).to.deep.equal(labels('GET', 'unmatched', '200'));
    socket.end();
    expect(await text(client)).to.match(/served$/);
  });

  it('passes promtool check metrics', async function () {
    needs(this, 'promtool');
    const prometheus = new PrometheusRecorder();
    application.use(httpMetrics(prometheus));
    await serve((context) => {
      context.body = 'served';
    });
    await ask('/');
    const { body } = await scrape(prometheus, { method: 'GET' });
    const { stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: await text(body) });
    expect(`${stdout}${stderr}`).to.equal('');
  });

  it('takes the time to the end of the answer, in seconds, into the buckets that OpenTelemetry advises', async () => {
    let seconds = 100;
    recorder = new MemoryRecorder({ strict: true, clock: () => seconds });
    await serve(async (context, next) => {
      await next();
      seconds += 0.3;
      context.body = 'late';
    });
    await ask('/');
    const found = labels('GET', 'unmatched', '200');
    expect(recorder.value(`${duration}_sum`, found)).to.be.closeTo(0.3, 1e-9);
    const bounds = recorder.series(`${duration}_bucket`).map(({ labels: { le } }) => Number(le));
    expect(bounds.slice(0, -1)).to.deep.equal([
      0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
    ]);
    expect(recorder.value(`${duration}_bucket`, { ...found, le: '0.25' })).to.equal(0);
    expect(recorder.value(`${duration}_bucket`, { ...found, le: '0.5' })).to.equal(1);
  });

  it('measures each request of a connection that is kept', async () => {
    await serve();
    for (let i = 0; i < 3; i++) await (await fetch(origin)).arrayBuffer();
    expect(count(labels('GET', 'unmatched', '404'))).to.equal(3);
    nothingInFlight();
  });

  it('does not mind that the gauge is cleared while a request is in flight', async () => {
    const gauge = { name: active } as never;
    await serve((context) => {
      recorder.clear(gauge);
      context.body = 'cleared';
    });
    await ask('/');
    await until(() => measured().length > 0);
    expect(recorder.series(active).filter(({ value }) => value < 0)).to.deep.equal([]);
  });

  it("answers in express-prom-bundle's names, with its buckets and its 499", async () => {
    const router = new Router().get('/teams/:team', (context) => {
      context.body = 'a team';
    });
    await serveWith({ names: 'express-prom-bundle' }, router.routes(), async (context) => {
      context.req.socket.destroy();
      await once(context.res, 'close');
    });
    await ask('/teams/payments');
    await ask('/away').catch(() => undefined);
    await until(() => recorder.series('http_request_duration_seconds_count').length === 2);
    expect(recorder.series('http_request_duration_seconds_count')).to.deep.equal([
      { labels: { status_code: '200', method: 'GET', path: '/teams/:team' }, value: 1 },
      { labels: { status_code: '499', method: 'GET', path: 'unmatched' }, value: 1 },
    ]);
    const found = recorder.series('http_request_duration_seconds_bucket').slice(0, 7);
    expect(found.map(({ labels: { le } }) => le)).to.deep.equal(['0.003', '0.03', '0.1', '0.3', '1.5', '10', '+Inf']);
    expect(recorder.families()).to.deep.equal(['http_request_duration_seconds', size, active]);
  });

  it('puts a prefix before every name', async () => {
    await serveWith({ prefix: 'api_', buckets: [1, 2] });
    expect(recorder.families()).to.deep.equal([`api_${duration}`, `api_${size}`, `api_${active}`]);
  });

  it('says nothing against the custom, and is in the first scrape', async () => {
    await serve();
    expect(recorder.advice).to.deep.equal([]);
    const prometheus = new PrometheusRecorder();
    httpMetrics(prometheus);
    const names = (await prometheus.exposedFamilies()).map(({ name }) => name);
    expect(names).to.include.members([duration, size, active]);
  });

  it('gives what the next middleware gives, to the one before', async () => {
    let given: unknown;
    application.use(async (_context, next) => {
      given = await next();
    });
    await serve(() => 'given');
    await ask('/');
    expect(given).to.equal('given');
  });

  it('leaves an application as it is whose recorder records nothing', async () => {
    application.use(httpMetrics(new NoopRecorder()));
    await serve((context) => {
      context.body = 'served';
    });
    expect((await ask('/')).body.toString()).to.equal('served');
  });
});

describe('httpMetrics() refuses', () => {
  const refused = (run: () => unknown): MetricsError => {
    try {
      run();
    } catch (error) {
      return error as MetricsError;
    }
    throw new Error('it did not');
  };

  it('options that are wrong, all at once', () => {
    const options = { names: 'otel', prefix: '1-', buckets: 5, methods: ['get it'], route: '/', path: '/x' } as never;
    const error = refused(() => httpMetrics(new NoopRecorder(), options));
    expect(error.problems.map(({ code, message }) => [code, message])).to.deep.equal([
      [
        'unknown_option',
        'option "path" is unknown (known: names, prefix, buckets, methods, route). Correct or remove it.',
      ],
      [
        'illegal_option',
        '"names" must be one of "opentelemetry", "express-prom-bundle" (given "otel"). Leave it out for OpenTelemetry\'s.',
      ],
      [
        'illegal_option',
        '"prefix" must begin a metric name (letters, digits, "_" and ":", no digit first) (given "1-"). Write for example "public_api_".',
      ],
      ['illegal_option', '"buckets" must be a list of numbers (given 5). Write [0.1, 1, 10].'],
      [
        'illegal_option',
        '"methods" must be a list of HTTP methods (given ["get it"]). Write for example ["GET", "PROPFIND"].',
      ],
      ['illegal_option', '"route" must be a function (given "/"). Leave it out for @koa/router\'s pattern.'],
    ]);
  });

  it('buckets that do not ascend', () => {
    const error = refused(() => httpMetrics(new NoopRecorder(), { buckets: [2, 1] }));
    expect(error.message).to.contain('"buckets" must be finite and ascending (given 1 at position 2 of [2, 1])');
  });

  it('options that are none, and a recorder that is none', () => {
    expect(refused(() => httpMetrics(new NoopRecorder(), 'api_' as never)).message).to.equal(
      'httpMetrics: the options must be an object (given "api_"). Leave them out, or write { … }.',
    );
    expect(refused(() => httpMetrics(undefined as never)).message).to.equal(
      'httpMetrics: "recorder" must be a recorder (given undefined). Write httpMetrics(new PrometheusRecorder()).',
    );
  });

  it('a recorder where one of the names is taken', () => {
    const recorder = new PrometheusRecorder();
    recorder.open(defineCounter({ name: duration, help: 'Something else', advice: false }));
    expect(refused(() => httpMetrics(recorder)).code).to.equal('family_clash');
    httpMetrics(new PrometheusRecorder());
  });
});
