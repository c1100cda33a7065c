import { once } from 'node:events';
import { request as httpRequest, IncomingMessage, ServerResponse } from 'node:http';
import { connect as connectHttp2, constants, createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo, connect, createServer as createTcpServer, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import Router from '@koa/router';
import { expect } from 'chai';
import { httpMetrics } from '../../lib/adapters/koa/index.js';
import { NoopRecorder } from '../../lib/index.js';
import { MemoryRecorder } from '../../lib/testing/index.js';
import { until } from '../until.js';
import { active, duration, labels, MeasuredApplication, size } from './measured-application.js';

/** Both ends of a connection. */
async function socketPair(): Promise<[client: Socket, server: Socket]> {
  const listening = createTcpServer().listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const client = connect((listening.address() as AddressInfo).port, '127.0.0.1');
  const [socket] = await once(listening, 'connection');
  listening.close();
  return [client, socket];
}

describe('HttpExchanges', () => {
  let app: MeasuredApplication;

  beforeEach(() => {
    app = new MeasuredApplication();
  });

  afterEach(() => app.close());

  describe('with a request that fails', () => {
    it('records the status that Koa gives to a thrown error, and passes the error on', async () => {
      const thrown = new Error('no database');
      const heard: unknown[] = [];
      app.koa.on('error', (error) => heard.push(error));
      const router = new Router().get('/broken', () => {
        throw thrown;
      });
      await app.serve(router.routes());
      const { status, body } = await app.ask('/broken');
      expect([status, body]).to.deep.equal([500, 'Internal Server Error']);
      expect(heard).to.deep.equal([thrown]);
      expect(await app.onlyMeasured()).to.deep.equal(labels('GET', '/broken', '500', '500'));
    });

    it('records the status of the error', async () => {
      await app.serve((context) => context.throw(422, 'no'));
      await app.ask('/');
      expect(await app.onlyMeasured()).to.deep.equal(labels('GET', '', '422'));
    });
  });

  describe('with a client that disconnects', () => {
    it('records no status and no size when it disconnects before the response', async () => {
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
      await app.serve(router.routes());
      const socket = connect(app.port, '127.0.0.1');
      socket.write('GET /slow/1 HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await isThere;
      expect(app.inFlight).to.equal(1);
      socket.destroy();
      expect(await app.onlyMeasured()).to.deep.equal(labels('GET', '/slow/:id'));
      finish(); // and Koa answers into the void
      await handler;
      await new Promise(setImmediate);
      expect(await app.onlyMeasured()).to.deep.equal(labels('GET', '/slow/:id'));
      expect(app.recorder.series(`${size}_count`)).to.deep.equal([]);
    });

    it('records the status that was sent when it disconnects during the response', async () => {
      await app.serve((context) => {
        context.body = Readable.from(
          (async function* () {
            for (;;) {
              yield Buffer.alloc(1000);
              await new Promise(setImmediate);
            }
          })(),
        );
      });
      const sent = httpRequest(app.origin, { agent: false }).end();
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      await once(response, 'data');
      response.destroy();
      const found = labels('GET', '', '200', 'aborted');
      expect(await app.onlyMeasured()).to.deep.equal(found);
      expect(app.recorder.value(`${size}_sum`, found)).to.be.at.least(1000);
    });

    it('records the request once when it disconnects before the middleware runs', async () => {
      let gone = (): void => undefined;
      const isGone = new Promise<void>((resolve) => {
        gone = resolve;
      });
      app.koa.use(async (context, next) => {
        context.res.once('close', gone);
        await isGone;
        await next();
      });
      await app.serve();
      const socket = connect(app.port, '127.0.0.1');
      socket.end('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await once(socket, 'connect');
      socket.destroy();
      expect(await app.onlyMeasured()).to.deep.equal(labels('GET', ''));
    });
  });

  describe('with a streamed body', () => {
    it('counts the request as in flight until the last byte, and all bytes of the body', async () => {
      const body = new Readable({ read: () => undefined });
      await app.serve((context) => {
        context.body = body;
      });
      body.push('first, ünd ');
      const sent = httpRequest(app.origin, { agent: false }).end();
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      await once(response, 'data');
      expect(app.inFlight).to.equal(1);
      expect(app.measured).to.deep.equal([]);
      body.push('last');
      body.push(null);
      response.resume();
      await once(response, 'end');
      expect(await app.onlyMeasured()).to.deep.equal(labels('GET', '', '200'));
      expect(app.recorder.value(`${size}_sum`, labels('GET', '', '200'))).to.equal(16);
    });

    it('records the request once when the stream fails', async () => {
      await app.serve((context) => {
        context.body = Readable.from(
          (async function* () {
            yield 'half';
            throw new Error('disk gone');
          })(),
        );
      });
      const broken = await app.ask('/').catch((error: Error) => error);
      expect(broken).to.be.an('error');
      expect(await app.onlyMeasured()).to.deep.equal(labels('GET', '', '200', 'aborted'));
    });
  });

  it('records a response without a server of Node, as serverless adapters create it', async () => {
    await app.serve((context) => {
      context.body = 'served';
    });
    const [client, socket] = await socketPair();
    const request = Object.assign(new IncomingMessage(socket), { method: 'GET', url: '/' });
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket);
    app.koa.callback()(request, response);
    await once(response, 'finish');
    const found = app.measured;
    socket.end();
    expect(found).to.deep.equal([{ labels: labels('GET', '', '200'), value: 1 }]);
    expect(await text(client)).to.match(/served$/);
  });

  it('records each request of a kept connection', async () => {
    await app.serve();
    for (let i = 0; i < 3; i++) await (await fetch(app.origin)).arrayBuffer();
    await until(() => app.inFlight === 0);
    expect(app.recorder.value(`${duration}_count`, labels('GET', '', '404'))).to.equal(3);
    expect(app.inFlight).to.equal(0);
  });

  it('records pipelined requests on a connection that was lost', async () => {
    const [arrived, sent] = [12, 'GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n'];
    const never = new Promise<void>(() => undefined);
    await app.serve(() => never);
    const warnings: Error[] = [];
    const hear = (warning: Error): void => void warnings.push(warning);
    process.on('warning', hear);
    const socket = connect(app.port, '127.0.0.1');
    socket.write(sent.repeat(arrived));
    await until(() => app.inFlight === arrived);
    socket.destroy();
    await until(() => app.inFlight === 0);
    process.off('warning', hear);
    expect(app.measured).to.deep.equal([{ labels: labels('GET', ''), value: arrived }]);
    expect(warnings).to.deep.equal([]);
  });

  it('records no status where the answer waited for an earlier one when the connection was lost', async () => {
    let answered = 0;
    await app.serve(async (context) => {
      if (answered++ === 0) await new Promise<void>(() => undefined);
      context.body = 'ready';
    });
    const socket = connect(app.port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(2));
    await until(() => answered === 2);
    await new Promise(setImmediate);
    socket.destroy();
    await until(() => app.inFlight === 0);
    expect(app.measured).to.deep.equal([{ labels: labels('GET', ''), value: 2 }]);
  });

  it('records a HEAD of HTTP/2 at its end', async () => {
    const router = new Router().get('/teams/:team', async (context) => {
      await new Promise(setImmediate);
      context.body = 'a team';
    });
    await app.serve(router.routes());
    const http2 = createHttp2Server(app.koa.callback()).listen(0, '127.0.0.1');
    await once(http2, 'listening');
    const session = connectHttp2(`http://127.0.0.1:${(http2.address() as AddressInfo).port}`);
    await once(session.request({ ':method': 'HEAD', ':path': '/teams/payments' }).resume(), 'close');
    session.close();
    http2.close();
    expect(await app.onlyMeasured()).to.deep.equal(labels('HEAD', '/teams/:team', '200'));
  });

  it('records a HEAD of HTTP/2 at the end of its headers, where the handler ends it later or never', async () => {
    await app.serve((context) => {
      context.respond = false;
      context.status = 200;
      context.flushHeaders();
    });
    const http2 = createHttp2Server(app.koa.callback()).listen(0, '127.0.0.1');
    await once(http2, 'listening');
    const session = connectHttp2(`http://127.0.0.1:${(http2.address() as AddressInfo).port}`);
    session.request({ ':method': 'HEAD', ':path': '/' }).resume().end();
    try {
      expect(await app.onlyMeasured()).to.deep.equal(labels('HEAD', '', '200'));
    } finally {
      session.destroy();
      http2.close();
    }
  });

  it('records a HEAD of HTTP/2 whose stream its client resets before the answer as aborted', async () => {
    let reset = (): void => undefined;
    await app.serve((context) => {
      context.respond = false;
      reset();
    });
    const http2 = createHttp2Server(app.koa.callback()).listen(0, '127.0.0.1');
    await once(http2, 'listening');
    const session = connectHttp2(`http://127.0.0.1:${(http2.address() as AddressInfo).port}`);
    const request = session.request({ ':method': 'HEAD', ':path': '/' });
    reset = () => request.close(constants.NGHTTP2_CANCEL);
    try {
      expect(await app.onlyMeasured()).to.deep.equal(labels('HEAD', ''));
    } finally {
      session.destroy();
      http2.close();
    }
  });

  it('records a stream of HTTP/2 that its client resets as aborted', async () => {
    await app.serve((context) => {
      context.body = new Readable({ read() {} }).on('error', () => undefined);
      (context.body as Readable).push('half');
    });
    const http2 = createHttp2Server(app.koa.callback()).listen(0, '127.0.0.1');
    await once(http2, 'listening');
    const session = connectHttp2(`http://127.0.0.1:${(http2.address() as AddressInfo).port}`);
    const request = session.request({ ':path': '/' });
    await once(request, 'data');
    request.close(constants.NGHTTP2_CANCEL);
    expect(await app.onlyMeasured()).to.deep.equal(labels('GET', '', '200', 'aborted'));
    session.close();
    http2.close();
  });

  it('records a response as aborted where its only write fails, as its client has just reset the connection', async () => {
    let socket: Socket | undefined;
    await app.serve((context) => {
      socket?.resetAndDestroy();
      context.body = 'nobody reads this';
    });
    socket = connect(app.port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect(await app.onlyMeasured()).to.have.property('error_type', 'aborted');
  });

  it('records a response that was complete before it is measured without an error', async () => {
    app.koa.use(async (context, next) => {
      context.respond = false;
      context.res.end('served');
      await once(context.res, 'close');
      await next();
    });
    await app.serve();
    await app.ask('/').catch(() => undefined);
    expect(await app.onlyMeasured()).to.not.have.property('error_type');
  });

  it('never counts below zero when the gauge is cleared while a request is in flight', async () => {
    const gauge = { name: active } as never;
    await app.serve((context) => {
      app.recorder.clear(gauge);
      context.body = 'cleared';
    });
    await app.ask('/');
    await until(() => app.measured.length > 0);
    expect(app.recorder.series(active).filter(({ value }) => value < 0)).to.deep.equal([]);
  });

  it('records a request once in each family where the middleware is used twice, under one convention or two', async () => {
    const names = 'express-prom-bundle';
    const router = new Router().use(httpMetrics(app.recorder) as never).get('/teams/:team', (context) => {
      context.body = 'abc';
    });
    await app.serve(httpMetrics(app.recorder, { names }), httpMetrics(app.recorder, { names }), router.routes());
    await app.ask('/teams/payments');
    expect(await app.onlyMeasured()).to.deep.equal(labels('GET', '/teams/:team', '200'));
    for (const count of ['http_request_duration_seconds_count', `${size}_count`]) {
      expect(
        app.recorder.series(count).map(({ value }) => value),
        count,
      ).to.deep.equal([1]);
    }
    expect(app.recorder.series(`${size}_sum`).map(({ value }) => value)).to.deep.equal([3]);
  });

  it('records each request once in every recorder that measures it, however often', async () => {
    const other = new MemoryRecorder();
    await app.serve(httpMetrics(other), httpMetrics(other), httpMetrics(app.recorder));
    await app.ask('/');
    await app.ask('/');
    expect([app.recorder, other].map((recorder) => recorder.series(`${duration}_count`)[0]?.value)).to.deep.equal([
      2, 2,
    ]);
  });

  it('returns the value of the next middleware to the previous one', async () => {
    let given: unknown;
    app.koa.use(async (_context, next) => {
      given = await next();
    });
    await app.serve(() => 'given');
    await app.ask('/');
    expect(given).to.equal('given');
  });

  it('leaves the application unchanged with a recorder that records nothing', async () => {
    app.koa.use(httpMetrics(new NoopRecorder()));
    await app.serve((context) => {
      context.body = 'served';
    });
    expect((await app.ask('/')).body).to.equal('served');
  });
});
