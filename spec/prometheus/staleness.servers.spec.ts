import { expect } from 'chai';
import { MetricsServer } from '../../lib/adapters/koa/index.js';
import { defineGauge, PrometheusRecorder } from '../../lib/index.js';
import { needs } from '../needs.js';
import { PrometheusServer } from '../prometheus-server.js';

const resources = defineGauge({ name: 'team_resources', help: 'Resources', labels: { team: {} } });
const sessions = defineGauge({ name: 'sessions', help: 'Sessions', labels: { team: {} }, expireAfterSeconds: 60 });

describe('A series that disappears, in a real Prometheus', () => {
  let recorder: PrometheusRecorder;
  let metrics: MetricsServer;
  let prometheus: PrometheusServer;
  let now = 0;

  before(async function () {
    needs(this, 'prometheus');
    recorder = new PrometheusRecorder({ clock: () => now });
    for (const team of ['payments', 'checkout', 'search']) {
      recorder.gauge(resources).set({ team }, 3);
      recorder.gauge(sessions).set({ team }, 1);
    }
    metrics = new MetricsServer(recorder, { port: 0, processMetrics: false });
    const { url } = await metrics.listen();
    prometheus = await PrometheusServer.start(url);
  });

  after(async () => {
    await prometheus?.stop();
    await metrics?.close();
  });

  it('gets its staleness marker at the next scrape after its removal, team by team', async () => {
    expect(await prometheus.until('count(team_resources)', 3)).to.equal(3);
    for (const [team, left] of [
      ['payments', 2],
      ['checkout', 1],
    ] as const) {
      recorder.remove(resources, { team });
      // Without the marker Prometheus would show the last value for five minutes more.
      expect(await prometheus.until('count(team_resources)', left)).to.equal(left);
      expect(await prometheus.query(`team_resources{team="${team}"}`)).to.deep.equal([]);
    }
    const [series] = await prometheus.query('count_over_time(team_resources{team="payments"}[5m])');
    expect(Number(series?.value[1])).to.be.above(0);
  });

  it('gets its staleness marker when it expires, unlike one that is still observed', async () => {
    expect(await prometheus.until('count(sessions)', 3)).to.equal(3);
    now = 59;
    recorder.gauge(sessions).set({ team: 'search' }, 2);
    // What was observed before a scrape is as old as that scrape.
    const scrapes = 'scrape_samples_scraped';
    const seen = (await prometheus.value(`count_over_time(${scrapes}[5m])`)) ?? 0;
    await prometheus.until(`count_over_time(${scrapes}[5m]) > bool ${seen + 1}`, 1);
    now = 90;
    expect(await prometheus.until('count(sessions)', 1)).to.equal(1);
    expect(await prometheus.value('sessions{team="search"}')).to.equal(2);
  });
});
