import { once } from 'node:events';
import Router from '@koa/router';
import { expect } from 'chai';
import { httpMetrics } from '../../lib/adapters/koa/index.js';
import { PrometheusRecorder } from '../../lib/index.js';
import { MemoryRecorder } from '../../lib/testing/index.js';
import { until } from '../until.js';
import { active, duration, labels, MeasuredApplication, size } from './measured-application.js';

describe('httpMetrics(recorder)', () => {
  let app: MeasuredApplication;

  beforeEach(() => {
    app = new MeasuredApplication();
  });

  afterEach(() => app.close());

  describe('with the method of a request', () => {
    const team = () =>
      new Router().get('/teams/:team', (context) => {
        context.body = 'a team';
      });

    it('distinguishes HEAD from GET, and records no body for it', async () => {
      await app.serve(team().routes());
      await app.ask('/teams/payments', 'HEAD');
      expect(await app.onlyMeasured()).to.deep.equal(labels('HEAD', '/teams/:team', '200'));
      expect(app.recorder.value(`${size}_sum`, labels('HEAD', '/teams/:team', '200'))).to.equal(0);
    });

    it('records the pattern of the path for OPTIONS and for a method without a route', async () => {
      const router = team();
      await app.serve(router.routes(), router.allowedMethods());
      await app.ask('/teams/payments', 'OPTIONS');
      await app.ask('/teams/payments', 'DELETE');
      expect(app.measured).to.deep.equal([
        { labels: labels('OPTIONS', '/teams/:team', '200'), value: 1 },
        { labels: labels('DELETE', '/teams/:team', '405'), value: 1 },
      ]);
    });

    it('records an unknown method as _OTHER', async () => {
      await app.serve(team().routes());
      await app.ask('/teams/payments', 'PROPFIND');
      await app.ask('/teams/payments', 'PURGE');
      expect(app.measured).to.deep.equal([{ labels: labels('_OTHER', '/teams/:team', '404'), value: 2 }]);
      expect(app.inFlight).to.equal(0);
    });

    it('records a method that the option "methods" lists', async () => {
      await app.serveWith({ methods: ['GET', 'PROPFIND'] });
      for (const method of ['PROPFIND', 'POST']) await app.ask('/', method);
      expect(app.measured.map(({ labels: { http_request_method } }) => http_request_method)).to.deep.equal([
        'PROPFIND',
        '_OTHER',
      ]);
    });
  });

  it('observes seconds to the end of the response, in the buckets that OpenTelemetry advises', async () => {
    let seconds = 100;
    app = new MeasuredApplication(new MemoryRecorder({ strict: true, clock: () => seconds }));
    await app.serve(async (context, next) => {
      await next();
      seconds += 0.3;
      context.body = 'late';
    });
    await app.ask('/');
    const found = labels('GET', '', '200');
    expect(app.recorder.value(`${duration}_sum`, found)).to.be.closeTo(0.3, 1e-9);
    const bounds = app.recorder.series(`${duration}_bucket`).map(({ labels: { le } }) => Number(le));
    expect(bounds.slice(0, -1)).to.deep.equal([
      0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
    ]);
    expect(app.recorder.value(`${duration}_bucket`, { ...found, le: '0.25' })).to.equal(0);
    expect(app.recorder.value(`${duration}_bucket`, { ...found, le: '0.5' })).to.equal(1);
  });

  it('records under the names of express-prom-bundle, with its buckets and its 499', async () => {
    const router = new Router().get('/teams/:team', (context) => {
      context.body = 'a team';
    });
    await app.serveWith({ names: 'express-prom-bundle' }, router.routes(), async (context) => {
      context.req.socket.destroy();
      await once(context.res, 'close');
    });
    await app.ask('/teams/payments');
    await app.ask('/away').catch(() => undefined);
    await until(() => app.recorder.series('http_request_duration_seconds_count').length === 2);
    expect(app.recorder.series('http_request_duration_seconds_count')).to.deep.equal([
      { labels: { status_code: '200', method: 'GET', path: '/teams/:team' }, value: 1 },
      { labels: { status_code: '499', method: 'GET', path: 'unmatched' }, value: 1 },
    ]);
    const found = app.recorder.series('http_request_duration_seconds_bucket').slice(0, 7);
    expect(found.map(({ labels: { le } }) => le)).to.deep.equal(['0.003', '0.03', '0.1', '0.3', '1.5', '10', '+Inf']);
    expect(app.recorder.families()).to.deep.equal(['http_request_duration_seconds', size, active]);
  });

  it('leaves the size of a request that matched nothing without a route, whatever the duration is called', async () => {
    await app.serveWith({ names: 'express-prom-bundle' }, (context) => {
      context.body = 'nothing here';
    });
    await app.ask('/nowhere');
    await until(() => app.recorder.series(`${size}_count`).length > 0);
    expect(app.recorder.series(`${size}_count`)).to.deep.equal([{ labels: labels('GET', '', '200'), value: 1 }]);
  });

  it('puts a prefix before every name', async () => {
    await app.serveWith({ prefix: 'api_', buckets: [1, 2] });
    expect(app.recorder.families()).to.deep.equal([`api_${duration}`, `api_${size}`, `api_${active}`]);
  });

  it('gives no naming advice, and exposes its families in the first scrape', async () => {
    await app.serve();
    expect(app.recorder.advice).to.deep.equal([]);
    const prometheus = new PrometheusRecorder();
    httpMetrics(prometheus);
    const names = (await prometheus.exposedFamilies()).map(({ name }) => name);
    expect(names).to.include.members([duration, size, active]);
  });
});
