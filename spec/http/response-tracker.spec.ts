import { once } from 'node:events';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { type AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import Router from '@koa/router';
import { expect } from 'chai';
import type { Context } from 'koa';
import { httpMetrics } from '../../lib/adapters/koa/index.js';
import { until } from '../until.js';
import { labels, MeasuredApplication, size } from './measured-application.js';

describe('A recorded response', () => {
  let app: MeasuredApplication;

  beforeEach(() => {
    app = new MeasuredApplication();
  });

  afterEach(() => app.close());

  for (const [what, cut] of [
    ['the answer', (context: Context) => context.res.destroy()],
    ['the connection', (context: Context) => context.req.socket.destroy()],
  ] as const) {
    it(`has no status when the application itself destroys ${what}`, async () => {
      await app.serve(async (context) => {
        cut(context);
        await undefined;
        context.body = 'to nobody';
      });
      await app.ask('/').catch(() => undefined);
      expect(await app.onlyMeasured()).to.deep.equal(labels('GET', ''));
    });
  }

  it('counts the bytes of the body without the headers', async () => {
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
    await app.serve(router.routes());
    for (const path of ['/text', '/raw', '/raw/204', '/raw/304']) await app.ask(path);
    await app.ask('/raw/200', 'HEAD');
    const sizes = app.recorder.series(`${size}_sum`).map((one) => [one.labels['http_route'], one.value]);
    expect(sizes).to.deep.equal([
      ['/text', 9],
      ['/raw', 3],
      ['/raw/:status', 0],
      ['/raw/:status', 0],
      ['/raw/:status', 0],
    ]);
  });

  // Why these: Koa's own context.length is 2 for them, whatever they hold.
  it('has the bytes of a web stream and of a Response as its size, and none for a HEAD', async () => {
    const bodies: readonly (readonly [string, () => unknown])[] = [
      ['/stream', () => new Blob(['first ', 'and last']).stream()],
      ['/response', () => new Response('ünïcode')],
    ];
    const router = new Router();
    for (const [path, create] of bodies) {
      router.get(path, (context) => {
        context.body = create();
      });
    }
    await app.serve(router.routes());
    for (const method of ['GET', 'HEAD']) {
      for (const [path] of bodies) await app.ask(path, method);
    }
    const sizes = app.recorder
      .series(`${size}_sum`)
      .map(({ labels, value }) => [labels['http_request_method'], labels['http_route'], value]);
    expect(sizes).to.have.deep.members([
      ['GET', '/stream', 14],
      ['GET', '/response', 9],
      ['HEAD', '/stream', 0],
      ['HEAD', '/response', 0],
    ]);
  });

  it('has the same size over HTTP/2', async () => {
    const router = new Router()
      .get('/ended/:n', (context) => {
        context.body = 'ünïcode';
      })
      .get('/streamed/:n', (context) => {
        context.body = Readable.from(['first ', 'and ', 'last']);
      });
    app.koa.use(httpMetrics(app.recorder)).use(router.routes());
    const http2 = createHttp2Server(app.koa.callback()).listen(0, '127.0.0.1');
    await once(http2, 'listening');
    const session = connectHttp2(`http://127.0.0.1:${(http2.address() as AddressInfo).port}`);
    for (const path of ['/ended/1', '/streamed/2']) await once(session.request({ ':path': path }).resume(), 'close');
    session.close();
    await once(session, 'close');
    http2.close();
    await until(() => app.measured.length === 2);
    expect(app.measured).to.deep.equal([
      { labels: labels('GET', '/ended/:n', '200'), value: 1 },
      { labels: labels('GET', '/streamed/:n', '200'), value: 1 },
    ]);
    expect(app.recorder.series(`${size}_sum`).map(({ value }) => value)).to.deep.equal([9, 14]);
    expect(app.inFlight).to.equal(0);
  });
});
