import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import { Counter as PromCounter, Registry } from 'prom-client';
import {
  type Advice,
  defineCounter,
  defineGauge,
  defineHistogram,
  type Family,
  PrometheusRecorder,
  scrape,
} from '../../lib/index.js';
import { OtlpExporter } from '../../lib/otlp/index.js';
import { needs } from '../needs.js';
import { ExportingService } from '../server/exporting-service.js';
import { until } from '../until.js';
import { VictoriaMetrics } from '../victoria-metrics.js';

const resource = { 'service.name': 'billing', 'service.instance.id': 'a' };

/** The labels that a receiver makes of the resource. */
const ofResource = new Set([
  'job',
  'instance',
  'service.name',
  'service.instance.id',
  'service_name',
  'service_instance_id',
  'otel_scope_name',
  'otel_scope_version',
  'scope.name',
  'scope.version',
  'scope_name',
  'scope_version',
]);

describe('A real VictoriaMetrics that metrics are exported to over OTLP', () => {
  let store: VictoriaMetrics;

  before(async function () {
    needs(this, 'victoria-metrics-next');
    store = await VictoriaMetrics.start('scrape_configs: []', 'victoria-metrics-next', [
      '-opentelemetry.usePrometheusNaming',
    ]);
  });

  after(() => store?.stop());

  const exporting = (recorder: PrometheusRecorder, more: object = {}): OtlpExporter =>
    new OtlpExporter(recorder, {
      url: `${store.url}/opentelemetry/v1/metrics`,
      resource,
      onAdvice: () => undefined,
      ...more,
    });

  const ask = async (path: string, parameters: Record<string, string>) => {
    return fetch(`${store.url}${path}?${new URLSearchParams(parameters)}`, { headers: { connection: 'close' } });
  };

  let asked = 0;
  /**
   * Waits until it shows so many series of this name.
   *
   * Why asked for each time in other words: it remembers for 10 seconds that a selector has found nothing.
   */
  const shows = (name: string, count: number) =>
    until(async () => {
      await ask('/internal/force_flush', {});
      return (await stored(`{__name__=~"${name}",none!="${asked++}"}`)).length >= count;
    });

  const query = async (promql: string): Promise<{ metric: Record<string, string>; value: number }[]> => {
    const { data } = (await (await ask('/api/v1/query', { query: promql })).json()) as {
      data: { result: { metric: Record<string, string>; value: [number, string] }[] };
    };
    return data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
  };

  /** Every series that is stored, as the text format writes it, without what the resource adds. */
  const stored = async (match: string): Promise<string[]> => {
    const lines = (await (await ask('/api/v1/export', { 'match[]': match })).text()).trim().split('\n');
    return lines
      .filter((line) => line !== '')
      .map((line) => {
        const { metric, values } = JSON.parse(line) as { metric: Record<string, string>; values: number[] };
        return spell(metric, values.at(-1) as number);
      })
      .sort();
  };

  it('has every name, label and value of a random catalogue of 300 families as they are scraped, but for those that were advised on', async () => {
    const recorder = new PrometheusRecorder({ onAdvice: () => undefined, onError: () => undefined });
    const families = fillRandomly(recorder, 300);
    expect(families.length).to.equal(300);
    const advised: string[] = [];
    const exporter = exporting(recorder, {
      onAdvice: ({ message }: Advice) => advised.push(/family "(\w+)"/.exec(message)?.[1] as string),
    });
    expect(await exporter.flush()).to.deep.equal({ result: 'success', rejectedPoints: 0 });
    const { body } = await scrape(recorder, { method: 'GET' });
    const scraped = (await text(body))
      .split('\n')
      .filter((line) => line.startsWith('r'))
      .map(readLine)
      .sort();
    await shows('r.*', scraped.length);
    const found = await stored('{__name__=~"r.*"}');
    const missing = scraped.filter((line) => !found.includes(line));
    // A counter with another "total" in its name: the receiver moves it to the end.
    expect(missing.map((line) => line.split('[')[0])).to.have.members(advised);
    expect(advised.length).to.be.within(1, 20);
    expect(found).to.have.length(scraped.length);
  });

  it('answers questions in PromQL as a scrape would have them answered', async () => {
    const recorder = new PrometheusRecorder();
    const jobs = defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { team: {} } });
    const wait = defineHistogram({ name: 'wait_seconds', help: 'Wait', unit: 'seconds', buckets: [1, 5, 10] });
    recorder.counter(jobs).inc({ team: 'mail' }, 3);
    recorder.counter(jobs).inc({ team: 'chat' }, 4);
    for (const seconds of [0.5, 3, 3, 7]) recorder.histogram(wait).observe({}, seconds);
    await exporting(recorder, { compression: 'gzip' }).flush();
    await shows('jobs_total', 2);
    const values = async (promql: string) => (await query(promql)).map(({ value }) => value);
    expect(await values('sum(jobs_total)')).to.deep.equal([7]);
    expect(await values('jobs_total{team="mail"}')).to.deep.equal([3]);
    expect(await values('wait_seconds_count')).to.deep.equal([4]);
    expect(await values('wait_seconds_sum')).to.deep.equal([13.5]);
    expect(await values('wait_seconds_bucket{le="5"}')).to.deep.equal([3]);
    expect(await values('histogram_quantile(0.5, wait_seconds_bucket)')).to.deep.equal([3]);
    const [{ metric } = { metric: {} as Record<string, string> }] = await query('jobs_total{team="chat"}');
    expect(Object.entries(metric)).to.deep.include.members([['team', 'chat']]);
    expect(Object.values(metric)).to.include.members(['billing', 'a']);
  });

  it('answers every question as it does for a scrape of the same recorder, to 12 digits', async () => {
    const recorder = new PrometheusRecorder();
    const labels = { team: {}, kind: {} };
    const calls = recorder.counter(defineCounter({ name: 'calls_total', help: 'Calls', labels }));
    const load = recorder.gauge(defineGauge({ name: 'load_ratio', help: 'Load', unit: 'ratio', labels: { team: {} } }));
    const took = recorder.histogram(
      defineHistogram({
        name: 'took_seconds',
        help: 'Time',
        unit: 'seconds',
        labels: { team: {} },
        buckets: [0.1, 1, 7.5],
      }),
    );
    for (const [i, team] of ['mail', 'chat', 'mäil "x"\\'].entries()) {
      for (const kind of ['send', 'reading']) calls.inc({ team, kind }, kind.length / 3 + i * 1e6);
      load.set({ team }, i / 7);
      for (let n = 1; n < 40; n++) took.observe({ team }, (n * (i + 1)) / 9);
    }
    const { body } = await scrape(recorder, { method: 'GET', names: ['calls_total', 'load_ratio', 'took_seconds'] });
    const scraped = await fetch(`${store.url}/api/v1/import/prometheus?extra_label=way=scrape`, {
      ...{ method: 'POST', body: await text(body), headers: { connection: 'close' } },
    });
    expect(scraped.ok).to.equal(true);
    await exporting(recorder, { resource: { ...resource, way: 'otlp' } }).flush();
    await shows('calls_total', 12);
    expect(await query('calls_total{way="otlp"}')).to.have.length(6);
    const questions = [
      'calls_total{WAY}',
      'sum(calls_total{WAY})',
      'sum by (team) (calls_total{WAY})',
      'avg without (kind) (calls_total{WAY, kind!="none"})',
      'topk(1, calls_total{WAY})',
      'calls_total{WAY, team=~"ma.*|mä.*"}',
      'load_ratio{WAY} > 0.1',
      'max(load_ratio{WAY}) - min(load_ratio{WAY})',
      'took_seconds_bucket{WAY}',
      'took_seconds_sum{WAY} / took_seconds_count{WAY}',
      'histogram_quantile(0.9, sum by (le) (took_seconds_bucket{WAY}))',
      'histogram_quantile(0.5, took_seconds_bucket{WAY})',
      'took_seconds_bucket{WAY, le="7.5"} / on (team) took_seconds_count{WAY}',
      'count(took_seconds_bucket{WAY, le="+Inf"})',
      'absent(calls_total{WAY, team="nobody"})',
    ];
    const answer = async (question: string, given: string): Promise<string[]> =>
      (await query(question.replaceAll('WAY', `way="${given}"`)))
        .map(({ metric: { way: _, ...metric }, value }) => spell(metric, value, 12))
        .sort();
    for (const question of questions) {
      const answered = await answer(question, 'otlp');
      expect(answered, question).to.not.be.empty;
      expect(answered, question).to.deep.equal(await answer(question, 'scrape'));
    }
  });

  it('has the metrics of prom-client too', async () => {
    const registry = new Registry();
    new PromCounter({ name: 'old_mails_total', help: 'Mails', registers: [registry], labelNames: ['to'] }).inc(
      { to: 'ada' },
      9,
    );
    await exporting(new PrometheusRecorder({ registry })).flush();
    await shows('old_mails_total', 1);
    expect(await query('old_mails_total{to="ada"}').then(([one]) => one?.value)).to.equal(9);
  });

  it('has native histograms, with their quantiles', async () => {
    const recorder = new PrometheusRecorder();
    const size = recorder.histogram(
      defineHistogram({ name: 'size_bytes', help: 'Size', unit: 'bytes', native: true, buckets: false }),
    );
    for (let i = 1; i <= 100; i++) size.observe({}, i);
    await exporting(recorder).flush();
    await shows('size_bytes_count', 1);
    expect((await query('size_bytes_count')).map(({ value }) => value)).to.deep.equal([100]);
    expect((await query('size_bytes_sum')).map(({ value }) => value)).to.deep.equal([5050]);
    const [median] = await query('histogram_quantile(0.5, size_bytes_bucket)');
    expect(median?.value).to.be.within(47, 53);
  });

  it('adds up deltas to what was counted', async () => {
    const recorder = new PrometheusRecorder();
    const steps = recorder.counter(defineCounter({ name: 'steps_total', help: 'Steps' }));
    const exporter = exporting(recorder, { temporality: 'delta' });
    for (const by of [2, 3, 4]) {
      steps.inc({}, by);
      expect((await exporter.flush()).result).to.equal('success');
    }
    await shows('steps_total', 1);
    expect((await query('sum_over_time(steps_total[5m])')).map(({ value }) => value)).to.deep.equal([9]);
  });

  it('has the numbers of each moment while the event loop of the service is blocked for three seconds', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'blocked-service-'));
    const url = `${store.url}/opentelemetry/v1/metrics`;
    const service = await ExportingService.start({
      url,
      intervalSeconds: 0.2,
      resource: { 'service.name': 'blocked' },
    });
    try {
      const file = join(folder, 'enough');
      service.tell(`block ${file}`);
      await setTimeout(3000);
      writeFileSync(file, '');
      const { from, to } = await service.hearsBlocked();
      await ask('/internal/force_flush', {});
      const exported = await ask('/api/v1/export', { 'match[]': 'jobs_total{service_name="blocked"}' });
      const { values, timestamps } = (await exported.json()) as { values: number[]; timestamps: number[] };
      const meanwhile = values.filter((_, i) => (timestamps[i] as number) > from && (timestamps[i] as number) < to);
      expect(meanwhile.length).to.be.above(1);
      expect(meanwhile).to.deep.equal([...new Set(meanwhile)].sort((a, b) => a - b));
    } finally {
      await service.stop();
      rmSync(folder, { recursive: true });
    }
  });
});

/** Fills a recorder with families of random names, units, kinds, labels and numbers. */
function fillRandomly(recorder: PrometheusRecorder, count: number): Family[] {
  const word = fc.constantFrom(
    'jobs',
    'mail',
    'queue',
    'total',
    'cache',
    'http',
    'seconds',
    'bytes',
    'ratio',
    'x1',
    'db',
  );
  const unit = fc.constantFrom('', 'seconds', 'bytes', 'ratio', 'celsius', 'meters');
  const family = fc.record({
    words: fc.array(word, { minLength: 1, maxLength: 3 }),
    unit,
    kind: fc.constantFrom('counter', 'gauge', 'histogram'),
    label: fc.option(fc.constantFrom('team', 'le_', 'quantile_', 'a_b', 'A'), { nil: undefined }),
    value: fc.stringMatching(/^[a-zA-Z0-9 äé"\\/.-]{1,20}$/),
    number: fc.integer({ min: 0, max: 1e9 }).map((one) => one / 1000),
  });
  const seen = new Set<string>();
  const filled: Family[] = [];
  for (const { words, unit: suffix, kind, label, value, number } of fc.sample(family, {
    numRuns: count * 3,
    seed: 19,
  })) {
    // Why numbered: no family's samples may have the name of another one's.
    const base = ['r', ...words].join('_') + filled.length + (suffix && `_${suffix}`);
    const name = kind === 'counter' ? `${base}_total` : base;
    if (filled.length === count || seen.has(name)) continue;
    seen.add(name);
    const options = { name, help: 'Random', advice: false as const, ...(label && { labels: { [label]: {} } }) };
    const labels = (label ? { [label]: value } : {}) as never;
    if (kind === 'counter') recorder.counter(keep(defineCounter(options))).inc(labels, number);
    else if (kind === 'gauge') recorder.gauge(keep(defineGauge(options))).set(labels, number);
    else recorder.histogram(keep(defineHistogram({ ...options, buckets: [1, 100] }))).observe(labels, number);
  }
  return filled;

  function keep<F extends Family>(one: F): F {
    filled.push(one);
    return one;
  }
}

/** One series, its labels in order, and its value to so many digits. */
const spell = (metric: Readonly<Record<string, string>>, value: number, digits = 9): string => {
  const labels = Object.entries(metric).filter(([name]) => name !== '__name__' && !ofResource.has(name));
  return `${metric['__name__']}${JSON.stringify(labels.sort())} ${Number(value.toPrecision(digits))}`;
};

function readLine(line: string): string {
  const [, name = '', labels = '', value = ''] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
  const read = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key = '', written = '']) => [
    key,
    written.replace(/\\(.)/g, (_all, one) => (one === 'n' ? '\n' : one)),
  ]);
  return spell({ __name__: name, ...Object.fromEntries(read) }, value === '+Inf' ? Infinity : Number(value));
}
