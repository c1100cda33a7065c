import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'chai';
import { addMetadata } from '../../lib/check/external-names.js';
import { KnownNames } from '../../lib/check/known-names.js';
import { defineCounter, defineHistogram, PrometheusRecorder } from '../../lib/index.js';
import { needs } from '../needs.js';
import { PrometheusServer } from '../prometheus-server.js';
import { VictoriaMetrics } from '../victoria-metrics.js';
import { openMetrics } from './filled.js';
import { protobufType } from './read-protobuf.js';
import { scrapeConfig, Target } from './target.js';

const formats = { text: 'text/plain', openmetrics: openMetrics, protobuf: protobufType };

const jobs = defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { team: {} } });
const wait = defineHistogram({ name: 'wait_seconds', help: 'Wait', buckets: [1, 5] });
const change = defineHistogram({ name: 'change_ratio', help: 'Change', buckets: [-1, 1] });

function filled(): PrometheusRecorder {
  const recorder = new PrometheusRecorder({ onAdvice: () => undefined });
  recorder.counter(jobs).inc({ team: 'mail' }, 3);
  for (const seconds of [0.5, 3, 3]) recorder.histogram(wait).observe({}, seconds);
  for (const ratio of [-0.5, 2]) recorder.histogram(change).observe({}, ratio);
  return recorder;
}

/** Runs with a Prometheus that has scraped all these targets. */
async function withPrometheus(
  targets: Readonly<Record<string, Target>>,
  { command = 'prometheus-3', settings = '', flags = [] as readonly string[] },
  run: (prometheus: PrometheusServer) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
  const prometheus = await PrometheusServer.startIn(folder, await scrapeConfig(targets, settings), command, flags);
  try {
    const count = Object.keys(targets).length;
    expect(await prometheus.until('count(up == 1)', count)).to.equal(count);
    await run(prometheus);
  } finally {
    await prometheus.stop();
    for (const target of Object.values(targets)) target.close();
  }
}

const inEachFormat = (): Record<string, Target> =>
  Object.fromEntries(Object.entries(formats).map(([name, accept]) => [name, new Target(filled(), accept)]));

/** What a query gives for each job. */
async function byJob(prometheus: PrometheusServer, promql: string): Promise<Record<string, number>> {
  const series = await prometheus.query(promql);
  return Object.fromEntries(series.map(({ metric, value }) => [metric['job'], Number(value[1])]));
}

describe('What a consumer makes of a right exposition', function () {
  this.timeout(180_000);

  it('Prometheus 3.5 with protobuf first, but without native histograms, drops histograms with native buckets whole, and keeps one with native: false', async function () {
    needs(this, 'prometheus-3');
    const given = {
      both: { native: true },
      'native-only': { native: true, buckets: false as const },
      'classic-only': { native: false },
    };
    const targets = Object.fromEntries(
      Object.entries(given).map(([job, options]) => {
        const recorder = new PrometheusRecorder({ nativeHistograms: true, onAdvice: () => undefined });
        recorder.counter(jobs).inc({ team: 'mail' });
        recorder.histogram(defineHistogram({ name: 'wait_seconds', help: 'Wait', ...options })).observe({}, 3);
        return [job, new Target(recorder)];
      }),
    );
    const settings = 'scrape_protocols: [PrometheusProto, PrometheusText0.0.4], ';
    await withPrometheus(targets, { settings }, async (prometheus) => {
      expect(await byJob(prometheus, 'jobs_total')).to.have.all.keys(...Object.keys(given));
      const kept = await byJob(prometheus, 'count by (job) ({__name__=~"wait_seconds.*"})');
      expect(kept).to.deep.equal({ 'classic-only': 14 });
      expect(prometheus.log.filter((line) => /level=(warn|error)/i.test(line))).to.deep.equal([]);
    });
  });

  it('Prometheus 3.5 makes native histograms with custom buckets of classic ones, whose sum is 0 where OpenMetrics may have none', async function () {
    needs(this, 'prometheus-3');
    const settings = 'convert_classic_histograms_to_nhcb: true, ';
    const flags = ['--enable-feature=native-histograms'];
    await withPrometheus(inEachFormat(), { settings, flags }, async (prometheus) => {
      const all = (value: number) => ({ text: value, openmetrics: value, protobuf: value });
      expect(await byJob(prometheus, 'histogram_count(wait_seconds)')).to.deep.equal(all(3));
      expect(await byJob(prometheus, 'histogram_sum(wait_seconds)')).to.deep.equal(all(6.5));
      expect(await byJob(prometheus, 'histogram_count(change_ratio)')).to.deep.equal(all(2));
      expect(await byJob(prometheus, 'histogram_sum(change_ratio)')).to.deep.equal({ ...all(1.5), openmetrics: 0 });
    });
  });

  for (const [command, bounds] of [
    ['prometheus', { text: '1', openmetrics: '1.0', protobuf: '1.0' }],
    ['prometheus-3', { text: '1.0', openmetrics: '1.0', protobuf: '1.0' }],
  ] as const) {
    it(`${command} has the bound 1 in its own spelling, and le=~"1|1[.]0" finds it from each format`, async function () {
      needs(this, command);
      const flags = command === 'prometheus' ? ['--enable-feature=native-histograms'] : [];
      const settings = command === 'prometheus' ? '' : 'scrape_protocols: [PrometheusProto, OpenMetricsText1.0.0], ';
      await withPrometheus(inEachFormat(), { command, settings, flags }, async (prometheus) => {
        const series = await prometheus.query('wait_seconds_bucket{le=~"1|1[.]0"}');
        expect(Object.fromEntries(series.map(({ metric }) => [metric['job'], metric['le']]))).to.deep.equal(bounds);
      });
    });
  }

  it('Prometheus files a counter of OpenMetrics without "_total", and a check of expressions knows its series all the same', async function () {
    needs(this, 'prometheus-3');
    for (const [format, name] of [
      ['openmetrics', 'jobs'],
      ['protobuf', 'jobs_total'],
    ] as const) {
      const target = new Target(filled(), formats[format]);
      const settings = 'scrape_protocols: [PrometheusProto, OpenMetricsText1.0.0], ';
      await withPrometheus({ shop: target }, { settings }, async (prometheus) => {
        const response = await fetch(`${prometheus.url}/api/v1/metadata`, { headers: { connection: 'close' } });
        const { data } = (await response.json()) as { data: Record<string, unknown> };
        expect(Object.keys(data).filter((one) => one.startsWith('jobs'))).to.deep.equal([name]);
        const names = new KnownNames([]);
        for (const [one, described] of Object.entries(data)) addMetadata(names, one, described);
        expect(names.find('jobs_total')?.family?.kind).to.equal('counter');
      });
    }
  });

  describe('VictoriaMetrics', () => {
    it('keeps the longest label value that there is, of four bytes each code point', async function () {
      needs(this, 'victoria-metrics-next');
      const recorder = new PrometheusRecorder({ onAdvice: () => undefined });
      const longest = '💡'.repeat(1024);
      recorder.counter(jobs).inc({ team: longest }, 3);
      await withVictoriaMetrics(recorder, async (ask) => {
        expect((await ask('jobs_total'))?.['team']).to.equal(longest);
      });
    });

    it('keeps a series of as many labels as the documents say, and drops one with a label more', async function () {
      needs(this, 'victoria-metrics-next');
      const recorder = new PrometheusRecorder({ onAdvice: () => undefined });
      for (const [name, count] of [
        ['kept_total', labelsInVictoriaMetrics],
        ['dropped_total', labelsInVictoriaMetrics + 1],
      ] as const) {
        const labels: Record<string, object> = Object.fromEntries(
          Array.from({ length: count }, (_, i) => [`label_${i}`, {}]),
        );
        const values = Object.fromEntries(Object.keys(labels).map((label) => [label, 'x']));
        recorder.counter(defineCounter({ name, help: 'Many labels', labels })).inc(values as never);
      }
      recorder.counter(jobs).inc({ team: 'mail' });
      await withVictoriaMetrics(recorder, async (ask) => {
        expect(await ask('kept_total')).to.include({ label_0: 'x', job: 'shop' });
        // Why asked for second: both came by the same scrape.
        expect(await ask('dropped_total', 1)).to.equal(undefined);
      });
    });
  });
});

/** How many labels of a family are kept beside `job` and `instance`, by docs/reference/formats.md. */
const labelsInVictoriaMetrics = 37;

/** The labels of a series, or undefined where it is not there after so many questions. */
type Ask = (name: string, questions?: number) => Promise<Record<string, string> | undefined>;

/** Runs with a VictoriaMetrics that scrapes a recorder. */
async function withVictoriaMetrics(recorder: PrometheusRecorder, run: (ask: Ask) => Promise<void>): Promise<void> {
  const target = new Target(recorder);
  const store = await VictoriaMetrics.start(await scrapeConfig({ shop: target }), 'victoria-metrics-next');
  let asked = 0;
  const ask: Ask = async (name, questions = Infinity) => {
    const deadline = Date.now() + 40_000;
    for (let i = 0; i < questions && Date.now() < deadline; i++) {
      await store.ask('/internal/force_flush');
      // Why in other words each time: it remembers for a while that a selector has found nothing.
      const query = new URLSearchParams({ query: `${name}{none!="${asked++}"}` });
      const answer = (await (await store.ask(`/api/v1/query?${query}`))?.json()) as
        | { data: { result: { metric: Record<string, string> }[] } }
        | undefined;
      if (answer?.data.result[0] !== undefined) return answer.data.result[0].metric;
      await pause(100);
    }
    return undefined;
  };
  try {
    await run(ask);
  } finally {
    await store.stop();
    target.close();
  }
}
