import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { defineCounter, defineHistogram, PrometheusRecorder } from '../../lib/index.js';
import { needs } from '../needs.js';
import { PrometheusServer } from '../prometheus-server.js';
import { openMetrics } from './filled.js';
import { protobufType } from './read-protobuf.js';
import { scrapeConfig, Target } from './target.js';

const jobs = defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { team: {} } });
const wait = defineHistogram({ name: 'wait_seconds', help: 'Wait', labels: { team: {} }, buckets: [1, 5] });

describe('A series that is created between two scrapes, in a real Prometheus that takes start times', () => {
  const recorder = new PrometheusRecorder({ created: true });
  const targets = {
    text: new Target(recorder, 'text/plain'),
    openmetrics: new Target(recorder, openMetrics),
    protobuf: new Target(recorder, protobufType),
  };
  let prometheus: PrometheusServer;

  before(async function () {
    needs(this, 'prometheus-3');
    recorder.open(jobs);
    prometheus = await PrometheusServer.startIn(
      mkdtempSync(join(tmpdir(), 'prometheus-')),
      await scrapeConfig(targets),
      'prometheus-3',
      ['--enable-feature=created-timestamp-zero-ingestion'],
    );
    expect(await prometheus.until('count(up == 1)', 3)).to.equal(3);
    recorder.counter(jobs).inc({ team: 'mail' }, 8);
    for (let i = 0; i < 8; i++) recorder.histogram(wait).observe({ team: 'mail' }, 3);
    expect(await prometheus.until('count(count_over_time(jobs_total[1m]) >= 3)', 3)).to.equal(3);
  });

  after(async () => {
    await prometheus?.stop();
    for (const target of Object.values(targets)) target.close();
  });

  const increases = async (selector: string) => {
    const series = await prometheus.query(`increase(${selector}[1m])`);
    return Object.fromEntries(series.map(({ metric, value }) => [metric['job'], Math.floor(Number(value[1]))]));
  };

  for (const selector of ['jobs_total', 'wait_seconds_count', 'wait_seconds_bucket{le="5.0"}']) {
    it(`counts from 0 where OpenMetrics or Protocol Buffers told it when: ${selector}`, async () => {
      const { text, openmetrics, protobuf } = await increases(selector);
      expect(text).to.equal(0);
      expect(openmetrics).to.be.within(8, 12);
      expect(protobuf).to.be.within(8, 12);
    });
  }

  it('begins with a 0 at the millisecond of its creation', async () => {
    const [series] = await prometheus.query('jobs_total{job="protobuf"}[1m]');
    const [first, second] = series?.values ?? [];
    expect(first?.[1]).to.equal('0');
    expect(second?.[1]).to.equal('8');
    const [up] = await prometheus.query('up{job="openmetrics"}');
    const shown = await (await fetch(`http://${up?.metric['instance']}/metrics`)).text();
    const created = /^jobs_created\{team="mail"\} (\S+)$/m.exec(shown)?.[1];
    expect(first?.[0]).to.equal(Number(created));
  });
});
