import Router from '@koa/router';
import { expect } from 'chai';
import Koa from 'koa';
import mount from 'koa-mount';
import { type RouteReader } from '../../lib/adapters/koa/index.js';
import { MemoryRecorder } from '../../lib/testing/index.js';
import { until } from '../until.js';
import { duration, labels, MeasuredApplication, size } from './measured-application.js';

describe('The option route', () => {
  let app: MeasuredApplication;

  beforeEach(() => {
    app = new MeasuredApplication();
  });

  afterEach(() => app.close());

  it('computes the route from the context and the pattern, for example under koa-mount', async () => {
    const api = new Koa().use(
      new Router()
        .get('/teams/:team', (context) => {
          context.body = 'a team';
        })
        .routes(),
    );
    const route: RouteReader = ({ mountPath = '' }, pattern = '') => pattern && `${mountPath}${pattern}`;
    await app.serveWith({ route }, mount('/api', api));
    for (const path of ['/api/teams/payments', '/api/elsewhere', '/teams/payments']) await app.ask(path);
    expect(app.measured).to.deep.equal([
      { labels: labels('GET', '/api/teams/:team', '200'), value: 1 },
      { labels: labels('GET', '', '404'), value: 2 },
    ]);
  });

  it('has at most 500 different values', async () => {
    await app.serveWith({ route: ({ req }) => req.url });
    for (let i = 0; i < 502; i++) await (await fetch(`${app.origin}/${i}`)).arrayBuffer();
    await until(() => app.inFlight === 0);
    expect(app.measured).to.have.length(501);
    expect(app.recorder.value(`${duration}_count`, labels('GET', 'other', '404'))).to.equal(2);
  });

  it('causes no unhandled rejection in the application', async () => {
    app = new MeasuredApplication(new MemoryRecorder({ onError: () => undefined }));
    const unhandled: unknown[] = [];
    const listeners = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection');
    process.on('unhandledRejection', (reason) => unhandled.push(reason));
    try {
      await app.serveWith({ route: () => Promise.reject(new Error('too late')) });
      await app.ask('/');
      await until(() => app.recorder.drops.length > 0);
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
    it(`counts a drop as ${reason} when it returns no route, and lets the response go out`, async () => {
      app = new MeasuredApplication(new MemoryRecorder({ onError: () => undefined }));
      await app.serveWith({ route }, (context) => {
        context.body = 'served';
      });
      expect((await app.ask('/')).body).to.equal('served');
      await until(() => app.recorder.drops.length > 0);
      expect(app.recorder.drops).to.deep.equal([
        { metric: duration, reason },
        { metric: size, reason },
      ]);
      expect(app.measured).to.deep.equal([]);
      expect(app.inFlight).to.equal(0);
    });
  }
});
