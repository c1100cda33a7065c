import { Agent } from 'node:http';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { Counter as PromCounter, Histogram as PromHistogram, Registry, Summary } from 'prom-client';
import {
  type Advice,
  defineCounter,
  defineGauge,
  defineHistogram,
  PrometheusRecorder,
  type SampleWriter,
  type Scrapable,
} from '../../lib/index.js';
import { OtlpExporter, type OtlpOptions } from '../../lib/otlp/index.js';
import { version } from '../../lib/version.js';
import { type Answering, answers, FaultyReceiver } from '../sending/faulty-receiver.js';
import { partialSuccess, rejecting } from './partial-success.js';
import { type ReadMetric, type ReadPoint, readOtlp } from './read-otlp.js';

const jobs = defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { team: {}, kind: {} } });
const wait = defineHistogram({ name: 'wait_seconds', help: 'Wait', unit: 'seconds', buckets: [1, 5] });
const rooms = defineGauge({ name: 'rooms', help: 'Rooms' });

describe('An OtlpExporter', () => {
  const receiver = new FaultyReceiver();
  let advice: Advice[] = [];
  const exporters: OtlpExporter[] = [];

  before(() => receiver.start());
  after(() => receiver.stop());
  beforeEach(() => {
    receiver.reset();
    advice = [];
  });
  afterEach(async () => {
    receiver.reset();
    for (const exporter of exporters.splice(0)) await exporter.shutdown();
  });

  const exporting = (recorder: Scrapable, options: OtlpOptions = {}): OtlpExporter => {
    const onAdvice = (one: Advice) => advice.push(one);
    const exporter = new OtlpExporter(recorder, { endpoint: receiver.url, onAdvice, ...options });
    exporters.push(exporter);
    return exporter;
  };

  const lastMetrics = (): readonly ReadMetric[] => receiver.received.slice(-1).flatMap((one) => readOtlp(one).metrics);
  const metric = (name: string): ReadMetric | undefined => lastMetrics().find((one) => one.name === name);
  const point = (name: string): ReadPoint | undefined => metric(name)?.points[0];

  it('sends counters, gauges and histograms with their labels, descriptions and units', async () => {
    const recorder = new PrometheusRecorder({ constantLabels: { zone: 'eu' } });
    const before = BigInt(Date.now()) * 1_000_000n;
    recorder.counter(jobs).inc({ team: 'mail', kind: 'send' }, 2);
    recorder.counter(jobs).inc({ team: 'mail', kind: '' }, 3);
    recorder.gauge(rooms).set({}, -1.5);
    for (const seconds of [0.5, 3, 9]) recorder.histogram(wait).observe({}, seconds);
    expect(await exporting(recorder).flush()).to.deep.equal({ result: 'success', rejectedPoints: 0 });

    const [request] = receiver.received;
    expect([request?.method, request?.path]).to.deep.equal(['POST', '/v1/metrics']);
    expect(request?.headers['content-type']).to.equal('application/x-protobuf');
    const counted = metric('jobs');
    expect(counted).to.deep.include({ description: 'Jobs', unit: '', data: 'sum', temporality: 2, isMonotonic: true });
    expect(counted?.points.map(({ attributes, asDouble }) => [attributes, asDouble])).to.deep.equal([
      [{ zone: 'eu', team: 'mail', kind: 'send' }, 2],
      [{ zone: 'eu', team: 'mail' }, 3],
    ]);
    const [one] = counted?.points ?? [];
    expect(one?.start !== undefined && one.start >= before - 1_000_000n && one.start <= one.time).to.equal(true);
    expect(one?.time !== undefined && one.time >= before && one.time <= BigInt(Date.now() + 1) * 1_000_000n).to.equal(
      true,
    );
    expect(metric('rooms')).to.deep.include({ data: 'gauge' });
    expect(point('rooms')?.asDouble).to.equal(-1.5);
    expect(metric('wait')).to.deep.include({ unit: 's', data: 'histogram', temporality: 2 });
    expect(point('wait')).to.deep.include({ count: 3, sum: 12.5, bounds: [1, 5], counts: [1, 1, 1] });
    expect(metric('flowplane_metrics_losses')?.data).to.equal('sum');
  });

  it('says whose numbers they are, with an instance of its own for each process', async () => {
    const resource = { 'service.name': 'billing', 'deployment.environment': 'test' };
    await exporting(new PrometheusRecorder(), { resource }).flush();
    const { resource: received, scope } = readOtlp(receiver.received[0] as never);
    expect(received).to.deep.include(resource);
    expect(received['service.instance.id']).to.match(/^[0-9a-f-]{36}$/);
    expect(scope).to.deep.equal({ name: 'flowplane-metrics', version });
  });

  it('sends native histograms as exponential ones', async () => {
    const native = {
      ...{ schema: 3, zeroThreshold: 0.001, zeroCount: 2, exemplars: [] },
      positive: { size: 3, indexes: [-2, 0, 5], counts: [1, 4, 2] },
      negative: { size: 1, indexes: [7], counts: [3] },
    };
    const view = { upperBounds: [Infinity], cumulativeCounts: [12], sum: 4, count: 12, createdAt: 5, native };
    const scrapable = familyOf('size_bytes', 'histogram', (writer) =>
      writer.histogram(0, { ...view, exemplars: undefined }),
    );
    await exporting(scrapable).flush();
    expect(metric('size')).to.deep.include({ data: 'exponential', unit: 'By', temporality: 2 });
    expect(point('size')).to.deep.include({
      count: 12,
      sum: 4,
      scale: 3,
      zeroCount: 2,
      zeroThreshold: 0.001,
      start: 5_000_000_000n,
    });
    expect(point('size')?.positive).to.deep.equal({ offset: -3, counts: [1, 0, 4, 0, 0, 0, 0, 2] });
    expect(point('size')?.negative).to.deep.equal({ offset: 6, counts: [3] });
  });

  it('sends what a recorder counts in native buckets, as totals and as deltas', async () => {
    const recorder = new PrometheusRecorder();
    const size = recorder.histogram(
      defineHistogram({ name: 'size_bytes', help: 'Size', unit: 'bytes', native: true, buckets: false }),
    );
    for (const bytes of [0, 1, 2, 4, 4, -1]) size.observe({}, bytes);
    const [cumulative, delta] = [exporting(recorder), exporting(recorder, { temporality: 'delta' })];
    const empty = [0, 0, 0, 0, 0, 0, 0];
    const first = { count: 6, sum: 10, scale: 3, zeroCount: 1, negative: { offset: -1, counts: [1] } };
    const positive = { offset: -1, counts: [1, ...empty, 1, ...empty, 2] };
    for (const exporter of [cumulative, delta]) {
      await exporter.flush();
      expect(metric('size')?.data).to.equal('exponential');
      expect(point('size')).to.deep.include({ ...first, positive });
    }
    size.observe({}, 2);
    await delta.flush();
    expect(point('size')).to.deep.include({ count: 1, sum: 2, zeroCount: 0, positive: { offset: 7, counts: [1] } });
    await cumulative.flush();
    expect(point('size')?.count).to.equal(7);
  });

  for (const [what, cumulativeCounts] of Object.entries({ fall: [5, 3], 'are no whole numbers': [0.5, 3] })) {
    it(`sends a histogram whose counts ${what} as single samples, as the formats of a scrape do`, async () => {
      const view = { upperBounds: [1, Infinity], cumulativeCounts, sum: 4, count: 3, createdAt: 5 };
      const scrapable = familyOf('size_bytes', 'histogram', (writer) =>
        writer.histogram(0, { ...view, exemplars: undefined, native: undefined }),
      );
      await exporting(scrapable).flush();
      expect(metric('size')).to.equal(undefined);
      expect(metric('size_bytes_bucket')?.points.map(({ asDouble }) => asDouble)).to.deep.equal(cumulativeCounts);
    });
  }

  it('sends exemplars with their trace and span', async () => {
    const labels = { trace_id: 'ab'.repeat(16), span_id: 'cd'.repeat(8), user: 'ada' };
    const scrapable = familyOf('jobs_total', 'counter', (writer) =>
      writer.value(0, 3, 1, { labels, value: 2, timestamp: 1.5 }),
    );
    await exporting(scrapable).flush();
    const exemplar = { asDouble: 2, traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), attributes: { user: 'ada' } };
    expect(point('jobs')?.exemplars).to.deep.equal([exemplar]);
  });

  it('sends all labels of an exemplar in JSON, also those on both sides of its trace', async () => {
    const labels = { user: 'ada', trace_id: 'ab'.repeat(16), order: '17', span_id: 'cd'.repeat(8), zone: 'eu' };
    const scrapable = familyOf('jobs_total', 'counter', (writer) =>
      writer.value(0, 3, 1, { labels, value: 2, timestamp: 1.5 }),
    );
    await exporting(scrapable, { protocol: 'http/json' }).flush();
    const { resourceMetrics } = JSON.parse(String(receiver.received[0]?.body));
    const [{ filteredAttributes, traceId, spanId }] =
      resourceMetrics[0].scopeMetrics[0].metrics[0].sum.dataPoints[0].exemplars;
    expect([traceId, spanId]).to.deep.equal([labels.trace_id, labels.span_id]);
    expect(filteredAttributes.map(({ key }: { key: string }) => key)).to.deep.equal(['user', 'order', 'zone']);
  });

  it('sends counters, histograms and summaries of prom-client as totals', async () => {
    const registry = new Registry();
    const registers = [registry];
    new PromCounter({ name: 'old_jobs_total', help: 'Jobs', registers }).inc(4);
    new PromHistogram({ name: 'old_latency', help: 'Latency', registers, buckets: [1] }).observe(0.5);
    new Summary({ name: 'old_size', help: 'Size', registers, percentiles: [0.5] }).observe(7);
    await exporting(new PrometheusRecorder({ registry }), { temporality: 'lowmemory' }).flush();
    expect(metric('old_jobs')?.temporality).to.equal(2);
    expect(point('old_jobs')?.asDouble).to.equal(4);
    expect(point('old_latency')).to.deep.include({ count: 1, counts: [1, 0], bounds: [1] });
    expect(point('old_size')).to.deep.include({ count: 1, sum: 7, quantiles: [{ quantile: 0.5, value: 7 }] });
  });

  it('begins the totals of a prom-client counter anew where it was reset', async () => {
    const registry = new Registry();
    const counter = new PromCounter({ name: 'old_jobs_total', help: 'Jobs', registers: [registry] });
    const exporter = exporting(new PrometheusRecorder({ registry }));
    const seen: ReadPoint[] = [];
    for (const change of [() => counter.inc(4), () => counter.inc(1), () => counter.reset(), () => counter.inc(2)]) {
      change();
      await exporter.flush();
      seen.push(point('old_jobs') as ReadPoint);
    }
    const [first, second, third, fourth] = seen;
    expect(seen.map(({ asDouble }) => asDouble)).to.deep.equal([4, 5, 0, 2]);
    expect(second?.start).to.equal(first?.start);
    expect(third?.start).to.equal(second?.time);
    expect(fourth?.start).to.equal(third?.start);
  });

  it('begins the totals of a prom-client summary when it has seen it first, and anew where it was reset', async () => {
    const registry = new Registry();
    const summary = new Summary({ name: 'old_size', help: 'Size', registers: [registry], percentiles: [0.5] });
    const exporter = exporting(new PrometheusRecorder({ registry }));
    const seen: ReadPoint[] = [];
    for (const change of [() => summary.observe(4), () => summary.observe(1), () => summary.reset()]) {
      change();
      await exporter.flush();
      seen.push(point('old_size') as ReadPoint);
    }
    const [first, second, third] = seen;
    expect(seen.map(({ count }) => count)).to.deep.equal([1, 2, 0]);
    expect(second?.start).to.equal(first?.start);
    expect(third?.start).to.equal(second?.time);
  });

  it('counts nothing of a prom-client counter twice that could not be collected for once', async () => {
    const registry = new Registry();
    let isBroken = false;
    const collect = (): void => {
      if (isBroken) throw new Error('no');
    };
    const counter = new PromCounter({ name: 'calls_total', help: 'Calls', registers: [registry], collect });
    const recorder = new PrometheusRecorder({ registry, onAdvice: () => undefined, onError: () => undefined });
    const [cumulative, delta] = [exporting(recorder), exporting(recorder, { temporality: 'delta' })];
    const sent: (readonly [number | undefined, bigint | undefined])[] = [];
    for (const [added, breaks] of [
      [3, false],
      [0, true],
      [2, false],
    ] as const) {
      counter.inc(added);
      isBroken = breaks;
      for (const exporter of [cumulative, delta]) {
        await exporter.flush();
        sent.push([point('calls')?.asDouble, point('calls')?.start]);
      }
    }
    expect(sent.map(([value]) => value)).to.deep.equal([3, 3, undefined, undefined, 5, 2]);
    expect(sent[4]?.[1]).to.equal(sent[0]?.[1]);
  });

  it('sends all of a prom-client metric that is of another kind than before under its name', async () => {
    const registry = new Registry();
    const exporter = exporting(new PrometheusRecorder({ registry }), { temporality: 'delta' });
    const given = { name: 'wait_total', help: 'Wait', registers: [registry] };
    new PromHistogram({ ...given, buckets: [1] }).observe(0.5);
    await exporter.flush();
    registry.removeSingleMetric('wait_total');
    new PromCounter(given).inc(5);
    await exporter.flush();
    expect(point('wait')?.asDouble).to.equal(5);
  });

  it('sends no delta of a counter that has grown beyond every number', async () => {
    const registry = new Registry();
    const counter = new PromCounter({ name: 'calls_total', help: 'Calls', registers: [registry] });
    const exporter = exporting(new PrometheusRecorder({ registry }), { temporality: 'delta' });
    for (let i = 0; i < 2; i++) counter.inc(Number.MAX_VALUE);
    await exporter.flush();
    expect(point('calls')?.asDouble).to.equal(Infinity);
    counter.inc(1);
    await exporter.flush();
    expect(metric('calls')).to.equal(undefined);
  });

  it('sends as deltas what was added since the last export, each from where the last one has ended', async () => {
    const recorder = new PrometheusRecorder();
    const exporter = exporting(recorder, { temporality: 'delta' });
    const labels = { team: 'mail', kind: 'send' };
    recorder.counter(jobs).inc(labels, 2);
    for (const seconds of [0.5, 3]) recorder.histogram(wait).observe({}, seconds);
    await exporter.flush();
    const first = { jobs: point('jobs'), wait: point('wait') };
    expect(metric('jobs')?.temporality).to.equal(1);
    await exporter.flush();
    expect([metric('jobs'), metric('wait')]).to.deep.equal([undefined, undefined]);
    recorder.counter(jobs).inc(labels, 5);
    recorder.histogram(wait).observe({}, 9);
    await exporter.flush();
    expect([first.jobs?.asDouble, point('jobs')?.asDouble]).to.deep.equal([2, 5]);
    expect(point('jobs')?.start).to.equal(first.jobs?.time);
    expect([first.wait?.counts, point('wait')?.counts]).to.deep.equal([
      [1, 1, 0],
      [0, 0, 1],
    ]);
    expect(point('wait')).to.deep.include({ count: 1, sum: 9, start: first.wait?.time });
  });

  it('tells series apart as deltas whatever characters their labels have', async () => {
    const recorder = new PrometheusRecorder();
    const exporter = exporting(recorder, { temporality: 'delta' });
    const both = [
      { team: 'a\u0000kind\u0000b', kind: 'c' },
      { team: 'a', kind: 'b\u0000kind\u0000c' },
    ];
    for (const amounts of [
      [7, 5],
      [1, 2],
    ]) {
      for (const [i, labels] of both.entries()) recorder.counter(jobs).inc(labels, amounts[i]);
      await exporter.flush();
      expect(metric('jobs')?.points.map(({ asDouble }) => asDouble)).to.deep.equal(amounts);
    }
  });

  it('tells series apart as deltas whatever characters the names of their labels have', async () => {
    let amounts = [7, 5];
    const scrapable = familyOf('jobs_total', 'counter', (writer) => {
      writer.label(0, 'a\u00001\u0000bc', 'd');
      writer.value(1, amounts[0] as number, 1);
      writer.label(0, 'a', 'b');
      writer.label(1, 'c', 'd');
      writer.value(2, amounts[1] as number, 1);
    });
    const exporter = exporting(scrapable, { temporality: 'delta' });
    for (const added of [amounts, [1, 2]]) {
      await exporter.flush();
      expect(metric('jobs')?.points.map(({ asDouble }) => asDouble)).to.deep.equal(added);
      amounts = [8, 7];
    }
  });

  it('sends totals and deltas of one family apart, where the creation of some series is not known', async () => {
    const scrapable = familyOf('jobs_total', 'counter', (writer) => {
      writer.value(0, 3, 1);
      writer.label(0, 'team', 'mail');
      writer.value(1, 4);
    });
    await exporting(scrapable, { temporality: 'lowmemory', protocol: 'http/json' }).flush();
    const { resourceMetrics } = JSON.parse(String(receiver.received[0]?.body));
    const sent = resourceMetrics[0].scopeMetrics[0].metrics.filter(({ name }: { name: string }) => name === 'jobs');
    const valuesOf = ({ sum }: { sum: { aggregationTemporality: number; dataPoints: { asDouble: number }[] } }) => [
      ...[sum.aggregationTemporality, ...sum.dataPoints.map(({ asDouble }) => asDouble)],
    ];
    expect(sent.map(valuesOf)).to.deep.equal([
      [1, 3],
      [2, 4],
    ]);
  });

  it('sends with the next export the deltas that were refused, and never those that were accepted', async () => {
    const recorder = new PrometheusRecorder();
    const exporter = exporting(recorder, { temporality: 'delta' });
    const inc = (by: number) => recorder.counter(jobs).inc({ team: 'mail', kind: 'send' }, by);
    inc(2);
    receiver.reset(answers(400));
    await exporter.flush();
    const refused = point('jobs');
    inc(3);
    receiver.reset();
    await exporter.flush();
    expect([refused?.asDouble, point('jobs')?.asDouble]).to.deep.equal([2, 5]);
    expect(point('jobs')?.start).to.equal(refused?.start);
    inc(1);
    await exporter.flush();
    expect(point('jobs')?.asDouble).to.equal(1);
  });

  it('counts from 0 a series that was removed and created again between two exports', async () => {
    const recorder = new PrometheusRecorder();
    const labels = { team: 'mail', kind: 'send' };
    const [cumulative, delta] = [exporting(recorder), exporting(recorder, { temporality: 'delta' })];
    recorder.counter(jobs).inc(labels, 2);
    await cumulative.flush();
    const first = point('jobs');
    await delta.flush();
    recorder.remove(jobs, labels);
    await new Promise((resolve) => setTimeout(resolve, 3));
    recorder.counter(jobs).inc(labels, 7);
    await cumulative.flush();
    expect(point('jobs')?.asDouble).to.equal(7);
    expect((point('jobs')?.start as bigint) > (first?.start as bigint)).to.equal(true);
    await delta.flush();
    expect(point('jobs')?.asDouble).to.equal(7);
  });

  it('counts from 0 a series that has expired and come back between two exports', async () => {
    let seconds = 0;
    const recorder = new PrometheusRecorder({ clock: () => seconds });
    const visits = defineCounter({
      name: 'visits_total',
      help: 'Visits',
      labels: { team: {} },
      expireAfterSeconds: 60,
    });
    const [cumulative, delta] = [exporting(recorder), exporting(recorder, { temporality: 'delta' })];
    const read = async (exporter: OtlpExporter): Promise<number | undefined> => {
      await exporter.flush();
      return point('visits')?.asDouble;
    };
    recorder.counter(visits).inc({ team: 'mail' }, 9);
    expect([await read(cumulative), await read(delta)]).to.deep.equal([9, 9]);
    seconds = 120;
    expect([await read(cumulative), await read(delta)]).to.deep.equal([undefined, undefined]);
    recorder.counter(visits).inc({ team: 'mail' }, 2);
    expect([await read(cumulative), await read(delta)]).to.deep.equal([2, 2]);
  });

  it('sends as deltas all that a native histogram has got, before and after it is reset and made coarser', async () => {
    const buckets = (size: number, indexes: number[], counts: number[]) => ({ size, indexes, counts });
    const none = buckets(0, [], []);
    const native = (schema: number, positive: typeof none) => ({
      ...{ schema, zeroThreshold: 0, zeroCount: 0, exemplars: [], positive, negative: none },
    });
    /** Count, sum, creation time, buckets. */
    const seen = [
      [5, 10, 1, native(3, buckets(2, [1, 9], [2, 3]))],
      [2, 4, 7, native(3, buckets(1, [9], [2]))],
      [6, 20, 7, native(2, buckets(2, [5, 9], [3, 3]))],
    ] as const;
    let i = 0;
    const scrapable = familyOf('size_bytes', 'histogram', (writer) => {
      const [count, sum, createdAt, native] = seen[i++] as (typeof seen)[number];
      const classic = { upperBounds: [Infinity], cumulativeCounts: [count], exemplars: undefined };
      writer.histogram(0, { ...classic, count, sum, createdAt, native });
    });
    const exporter = exporting(scrapable, { temporality: 'delta' });
    const points: ReadPoint[] = [];
    for (const _ of seen) {
      await exporter.flush();
      points.push(point('size') as ReadPoint);
    }
    expect(points.map(({ count, sum, scale, positive }) => [count, sum, scale, positive])).to.deep.equal([
      [5, 10, 3, { offset: 0, counts: [2, 0, 0, 0, 0, 0, 0, 0, 3] }],
      [2, 4, 3, { offset: 8, counts: [2] }],
      [4, 16, 2, { offset: 4, counts: [1, 0, 0, 0, 3] }],
    ]);
    const [, second, third] = points;
    expect(second?.start).to.equal(7_000_000_000n);
    expect(third?.start).to.equal(second?.time);
  });

  it('sends the deltas of a request that was accepted once, though a later one of the same export is refused', async () => {
    const recorder = new PrometheusRecorder({ maxSeriesPerFamily: 100_000, onAdvice: () => undefined });
    const count = 12_000;
    const fill = (by: number): void => {
      for (let i = 0; i < count; i++) recorder.counter(jobs).inc({ team: `team-${i}`, kind: 'x'.repeat(400) }, by);
    };
    const exporter = exporting(recorder, { temporality: 'delta' });
    const sums = new Map<string, number>();
    const addUp = (accepted: typeof receiver.received): void => {
      for (const one of accepted) {
        for (const { attributes, asDouble = 0 } of readOtlp(one).metrics.find(({ name }) => name === 'jobs')?.points ??
          []) {
          const team = attributes['team'] as string;
          sums.set(team, (sums.get(team) ?? 0) + asDouble);
        }
      }
    };
    fill(1);
    receiver.reset(answers(200), answers(400));
    expect((await exporter.flush()).result).to.equal('failed');
    addUp(receiver.received.slice(0, 1));
    fill(2);
    receiver.reset();
    await exporter.flush();
    addUp(receiver.received);
    expect([sums.size, ...new Set(sums.values())]).to.deep.equal([count, 3]);
  });

  it('connects by the agent that it is given, and not by HTTP_PROXY', async () => {
    let connections = 0;
    class Counting extends Agent {
      override createConnection(
        ...given: Parameters<Agent['createConnection']>
      ): ReturnType<Agent['createConnection']> {
        connections++;
        return super.createConnection(...given);
      }
    }
    const agent = new Counting({ keepAlive: true });
    const before = { ...process.env };
    Object.assign(process.env, { HTTP_PROXY: 'http://127.0.0.1:1', http_proxy: 'http://127.0.0.1:1' });
    try {
      const exporter = exporting(new PrometheusRecorder(), { agent });
      for (let i = 0; i < 2; i++) expect((await exporter.flush()).result).to.equal('success');
      expect(connections).to.equal(1);
    } finally {
      for (const name of ['HTTP_PROXY', 'http_proxy']) delete process.env[name];
      Object.assign(process.env, before);
      agent.destroy();
    }
  });

  it('tells a state again once it has been well in between', async () => {
    const exporter = exporting(new PrometheusRecorder());
    for (const status of [400, 400, 200, 400, 401]) {
      receiver.reset(answers(status));
      await exporter.flush();
    }
    expect(advice.map(({ message }) => /status \d+/.exec(message)?.[0])).to.deep.equal([
      ...['status 400', 'status 400', 'status 401'],
    ]);
  });

  it('has points whose time does not end before it begins, and loses none, where the clock jumps', async () => {
    const recorder = new PrometheusRecorder();
    const exporter = exporting(recorder, { temporality: 'delta' });
    const dateNow = Date.now;
    let sum = 0;
    try {
      for (const shift of [0, 3600e3, 3599e3, -3600e3, 0]) {
        Date.now = () => dateNow() + shift;
        recorder.counter(jobs).inc({ team: 'mail', kind: 'send' }, 2);
        recorder.histogram(wait).observe({}, 3);
        await exporter.flush();
        sum += point('jobs')?.asDouble ?? 0;
        for (const one of [point('jobs'), point('wait')]) {
          expect(one !== undefined && one.start <= one.time).to.equal(true);
          expect(Math.abs(Number((one as ReadPoint).time / 1_000_000n) - Date.now())).to.be.below(10_000);
        }
      }
    } finally {
      Date.now = dateNow;
    }
    expect(sum).to.equal(10);
  });

  it('compresses where it is told to, and sends headers', async () => {
    await exporting(new PrometheusRecorder(), { compression: 'gzip', headers: { 'X-Key': 'abc' } }).flush();
    const { headers } = receiver.received[0] as { headers: Record<string, string> };
    expect([headers['content-encoding'], headers['x-key']]).to.deep.equal(['gzip', 'abc']);
    expect(readOtlp(receiver.received[0] as never).scope.name).to.equal('flowplane-metrics');
  });

  it('sends JSON where it is told to, with the same numbers', async () => {
    const recorder = new PrometheusRecorder();
    recorder.counter(jobs).inc({ team: 'mäil "x"', kind: 'send' }, 2);
    recorder.gauge(rooms).set({}, -1.5);
    recorder.histogram(wait).observe({}, 3);
    recorder.histogram(defineHistogram({ name: 'size', help: 'Size', native: true, buckets: false })).observe({}, 4);
    await exporting(recorder, { protocol: 'http/json' }).flush();
    const [{ headers, body } = { headers: {}, body: '' }] = receiver.received;
    expect((headers as Record<string, string>)['content-type']).to.equal('application/json');
    const { resourceMetrics } = JSON.parse(String(body));
    const [{ resource, scopeMetrics }] = resourceMetrics;
    expect(resource.attributes[0]).to.deep.equal({
      key: 'service.name',
      value: { stringValue: 'unknown_service:node' },
    });
    expect(scopeMetrics[0].scope).to.deep.equal({ name: 'flowplane-metrics', version });
    const found = (name: string) => scopeMetrics[0].metrics.find((one: { name: string }) => one.name === name);
    const [point] = found('jobs').sum.dataPoints;
    expect(found('jobs').sum).to.deep.include({ aggregationTemporality: 2, isMonotonic: true });
    expect(point).to.deep.include({ asDouble: 2 });
    expect(point.attributes[0]).to.deep.equal({ key: 'team', value: { stringValue: 'mäil "x"' } });
    expect([point.startTimeUnixNano, point.timeUnixNano].every((time) => /^1[0-9]{18}$/.test(time))).to.equal(true);
    expect(found('rooms').gauge.dataPoints[0].asDouble).to.equal(-1.5);
    const [waited] = found('wait').histogram.dataPoints;
    expect(waited).to.deep.include({ count: '1', sum: 3, bucketCounts: ['0', '1', '0'], explicitBounds: [1, 5] });
    const [sized] = found('size').exponentialHistogram.dataPoints;
    expect(sized).to.deep.include({ count: '1', scale: 3, positive: { offset: 15, bucketCounts: ['1'] } });
  });

  it('sends in JSON characters of every kind, and a zero with its sign', async () => {
    const recorder = new PrometheusRecorder();
    const value = 'a"b\\c\n\u0001ü€😀\u2028';
    recorder.counter(jobs).inc({ team: value, kind: '' });
    recorder.gauge(rooms).set({}, -0);
    await exporting(recorder, { protocol: 'http/json' }).flush();
    const body = receiver.received[0]?.body.toString() ?? '';
    expect(body).to.contain(JSON.stringify(value)).and.to.contain('"asDouble":-0');
    expect(JSON.parse(body).resourceMetrics).to.have.length(1);
  });

  it('sends little more than its numbers in JSON where the resource is large', async () => {
    const resource = Object.fromEntries(Array.from({ length: 80 }, (_, i) => [`annotation.${i}`, 'x'.repeat(100)]));
    const families = Array.from({ length: 300 }, (_, i) => ({
      ...{ name: `family_${i}`, type: 'gauge' as const, help: 'Help' },
      *write(writer: SampleWriter): Generator<void> {
        writer.value(0, i);
        yield;
      },
    }));
    await exporting({ exposedFamilies: async () => families }, { protocol: 'http/json', resource }).flush();
    const sizes = receiver.received.map(({ body }) => body.length);
    expect(sizes).to.have.length(1);
    expect(Math.max(...sizes)).to.be.below(200_000);
  });

  it('cuts what is large into requests of less than 4 MiB, in which every series is once', async () => {
    const recorder = new PrometheusRecorder({ maxSeriesPerFamily: 100_000, onAdvice: () => undefined });
    for (let i = 0; i < 50_000; i++)
      recorder.counter(jobs).inc({ team: `team-${i}`, kind: 'a kind that is long enough' });
    await exporting(recorder).flush();
    const sizes = receiver.received.map(({ body }) => body.length);
    expect(sizes.length).to.be.within(2, 5);
    expect(Math.max(...sizes)).to.be.at.most(4 * 1024 * 1024);
    const teams = receiver.received.flatMap((one) =>
      readOtlp(one)
        .metrics.filter(({ name }) => name === 'jobs')
        .flatMap(({ points }) => points.map(({ attributes }) => attributes['team'])),
    );
    expect([teams.length, new Set(teams).size]).to.deep.equal([50_000, 50_000]);
  });

  it('cuts thousands of small families into requests too', async () => {
    const help = 'x'.repeat(2000);
    const families = Array.from({ length: 4000 }, (_, i) => ({
      ...{ name: `family_${i}`, type: 'gauge' as const, help },
      *write(writer: SampleWriter): Generator<void> {
        writer.value(0, i);
        yield;
      },
    }));
    await exporting({ exposedFamilies: async () => families }).flush();
    expect(receiver.received.length).to.be.within(2, 4);
    expect(Math.max(...receiver.received.map(({ body }) => body.length))).to.be.at.most(4 * 1024 * 1024);
    expect(receiver.received.flatMap((one) => readOtlp(one).metrics).length).to.be.above(4000);
  });

  it('counts its exports, and sends these numbers too', async () => {
    const exporter = exporting(new PrometheusRecorder());
    receiver.reset(answers(400));
    await exporter.flush();
    receiver.reset(answers(200, {}, partialSuccess(3, 'too old')));
    expect(await exporter.flush()).to.deep.include({ result: 'partial', rejectedPoints: 3 });
    receiver.reset();
    await exporter.flush();
    const points = metric('flowplane_metrics_otlp_exports')?.points ?? [];
    expect(points.map(({ attributes, asDouble }) => [attributes['result'], asDouble])).to.deep.equal([
      ['success', 0],
      ['partial', 1],
      ['failed', 1],
    ]);
    expect(point('flowplane_metrics_otlp_rejected_points')?.asDouble).to.equal(3);
    expect(point('flowplane_metrics_otlp_export_duration')?.count).to.equal(2);
  });

  const states: Readonly<Record<string, readonly [answering: Answering, message: RegExp, options?: OtlpOptions]>> = {
    '400': [answers(400, {}, 'bad\nthing'), /given status 400, "bad thing"\)\. Look at the log/],
    '401': [answers(401), /given status 401\)\. Check "headers"/],
    '404': [answers(404), /Check "endpoint", to which \/v1\/metrics is added/],
    'a redirect': [answers(302, { Location: 'http://elsewhere/' }), /given status 302/],
    'a reset': [
      (response) => response.destroy(),
      ...([/given (the connection was reset|no answer)/, { exportTimeoutSeconds: 0.6 }] as const),
    ],
    'a partial success': [answers(200, {}, partialSuccess(2, 'no')), /given 2 points rejected: "no"/],
    'a web page': [answers(200, {}, '<html>'), /given an answer that is none of OTLP/],
    '100 MB': [answers(200, {}, Buffer.alloc(100 * 1024 * 1024, 'x')), /given an answer that is none of OTLP/],
  };
  for (const [name, [answering, message, options]] of Object.entries(states)) {
    it(`advises once, and not at each export, of ${name}`, async () => {
      receiver.reset(answering);
      const headers = { Authorization: 'Bearer s3cret' };
      const exporter = exporting(new PrometheusRecorder(), { headers, ...options });
      for (let i = 0; i < 3; i++) await exporter.flush();
      expect(advice.map(({ code }) => code)).to.deep.equal(['otlp']);
      expect(advice[0]?.message).to.match(message);
      expect(JSON.stringify(advice)).to.not.contain('s3cret');
    });
  }

  it('tells each of several states once, also where they take turns', async () => {
    const exporter = exporting(new PrometheusRecorder());
    for (const status of [400, 401, 400, 401, 400]) {
      receiver.reset(answers(status));
      await exporter.flush();
    }
    expect(advice.map(({ message }) => /status \d+/.exec(message)?.[0])).to.deep.equal(['status 400', 'status 401']);
  });

  const json = { 'Content-Type': 'application/json' };
  const rejections: Readonly<Record<string, readonly [answering: Answering, rejected: 'all' | number]>> = {
    'more points than a number holds': [answers(200, {}, rejecting(2n ** 53n + 1n)), 'all'],
    'less than none': [answers(200, {}, rejecting(-1n)), 0],
    'more than there were, in JSON': [answers(200, json, '{"partialSuccess":{"rejectedDataPoints":1e300}}'), 'all'],
    'a part of one, in JSON': [answers(200, json, '{"partialSuccess":{"rejectedDataPoints":1.5}}'), 0],
    'nothing, in JSON': [answers(200, json, '{"partialSuccess":null}'), 0],
  };
  for (const [what, [answering, rejected]] of Object.entries(rejections)) {
    it(`counts no more points as rejected than were sent, where the receiver says that it has rejected ${what}`, async () => {
      receiver.reset(answering);
      const { result, rejectedPoints } = await exporting(new PrometheusRecorder()).flush();
      const sent = lastMetrics().reduce((sum, { points }) => sum + points.length, 0);
      expect(rejectedPoints).to.equal(rejected === 'all' ? sent : rejected);
      expect(result).to.equal(rejected === 'all' ? 'partial' : 'success');
      expect(advice).to.have.length(rejected === 'all' ? 1 : 0);
    });
  }

  it('says no key in the query of its URL that a receiver repeats', async () => {
    receiver.reset((response, { url }) => response.writeHead(404).end(`nothing at ${url}`));
    const { reason } = await exporting(new PrometheusRecorder(), {
      url: `${receiver.url}/push?key=s3cret%2Fword`,
    }).flush();
    expect(reason).to.contain('nothing at /push?key=***');
    expect(JSON.stringify([reason, advice])).to.not.match(/s3c/);
  });

  for (const [what, answering] of Object.entries({
    'an error': (secret: string) => answers(401, {}, `${'x'.repeat(190)} no such token: Bearer ${secret}`),
    'a remark': (secret: string) => answers(200, {}, partialSuccess(1, `bad ${secret}`)),
  })) {
    it(`says no secret that a receiver repeats in ${what}`, async () => {
      const secret = 's3cret-token-of-ada';
      receiver.reset(answering(secret));
      const exporter = exporting(new PrometheusRecorder(), { headers: { Authorization: `Bearer ${secret}` } });
      const { reason } = await exporter.flush();
      expect(reason).to.match(/status 401|1 points rejected/);
      const told = [reason, advice, inspect(exporter, { depth: 9, showHidden: true }), JSON.stringify(exporter)];
      expect(JSON.stringify(told)).to.not.match(/s3c/);
    });
  }

  it('has a target without the query, which may have a key', () => {
    const { target } = exporting(new PrometheusRecorder(), { url: `${receiver.url}/push?key=s3cret#x` });
    expect(target).to.equal(`${receiver.url}/push`);
  });

  it('ends a flush, and takes the next one, where a collector hangs or throws', async () => {
    const collecting = [
      () => new Promise<never>(() => undefined),
      () => Promise.reject(new Error('no')),
      async () => [],
    ];
    let calls = 0;
    const scrapable: Scrapable = { exposedFamilies: () => (collecting[calls++] as (typeof collecting)[0])() };
    // Why so long: the last one must be done within it, on a busy machine too.
    const exporter = exporting(scrapable, { exportTimeoutSeconds: 2 });
    const results = [await exporter.flush(), await exporter.flush(), await exporter.flush()];
    expect(results.map(({ result }) => result)).to.deep.equal(['failed', 'failed', 'success']);
  });

  it('sends smaller requests after 413', async () => {
    const recorder = new PrometheusRecorder({ onAdvice: () => undefined });
    for (let i = 0; i < 9000; i++) recorder.counter(jobs).inc({ team: `team-${i}`, kind: 'x'.repeat(250) });
    const exporter = exporting(recorder);
    receiver.reset(answers(413));
    await exporter.flush();
    const first = receiver.received[0]?.body.length as number;
    receiver.reset();
    expect((await exporter.flush()).result).to.equal('success');
    expect(Math.max(...receiver.received.map(({ body }) => body.length))).to.be.below(first);
  });

  it('does not repeat points that were accepted, where the rest of the answer does not come', async () => {
    receiver.reset((response) => response.writeHead(200).write('x'));
    const recorder = new PrometheusRecorder();
    recorder.counter(jobs).inc({ team: 'mail', kind: 'send' });
    const exporter = exporting(recorder, { temporality: 'delta', timeoutSeconds: 0.2 });
    await exporter.flush();
    receiver.reset();
    await exporter.flush();
    expect(metric('jobs')).to.equal(undefined);
  });

  it('gives the flush that comes during another one an export of its own', async () => {
    const recorder = new PrometheusRecorder();
    const exporter = exporting(recorder);
    recorder.gauge(rooms).set({}, 1);
    let release = (): unknown => undefined;
    const held = new Promise<void>((resolve) => {
      receiver.reset((response) => {
        release = () => response.end();
        resolve();
      }, answers(200));
    });
    const first = exporter.flush();
    await held;
    recorder.gauge(rooms).set({}, 2);
    const others = [exporter.flush(), exporter.flush()];
    release();
    await Promise.all([first, ...others]);
    expect(point('rooms')?.asDouble).to.equal(2);
    expect(receiver.received).to.have.length(2);
  });

  it('ends at shutdown within its limit where the receiver hangs, and sends nothing any more', async () => {
    receiver.reset(() => undefined);
    const exporter = exporting(new PrometheusRecorder(), { shutdownTimeoutSeconds: 0.2 });
    const flushed = exporter.flush();
    expect(await exporter.shutdown()).to.deep.include({ result: 'failed' });
    expect(await flushed).to.deep.include({ result: 'failed' });
    const count = receiver.received.length;
    expect(await exporter.flush()).to.deep.equal({ result: 'disabled', rejectedPoints: 0 });
    expect(receiver.received).to.have.length(count);
  });

  it('advises by name of families and labels that do not come back', async () => {
    const recorder = new PrometheusRecorder({ onAdvice: () => undefined });
    recorder
      .counter(defineCounter({ name: 'calls', help: 'Calls', labels: { job: {} }, advice: false }))
      .inc({ job: 'x' });
    const exporter = exporting(recorder);
    for (let i = 0; i < 2; i++) await exporter.flush();
    expect(advice.map(({ message }) => /"(\w+)"/.exec(message)?.[1])).to.deep.equal(['calls', 'job']);
  });

  it('sends at intervals once it is started', async () => {
    const exporter = exporting(new PrometheusRecorder(), { intervalSeconds: 0.05, announce: false }).start().start();
    while (receiver.received.length < 3) await new Promise((resolve) => setTimeout(resolve, 10));
    await exporter.shutdown();
    const count = receiver.received.length;
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(receiver.received).to.have.length(count);
  });
});

/** What has one family, which is written so. */
function familyOf(name: string, type: 'counter' | 'histogram', write: (writer: SampleWriter) => void): Scrapable {
  const family = {
    ...{ name, type, help: 'Help' },
    *write(writer: SampleWriter): Generator<void> {
      write(writer);
      yield;
    },
  };
  return { exposedFamilies: async () => [family] };
}
