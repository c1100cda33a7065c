import { once } from 'node:events';
import { createServer, request as httpRequest, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import Router from '@koa/router';
import { expect } from 'chai';
import Koa from 'koa';
import { type HttpMetricsOptions, httpMetrics } from '../../../lib/adapters/koa/index.js';
import { PrometheusRecorder } from '../../../lib/index.js';
import { MemoryRecorder } from '../../../lib/testing/index.js';
import { until } from '../../until.js';

/** The labels of one exchange, under OpenTelemetry's names. */
const labels = (method: string, route: string | undefined, status: number | undefined) => ({
  http_request_method: method,
  ...(route !== undefined && { http_route: route }),
  ...(status !== undefined && { http_response_status_code: String(status) }),
});

const duration = 'http_server_request_duration_seconds';
const size = 'http_server_response_body_size_bytes';
const active = 'http_server_active_requests';

describe('httpMetrics(recorder)', () => {
  let recorder: MemoryRecorder;
  let server: Server;
  let port: number;
  /** Ends the answers that wait. */
  let release: () => void;

  const serve = async (options?: HttpMetricsOptions): Promise<void> => {
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const app = new Koa();
    app.silent = true;
    app.use(httpMetrics(recorder, options));
    const teams = new Router({ prefix: '/:team' });
    teams.get('/clusters/:name', (context) => {
      context.body = context.params['name'];
    });
    const router = new Router();
    router.get('/users/:id', (context) => {
      context.body = { id: context.params['id'] };
    });
    router.post('/users/:id', (context) => {
      context.status = 201;
    });
    router.get('/throws', () => {
      throw new Error('inside');
    });
    router.get('/refuses', (context) => context.throw(403, 'no'));
    router.get('/empty', (context) => {
      context.status = 204;
    });
    router.get('/streams', (context) => {
      context.body = Readable.from(['ten bytes.', 'ten bytes.', 'ünï']);
    });
    router.get('/breaks', (context) => {
      context.body = new Readable({
        read() {
          this.push('some');
          setImmediate(() => this.destroy(new Error('broken')));
        },
      });
    });
    router.get('/waits', async (context) => {
      await released;
      context.body = 'at last';
    });
    router.get('/raw', (context) => {
      context.respond = false;
      context.res.writeHead(200).end(gzipSync('raw'));
    });
    router.get('/v3/discovery\\:clusters', (context) => {
      context.body = 'escaped';
    });
    router.get(/^\/pattern\/\d+$/, (context) => {
      context.body = 'pattern';
    });
    router.use('/teams', teams.routes(), teams.allowedMethods());
    app.use(router.routes()).use(router.allowedMethods());
    server = createServer(app.callback()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  };

  /** One request, answered in full; the body's length. */
  const ask = async (path: string, method = 'GET'): Promise<number> => {
    const sent = httpRequest({ port, host: '127.0.0.1', path, method, agent: false }).end();
    const [response] = await once(sent, 'response');
    let length = 0;
    for await (const chunk of response) length += chunk.length;
    return length;
  };

  /** How many exchanges with these labels were timed, once there is one. */
  const timed = async (method: string, route: string | undefined, status: number | undefined): Promise<number> => {
    const count = () => recorder.value(`${duration}_count`, labels(method, route, status)) ?? 0;
    await until(() => count() > 0);
    return count();
  };

  beforeEach(async () => {
    recorder = new MemoryRecorder({ strict: true });
    await serve();
  });

  afterEach(async () => {
    release();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
    expect(recorder.advice).to.deep.equal([]);
  });

  it('times a request by method, route pattern and status, never by path', async () => {
    for (const id of ['1', '2', '3']) await ask(`/users/${id}?secret=${id}`);
    await ask('/users/4', 'POST');
    expect(await timed('GET', '/users/:id', 200)).to.equal(3);
    expect(await timed('POST', '/users/:id', 201)).to.equal(1);
    expect(recorder.value(`${duration}_sum`, labels('GET', '/users/:id', 200))).to.be.above(0);
  });

  it('knows the whole pattern of nested routers, of regular expressions, and what a pattern escapes', async () => {
    await ask('/teams/payments/clusters/a');
    await ask('/v3/discovery:clusters');
    await ask('/pattern/7');
    expect(await timed('GET', '/teams/:team/clusters/:name', 200)).to.equal(1);
    expect(await timed('GET', '/v3/discovery:clusters', 200)).to.equal(1);
    expect(await timed('GET', String(/^\/pattern\/\d+$/), 200)).to.equal(1);
  });

  it('has one value for whatever matches no route', async () => {
    for (const path of ['/', '/wp-admin', '/%00', '/users/1/2/3']) await ask(path);
    expect(await timed('GET', undefined, 404)).to.equal(4);
  });

  it('knows errors by the status that they are answered with', async () => {
    await ask('/throws');
    await ask('/refuses');
    expect(await timed('GET', '/throws', 500)).to.equal(1);
    expect(await timed('GET', '/refuses', 403)).to.equal(1);
  });

  it('knows HEAD, which has no body, OPTIONS, and a method that a route does not have', async () => {
    await ask('/users/1', 'HEAD');
    await ask('/users/1', 'OPTIONS');
    await ask('/users/1', 'DELETE');
    expect(await timed('HEAD', '/users/:id', 200)).to.equal(1);
    expect(await timed('OPTIONS', '/users/:id', 200)).to.equal(1);
    expect(await timed('DELETE', '/users/:id', 405)).to.equal(1);
    expect(recorder.value(`${size}_sum`, labels('HEAD', '/users/:id', 200))).to.equal(0);
  });

  it('calls a method that nobody knows _OTHER', async () => {
    for (const method of ['PROPFIND', 'MKCOL']) await ask('/users/1', method);
    expect(await timed('_OTHER', '/users/:id', 501)).to.equal(2);
  });

  it('measures the bytes that were sent: of texts, objects, streams, and of what answers by itself', async () => {
    for (const path of ['/users/1', '/streams', '/empty', '/raw']) {
      const length = await ask(path);
      const route = path.replace('/1', '/:id');
      const status = path === '/empty' ? 204 : 200;
      await timed('GET', route, status);
      expect(recorder.value(`${size}_sum`, labels('GET', route, status)), path).to.equal(length);
    }
    expect(recorder.value(`${size}_sum`, labels('GET', '/streams', 200))).to.equal(25);
  });

  it('counts what is under way, until the last byte is sent', async () => {
    const waiting = [ask('/waits'), ask('/waits')];
    await until(() => recorder.value(active, { http_request_method: 'GET' }) === 2);
    release();
    await Promise.all(waiting);
    await until(() => recorder.value(active, { http_request_method: 'GET' }) === 0);
    expect(await timed('GET', '/waits', 200)).to.equal(2);
  });

  it('knows who was gone before an answer: there is no status then', async () => {
    const socket = connect(port, '127.0.0.1');
    socket.write('GET /waits HTTP/1.1\r\nHost: x\r\n\r\n');
    await until(() => recorder.value(active, { http_request_method: 'GET' }) === 1);
    socket.destroy();
    expect(await timed('GET', '/waits', undefined)).to.equal(1);
    expect(recorder.value(active, { http_request_method: 'GET' })).to.equal(0);
  });

  it('knows a body that breaks off by the status that it began with', async () => {
    await ask('/breaks').catch(() => undefined);
    expect(await timed('GET', '/breaks', 200)).to.equal(1);
    expect(recorder.value(active, { http_request_method: 'GET' })).to.equal(0);
  });

  it('counts each of many requests on one connection', async () => {
    const socket = connect(port, '127.0.0.1');
    const request = 'GET /users/1 HTTP/1.1\r\nHost: x\r\n\r\n';
    socket.write(request.repeat(100));
    const count = () => recorder.value(`${duration}_count`, labels('GET', '/users/:id', 200));
    await until(() => count() === 100);
    socket.destroy();
  });

  it('has the names of express-prom-bundle for those who migrate', async () => {
    release();
    server.close();
    recorder = new MemoryRecorder({ strict: true });
    await serve({ names: 'express-prom-bundle' });
    await ask('/users/1');
    const bundled = { status_code: '200', method: 'GET', path: '/users/:id' };
    await until(() => recorder.value('http_request_duration_seconds_count', bundled) === 1);
    expect(recorder.families()).to.include.members([size, active]).and.not.include(duration);
    const bounds = recorder.series('http_request_duration_seconds_bucket').map(({ labels: { le } }) => le);
    expect(bounds).to.deep.equal(['0.003', '0.03', '0.1', '0.3', '1.5', '10', '+Inf']);
  });

  it("has OpenTelemetry's boundaries", async () => {
    await ask('/users/1');
    await timed('GET', '/users/:id', 200);
    const bounds = recorder
      .series(`${duration}_bucket`)
      .map(({ labels: { le } }) => Number(le?.replace('+Inf', 'Infinity')));
    expect(bounds).to.deep.equal([0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, Infinity]);
  });

  it('leaves the application as it was: its answers, its errors, what the next middleware gives', async () => {
    const middleware = httpMetrics(recorder);
    const response = { once: () => undefined, write() {}, end() {} };
    const context = { method: 'GET', req: {}, res: response } as never;
    const fault = new Error('inside');
    expect(await middleware(context, async () => 'given')).to.equal('given');
    const reason = await middleware(context, () => Promise.reject(fault)).catch((error: unknown) => error);
    expect(reason).to.equal(fault);
  });

  it('refuses what is no option, and a name that another family has', () => {
    expect(() => httpMetrics(recorder, { names: 'mine' as never })).to.throw(
      'httpMetrics: "names" must be one of opentelemetry, express-prom-bundle (given "mine")',
    );
    expect(() => httpMetrics(recorder, { buckets: [1] } as never)).to.throw('option "buckets" is unknown');
    const other = new PrometheusRecorder();
    httpMetrics(other);
    expect(() => httpMetrics(other)).to.not.throw();
  });
});
