import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { dropReasons } from '../../lib/error.js';
import {
  defineCounter,
  defineGauge,
  defineHistogram,
  type Family,
  PrometheusRecorder,
  type PrometheusRecorderOptions,
  scrape,
} from '../../lib/index.js';

const own = 'flowplane_metrics_';
const jobs = defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { team: {} }, maxSeries: 10 });
const rooms = defineGauge({ name: 'rooms', help: 'Rooms', labels: { floor: {} }, maxSeries: 5 });
const waits = defineHistogram({ name: 'waits_seconds', help: 'Waits', labels: { queue: {} }, buckets: [1, 5] });
const depth = defineGauge({ name: 'depth', help: 'Depth', labels: { queue: {} }, maxSeries: 4 });

interface SampleFamily {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly name: string;
  readonly help: string;
  /** What each series has: its labels and its value. */
  readonly series: readonly (readonly [labels: Readonly<Record<string, string>>, value: number])[];
}

const range = (length: number) => Array.from({ length }, (_, i) => i);

/** Numbers that repeat in no short period, as those of a service. */
const numberAt = (family: number, series: number): number => (series * 7919 + family * 104729) % 5000;

/** Metrics of several kinds of service, by what they have in common. */
const shapes: Readonly<Record<string, () => SampleFamily[]>> = {
  'counters and gauges with two labels': () =>
    range(30).map((i) => ({
      ...(i % 2 ? { kind: 'counter', name: `app_operation_${i}_total` } : { kind: 'gauge', name: `app_things_${i}` }),
      help: `What family number ${i} of the application says`,
      series: range(i < 10 ? 34 : 33).map((k) => [
        { method: ['GET', 'POST', 'PUT'][k % 3] ?? '', route: `/api/v1/things/${k}` },
        numberAt(i, k),
      ]),
    })),
  'histograms for the most part': () =>
    range(30).map((i) => ({
      ...(i < 6
        ? { kind: 'histogram', name: `app_duration_${i}_seconds` }
        : { kind: 'counter', name: `app_${i}_total` }),
      help: `What family number ${i} of the application says`,
      series: range(i < 6 ? 10 : 7).map((k) => [
        { route: `/api/things/${k >> 1}`, code: k % 2 ? '200' : '500' },
        numberAt(i, k) / (i < 6 ? 500 : 1),
      ]),
    })),
  // Why: what is this regular compresses best, so that every line more weighs most.
  'as regular as can be': () =>
    range(30).map((i) => ({
      kind: 'counter',
      name: `app_operation_${i}_total`,
      help: `What family number ${i} of the application says`,
      series: range(33).map((k) => [{ team: `team-${k}`, type: 'x' }, 1]),
    })),
};

describe("A recorder's own metrics", () => {
  const make = (options: PrometheusRecorderOptions = {}): PrometheusRecorder =>
    new PrometheusRecorder({ onAdvice: () => undefined, onError: () => undefined, ...options });

  const body = async (recorder: PrometheusRecorder, names?: string[]): Promise<string> =>
    text((await scrape(recorder, { method: 'GET', ...(names && { names }) })).body);

  /** The samples whose names begin with `flowplane_metrics_` and this, without that beginning. */
  const samples = async (recorder: PrometheusRecorder, beginning = ''): Promise<Record<string, number>> => {
    const lines = (await body(recorder)).split('\n').filter((line) => line.startsWith(own + beginning));
    return Object.fromEntries(
      lines.map((line) => [line.slice(own.length, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
    );
  };

  const losses = (counts: Readonly<Record<string, number>>): Record<string, number> =>
    Object.fromEntries(dropReasons.map((reason) => [`losses_total{reason="${reason}"}`, counts[reason] ?? 0]));

  const fill = (recorder: PrometheusRecorder, count: number, start = 0): void => {
    for (let i = start; i < start + count; i++) recorder.counter(jobs).inc({ team: `t${i}` });
  };

  it('show the losses at 0 for every reason and the size of the whole, and nothing else while nothing is lost and little is used', async () => {
    const recorder = make();
    for (const family of [jobs, rooms, waits] as Family[]) recorder.open(family);
    const expected = { ...losses({}), series: 0, series_limit: 100_000 };
    expect(await samples(recorder)).to.deep.equal(expected);
    fill(recorder, 7);
    recorder.histogram(waits).observe({ queue: 'a' }, 2);
    expect(await samples(recorder)).to.deep.equal({ ...expected, series: 12 });
  });

  for (const reason of dropReasons) {
    it(`count a loss of the reason ${reason} for its metric from the first one on, and for all metrics together`, async () => {
      const recorder = make();
      recorder.open(jobs);
      recorder.dropped(jobs, reason, 'a site');
      expect(await samples(recorder, 'dropped')).to.deep.equal({ [dropped('jobs_total', reason)]: 1 });
      recorder.dropped(jobs, reason, 'a site');
      recorder.dropped(rooms, reason, 'a site');
      expect(await samples(recorder, 'dropped')).to.deep.equal({
        [dropped('jobs_total', reason)]: 2,
        [dropped('rooms', reason)]: 1,
      });
      expect(await samples(recorder, 'losses')).to.deep.equal(losses({ [reason]: 3 }));
    });
  }

  it('count what calls and collectors lose, also a thousand values of one run', async () => {
    const recorder = make();
    recorder.counter(jobs).inc({ team: 'a' }, -1);
    recorder.counter(jobs).inc({ team: ['a'] as never });
    recorder.histogram(waits).observe({ queue: 'a' }, Number.NaN);
    const many = Array.from({ length: 1004 }, (_, i) => ({ labels: { queue: `q${i}` }, value: i }));
    recorder.gauge(depth).collect(() => many);
    const { series: _, series_limit: _limit, ...lost } = await samples(recorder);
    expect(lost).to.deep.equal({
      ...losses({ negative_step: 1, label_type: 1, not_finite: 1, overflow: 1000 }),
      'overflowed_total{metric="depth",label="queue"}': 1000,
      'series{metric="depth"}': 4,
      'series_limit{metric="depth"}': 4,
      'collector_up{metric="depth"}': 1,
      [dropped('jobs_total', 'negative_step')]: 1,
      [dropped('jobs_total', 'label_type')]: 1,
      [dropped('waits_seconds', 'not_finite')]: 1,
      [dropped('depth', 'overflow')]: 1000,
    });
  });

  it('show the series of a metric from four fifths of its limit on, and no more when they are fewer again', async () => {
    const recorder = make();
    fill(recorder, 7);
    const [ofJobs, limitOfJobs] = ['series{metric="jobs_total"}', 'series_limit{metric="jobs_total"}'];
    expect(await samples(recorder, 'series')).to.not.have.any.keys(ofJobs, limitOfJobs);
    fill(recorder, 1, 7);
    expect(await samples(recorder, 'series')).to.include({ [ofJobs]: 8, [limitOfJobs]: 10 });
    recorder.remove(jobs, { team: 't0' });
    expect(await samples(recorder, 'series')).to.not.have.any.keys(ofJobs, limitOfJobs);
    for (let i = 0; i < 4; i++) recorder.gauge(rooms).set({ floor: `f${i}` }, i);
    expect(await samples(recorder, 'series')).to.deep.equal({
      series: 11,
      series_limit: 100_000,
      'series{metric="rooms"}': 4,
      'series_limit{metric="rooms"}': 5,
    });
  });

  it('show as series of the whole what all metrics expose, as cardinality() does, whatever comes and goes', async () => {
    const recorder = make({ maxSamples: 30 });
    let rows = 3;
    recorder
      .gauge(depth)
      .collect(() => Array.from({ length: rows }, (_, i) => ({ labels: { queue: `q${i}` }, value: i })));
    const changes = [
      () => fill(recorder, 9),
      () => recorder.histogram(waits).observe({ queue: 'a' }, 1),
      () => void recorder.remove(jobs, { team: 't1' }),
      () => {
        rows = 1;
      },
      () => recorder.histogram(waits).observe({ queue: 'b' }, 1),
      () => recorder.clear(jobs),
      () => fill(recorder, 40),
    ];
    for (const change of changes) {
      change();
      const { series, series_limit: limit } = await samples(recorder, 'series');
      const lines = (await body(recorder)).split('\n').filter((line) => line !== '' && !/^#|^flowplane_/.test(line));
      expect(series).to.equal(lines.length);
      expect(series).to.equal(recorder.cardinality().reduce((sum, one) => sum + one.samples, 0));
      expect(limit).to.equal(30);
    }
  });

  it('show label values that overflow or are redacted from the first one on', async () => {
    const recorder = make();
    fill(recorder, 9);
    expect(await samples(recorder, 'overflowed')).to.deep.equal({});
    fill(recorder, 3, 9);
    expect(await samples(recorder, 'overflowed')).to.deep.equal({
      'overflowed_total{metric="jobs_total",label="team"}': 3,
    });
    expect(await samples(recorder, 'redacted')).to.deep.equal({});
    recorder.histogram(waits).observe({ queue: 'ada@example.com' }, 1);
    expect(await samples(recorder, 'redacted')).to.deep.equal({
      'redacted_total{metric="waits_seconds",label="queue",pattern="email"}': 1,
    });
  });

  it('stay away from a recorder that has no metrics, until it loses something', async () => {
    const recorder = make();
    const openMetrics = async () =>
      text((await scrape(recorder, { method: 'GET', accept: 'application/openmetrics-text' })).body);
    expect([await body(recorder), await openMetrics()]).to.deep.equal(['', '# EOF\n']);
    recorder.dropped(jobs, 'family_clash', 'a site');
    expect(await samples(recorder, 'losses')).to.deep.equal(losses({ family_clash: 1 }));
  });

  it('have the losses at 0 beside a registry, before the first metric is declared', async () => {
    const registry = new Registry();
    expect(await samples(make({ registry }), 'losses')).to.deep.equal(losses({}));
  });

  it('do not change between two scrapes without an observation, and can be chosen by name', async () => {
    const recorder = make();
    fill(recorder, 12);
    recorder.counter(jobs).inc({ team: 'a' }, -1);
    expect(await body(recorder)).to.equal(await body(recorder));
    const chosen = await body(recorder, [`${own}losses_total`]);
    expect(chosen.split('\n').filter((line) => /^[^#]/.test(line))).to.have.length(dropReasons.length);
  });

  describe('make an answer of 30 metrics and 1,000 series at most 5 % larger than that of prom-client, compressed 10 %', () => {
    for (const [shape, listFamilies] of Object.entries(shapes)) {
      it(`where they are ${shape}`, async () => {
        const recorder = make();
        const registry = new Registry();
        for (const family of listFamilies()) declareInBoth(family, recorder, registry);
        const [ours, theirs] = [await body(recorder), await registry.metrics()];
        // Why: without it the answers would not be of the same data.
        expect(withoutOwn(ours)).to.have.members(linesOf(theirs));
        expect(ours.length / theirs.length).to.be.below(1.05);
        expect(gzipSync(ours).length / gzipSync(theirs).length).to.be.below(1.1);
      });
    }
  });
});

const dropped = (metric: string, reason: string): string => `dropped_total{metric="${metric}",reason="${reason}"}`;

/** The samples, their labels in one order: prom-client writes `le` first. */
const linesOf = (exposition: string): string[] =>
  exposition
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.replace(/(?<={).*(?=})/, (labels) => labels.split(',').sort().join(',')));

const withoutOwn = (exposition: string): string[] => linesOf(exposition).filter((line) => !line.startsWith(own));

const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Declares a family in our recorder and in a registry of prom-client, and records the same into both. */
function declareInBoth({ kind, name, help, series }: SampleFamily, recorder: PrometheusRecorder, registry: Registry) {
  const labelNames = Object.keys(series[0]?.[0] ?? {});
  const labels = Object.fromEntries(labelNames.map((label) => [label, {}]));
  const definition = { name, help, labels };
  const configuration = { name, help, labelNames, registers: [registry] };
  if (kind === 'counter') {
    const [ours, theirs] = [recorder.counter(defineCounter(definition)), new Counter(configuration)];
    for (const [values, value] of series) for (const one of [ours, theirs]) one.inc(values as never, value);
  } else if (kind === 'gauge') {
    const [ours, theirs] = [recorder.gauge(defineGauge(definition)), new Gauge(configuration)];
    for (const [values, value] of series) for (const one of [ours, theirs]) one.set(values as never, value);
  } else {
    const ours = recorder.histogram(defineHistogram({ ...definition, buckets }));
    const theirs = new Histogram({ ...configuration, buckets });
    for (const [values, value] of series) for (const one of [ours, theirs]) one.observe(values as never, value);
  }
}
