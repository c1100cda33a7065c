import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { expect } from 'chai';
import * as promClient from 'prom-client';
import {
  defineCounter,
  defineGauge,
  defineHistogram,
  type ExposedFamily,
  PrometheusRecorder,
  scrape,
} from '../../lib/index.js';
import { ListeningProcess } from '../listening-process.js';
import { needs } from '../needs.js';
import { PrometheusServer } from '../prometheus-server.js';
import { openMetrics } from './filled.js';
import { protobufType } from './read-protobuf.js';
import { scrapeConfig, Target } from './target.js';

const manyUsers = 20_000;

function filled(): PrometheusRecorder {
  const registry = new promClient.Registry();
  const registers = [registry];
  const recorder = new PrometheusRecorder({
    registry,
    constantLabels: { region: 'eu' },
    maxSeriesPerFamily: 2 * manyUsers,
  });
  const jobs = recorder.counter(defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { team: {} } }));
  for (const team of ['', 'mail', 'b"a\\c\nk ünï 😀']) jobs.inc({ team }, 2.5);
  recorder.gauge(defineGauge({ name: 'memory_bytes', help: 'Memory', unit: 'bytes' })).set({}, -1e300);
  const wait = defineHistogram({ name: 'wait_seconds', help: 'Wait', labels: { of: {} }, buckets: [0.25, 1, 1e6] });
  for (const seconds of [0.2, 0.9, 2e6]) recorder.histogram(wait).observe({ of: 'x' }, seconds);
  const visits = recorder.counter(defineCounter({ name: 'visits_total', help: 'Visits', labels: { user: {} } }));
  for (let user = 0; user < manyUsers; user++) visits.inc({ user }, user);
  new promClient.Counter({ name: 'theirs', help: 'Without the suffix', registers }).inc(7);
  new promClient.Summary({ name: 'asked_seconds', help: 'S', labelNames: ['of'], registers }).observe({ of: 'y' }, 2);
  new promClient.Histogram({ name: 'size', help: 'H', buckets: [1, 10], registers }).observe(10);
  new promClient.Summary({ name: 'bare', help: 'Without quantiles', percentiles: [], registers }).observe(4);
  return recorder;
}

const started = Date.now() / 1000;

/** A histogram of two series, whose native buckets hold the values 1.5 (schema 0, index 1) and -3 (index 2). */
const native: ExposedFamily = {
  name: 'latency',
  type: 'histogram',
  help: 'Latency',
  *write(samples) {
    for (const of of ['used', 'unused']) {
      const filledCount = of === 'used' ? 10 : 0;
      const exemplar = { labels: { trace_id: 'abc' }, value: 1.5, timestamp: started };
      samples.label(0, 'of', of);
      samples.histogram(1, {
        upperBounds: [1, Infinity],
        cumulativeCounts: [filledCount / 2, filledCount],
        sum: filledCount * -0.75,
        count: filledCount,
        createdAt: 1_700_000_000,
        // Why here too: Prometheus 2 knows no others.
        exemplars: filledCount > 0 ? [undefined, exemplar] : undefined,
        native: {
          schema: 0,
          zeroThreshold: of === 'used' ? 2 ** -128 : 0,
          zeroCount: 0,
          positive: { size: Math.sign(filledCount), indexes: [1], counts: [5] },
          negative: { size: Math.sign(filledCount), indexes: [2], counts: [5] },
          exemplars: filledCount > 0 ? [exemplar] : [],
        },
      });
    }
    yield;
  },
};

const versions = {
  prometheus: { title: '2.42', setting: '' },
  'prometheus-3': { title: '3.5', setting: 'scrape_protocols: [PrometheusProto, OpenMetricsText1.0.0], ' },
};

for (const [command, { title, setting }] of Object.entries(versions)) {
  describe(`A real Prometheus ${title} that scrapes Protocol Buffers`, () => {
    const recorder = filled();
    const targets = {
      protobuf: new Target(recorder),
      text: new Target(recorder, openMetrics),
      native: new Target({ exposedFamilies: async () => [native] }),
    };
    let prometheus: PrometheusServer;

    before(async function () {
      needs(this, command);
      prometheus = await PrometheusServer.startIn(
        mkdtempSync(join(tmpdir(), 'prometheus-')),
        await scrapeConfig(targets, setting),
        command,
        ['--enable-feature=native-histograms,exemplar-storage'],
      );
    });

    after(async () => {
      await prometheus?.stop();
      for (const target of Object.values(targets)) target.close();
    });

    it('prefers them, and reads the same series and values as from text', async () => {
      expect(await prometheus.until('count(visits_total)', 2 * manyUsers)).to.equal(2 * manyUsers);
      const [accept = ''] = targets.protobuf.accepts;

      expect(accept).to.match(/^application\/vnd\.google\.protobuf;proto=io\.prometheus\.client\.MetricFamily/);
      const read = async (job: string) => {
        const series = await prometheus.query(`{job="${job}", __name__!~"up|scrape_.*|visits_total"}`);
        return series
          .map(({ metric: { job: _, instance: __, ...labels }, value }) => JSON.stringify([labels, value[1]]))
          .toSorted();
      };
      const fromProtobuf = await read('protobuf');
      expect(fromProtobuf).to.deep.equal(await read('text'));
      expect(fromProtobuf.filter((one) => one.includes('"wait_seconds_bucket"'))).to.have.length(4);
      const difference = 'visits_total{job="protobuf"} != ignoring(job, instance) visits_total{job="text"}';
      expect(await prometheus.query(difference)).to.deep.equal([]);
    });

    it('reads a native histogram, and one without observations as such', async () => {
      expect(await prometheus.until('count(histogram_count(latency))', 2)).to.equal(2);
      expect(await prometheus.value('histogram_count(latency{of="used"})')).to.equal(10);
      expect(await prometheus.value('histogram_sum(latency{of="used"})')).to.equal(-7.5);
      expect(await prometheus.value('histogram_quantile(0.75, latency{of="used"})')).to.be.within(1, 2);
      expect(await prometheus.value('histogram_quantile(0.25, latency{of="used"})')).to.be.within(-4, -2);
      expect(await prometheus.value('histogram_count(latency{of="unused"})')).to.equal(0);
      expect(prometheus.log.filter((line) => /level=(warn|error)/i.test(line))).to.deep.equal([]);
    });

    it('keeps the exemplars of a native histogram', async () => {
      await prometheus.until('count(histogram_count(latency))', 2);
      const parameters = new URLSearchParams({
        query: 'latency',
        start: String(started - 60),
        end: String(Date.now() / 1000 + 60),
      });
      const ask = async () => {
        const response = await fetch(`${prometheus.url}/api/v1/query_exemplars?${parameters}`, {
          headers: { connection: 'close' },
        });
        return ((await response.json()) as { data: { exemplars: { labels: object; value: string }[] }[] }).data;
      };
      const [series] = await ask();
      expect(series?.exemplars[0]).to.deep.include({ labels: { trace_id: 'abc' }, value: '1.5' });
    });
  });
}

describe('A real Pushgateway that gets Protocol Buffers', () => {
  it('takes them, and keeps the types of all families', async function () {
    needs(this, 'prometheus-pushgateway');
    const args = ['--web.listen-address=127.0.0.1:0', '--persistence.file='];
    const gateway = await ListeningProcess.start('prometheus-pushgateway', args);
    try {
      const names = ['jobs_total', 'memory_bytes', 'wait_seconds', 'theirs', 'asked_seconds', 'size', 'bare'];
      const { body } = await scrape(filled(), { method: 'GET', accept: protobufType, names });
      const headers = { 'Content-Type': protobufType, connection: 'close' };
      const pushed = await fetch(`${gateway.url}/metrics/job/batch`, {
        method: 'PUT',
        headers,
        body: await buffer(body),
      });
      expect(await pushed.text()).to.equal('');
      const shown = await (await fetch(`${gateway.url}/metrics`, { headers: { connection: 'close' } })).text();
      const types = names.map((name) => new RegExp(`^# TYPE ${name} (\\w+)$`, 'm').exec(shown)?.[1]);
      expect(types).to.deep.equal(['counter', 'gauge', 'histogram', 'counter', 'summary', 'histogram', 'summary']);
      expect(shown).to.contain('\nwait_seconds_bucket{instance="",job="batch",of="x",region="eu",le="+Inf"} 3\n');
    } finally {
      await gateway.stop();
    }
  });
});
