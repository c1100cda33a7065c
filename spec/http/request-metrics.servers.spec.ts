import { spawnSync } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { httpMetrics } from '../../lib/adapters/koa/index.js';
import { PrometheusRecorder, scrape } from '../../lib/index.js';
import { needs } from '../needs.js';
import { MeasuredApplication } from './measured-application.js';

describe('httpMetrics(recorder)', () => {
  let app: MeasuredApplication;

  beforeEach(() => {
    app = new MeasuredApplication();
  });

  afterEach(() => app.close());

  it('exposes metrics that pass promtool check metrics', async function () {
    needs(this, 'promtool');
    const prometheus = new PrometheusRecorder();
    app.koa.use(httpMetrics(prometheus));
    await app.serve((context) => {
      context.body = 'served';
    });
    await app.ask('/');
    const { body } = await scrape(prometheus, { method: 'GET' });
    const { stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: await text(body) });
    expect(`${stdout}${stderr}`).to.equal('');
  });
});
