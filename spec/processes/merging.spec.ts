import { expect } from 'chai';
import fc from 'fast-check';
import * as promClient from 'prom-client';
import {
  type Aggregator,
  defineCounter,
  defineGauge,
  defineHistogram,
  PrometheusRecorder,
  type PrometheusRecorderOptions,
  type SampleWriter,
  type ScrapeLimits,
} from '../../lib/index.js';
import { MetricsAggregator } from '../../lib/processes/index.js';
import { until } from '../until.js';
import { Connected } from './connected.js';
import { samplesOf } from './merged.js';

/** Three processes with the values 3, 4 and 10, of which the last one changed first and has ended. */
async function mergedBy(aggregator: Aggregator | undefined): Promise<string[]> {
  const gauge = defineGauge({ name: 'x', help: 'X', ...(aggregator && { aggregator }) });
  const recorders = [10, 3, 4].map((value) => {
    const recorder = new PrometheusRecorder();
    recorder.gauge(gauge).set({}, value);
    return recorder;
  });
  const connected = new Connected();
  for (const recorder of recorders) {
    connected.connect(recorder);
    await settled(connected);
  }
  await connected.end(recorders[0] as PrometheusRecorder);
  const samples = await samplesOf(connected);
  await connected.close();
  return samples;
}

/** Publishes often enough that what is computed has come too. */
async function settled(connected: Connected): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await connected.publish();
    await new Promise((resolve) => setTimeout(resolve, 12));
  }
}

describe('The option aggregator', () => {
  const words: readonly (readonly [aggregator: Aggregator | undefined, samples: readonly string[]])[] = [
    [undefined, ['x 4']],
    ['sum', ['x 17']],
    ['min', ['x 3']],
    ['max', ['x 10']],
    ['mostrecent', ['x 4']],
    ['all', ['x{worker="1"} 10', 'x{worker="2"} 3', 'x{worker="3"} 4']],
    ['livesum', ['x 7']],
    ['livemin', ['x 3']],
    ['livemax', ['x 4']],
    ['livemostrecent', ['x 4']],
    ['liveall', ['x{worker="2"} 3', 'x{worker="3"} 4']],
  ];
  for (const [aggregator, samples] of words) {
    it(`${aggregator ?? 'that is not given'} makes ${samples.join(', ')} of 3 and 4, and of 10 in a process that has ended`, async () => {
      expect(await mergedBy(aggregator)).to.have.members(samples);
    });
  }

  it('has the nearest word of prom-client in its registry, with which a cluster of prom-client merges', async () => {
    const registry = new promClient.Registry();
    const recorder = new PrometheusRecorder({ registry });
    for (const [aggregator] of words) {
      const name = `x_${aggregator}`;
      recorder.gauge(defineGauge({ name, help: 'X', advice: false, ...(aggregator && { aggregator }) })).set({}, 3);
    }
    const json = await registry.getMetricsAsJSON();
    const others = structuredClone(json).map((metric) => ({
      ...metric,
      values: (metric as unknown as { values: { value: number }[] }).values.map((one) => ({ ...one, value: 4 })),
    }));
    const merged = await promClient.AggregatorRegistry.aggregate([json, others] as never).metrics();
    const numbers = Object.fromEntries(
      [...merged.matchAll(/^(x_\w+) (\d+)$/gm)].map(([, name, n]) => [name, Number(n)]),
    );
    expect(numbers).to.deep.equal({
      x_undefined: 4,
      x_sum: 7,
      x_min: 3,
      x_max: 4,
      x_mostrecent: 3,
      x_all: 3,
      x_livesum: 7,
      x_livemin: 3,
      x_livemax: 4,
      x_livemostrecent: 3,
      x_liveall: 3,
    });
  });
});

describe('Several processes, merged', () => {
  const jobs = defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { team: { limit: 100 } } });
  const many = defineCounter({ name: 'calls_total', help: 'Calls', labels: { team: { limit: 5000 } } });
  const wait = defineHistogram({ name: 'wait_seconds', help: 'Wait', buckets: [1, 2] });
  let connected: Connected;

  beforeEach(() => {
    connected = new Connected();
  });

  afterEach(() => connected.close());

  const process = (options: PrometheusRecorderOptions = {}): PrometheusRecorder => {
    const recorder = new PrometheusRecorder(options);
    connected.connect(recorder);
    return recorder;
  };

  it('keep what those have counted that were killed, and never count it twice', async () => {
    for (let i = 0; i < 5; i++) {
      const recorder = process();
      recorder.counter(jobs).inc({ team: 'a' }, 2);
      recorder.histogram(wait).observe({}, 1.5);
      await connected.publish();
      connected.kill(recorder);
    }
    const samples = await samplesOf(connected);
    expect(samples).to.include('jobs_total{team="a"} 10');
    expect(samples).to.include('wait_seconds_bucket{le="2"} 5').and.to.include('wait_seconds_sum 7.5');
  });

  it('have a sum that does not fall by the last bit where one of them ends, whatever the numbers are', async () => {
    const value = fc.nat(1_000_000).map((number) => number / 997);
    await fc.assert(
      fc.asyncProperty(fc.array(value, { minLength: 2, maxLength: 6 }), async (values) => {
        connected = new Connected();
        const recorders = values.map((number) => {
          const recorder = process();
          recorder.counter(jobs).inc({ team: 'a' }, number);
          recorder.histogram(wait).observe({}, number);
          return recorder;
        });
        await connected.publish();
        const before = await samplesOf(connected);
        for (const recorder of recorders.reverse()) {
          connected.kill(recorder);
          expect(await samplesOf(connected)).to.deep.equal(before);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('keep what one of them had counted before it removed a series and created it again, with more, while it was not connected', async () => {
    const [one, other] = [process(), process()];
    one.counter(jobs).inc({ team: 'a' });
    other.counter(jobs).inc({ team: 'a' }, 2);
    await connected.publish();
    connected.disconnect(other);
    other.remove(jobs, { team: 'a' });
    const removed = Date.now();
    await until(() => Date.now() > removed);
    other.counter(jobs).inc({ team: 'a' }, 5);
    connected.reconnect(other);
    await connected.publish();
    expect(await samplesOf(connected)).to.deep.equal(['jobs_total{team="a"} 8']);
  });

  it('have sums that do not fall where one of them connects again in the midst of a scrape', async () => {
    const recorders = [process(), process()];
    for (const recorder of recorders) {
      for (let i = 0; i < 1000; i++) recorder.counter(many).inc({ team: `team ${i}` });
    }
    await connected.publish();
    const family = (await connected.exposedFamilies()).find(({ name }) => name === 'calls_total');
    const values: number[] = [];
    const ignore = (): void => undefined;
    const writer = { label: ignore, histogram: ignore, summary: ignore, sample: ignore };
    let steps = 0;
    for (const _ of family?.write({ ...writer, value: (_depth, value) => values.push(value) }) ?? []) {
      if (steps++ > 0) continue;
      connected.disconnect(recorders[0] as PrometheusRecorder);
      connected.reconnect(recorders[0] as PrometheusRecorder);
      await connected.publish();
    }
    expect(steps).to.be.above(1);
    expect(values).to.deep.equal(Array.from({ length: 1000 }, () => 2));
  });

  it('have no more series after a hundred processes that come and go than after one', async () => {
    for (let i = 0; i < 100; i++) {
      const recorder = process();
      recorder.counter(jobs).inc({ team: 'a' });
      await connected.publish();
      connected.kill(recorder);
    }
    expect(await samplesOf(connected)).to.deep.equal(['jobs_total{team="a"} 100']);
    expect(connected.series).to.be.below(30);
    expect(connected.sources.ages()).to.deep.equal([]);
  });

  it('keep the count of a series that one of them removes while another has it, and forget it with the last one', async () => {
    const [first, second] = [process(), process()];
    first.counter(jobs).inc({ team: 'a' }, 5);
    second.counter(jobs).inc({ team: 'a' }, 7);
    await connected.publish();
    first.remove(jobs, { team: 'a' });
    await connected.publish();
    expect(await samplesOf(connected)).to.deep.equal(['jobs_total{team="a"} 12']);
    second.remove(jobs, { team: 'a' });
    await connected.publish();
    expect(await samplesOf(connected)).to.deep.equal([]);
  });

  it('give a computed gauge of each the label worker, the smallest number that is free', async () => {
    const gauge = defineGauge({ name: 'queue', help: 'Queue' });
    const recorders = [1, 2, 3].map((depth) => {
      const recorder = process();
      recorder.gauge(gauge).collect(() => depth);
      return recorder;
    });
    await settled(connected);
    expect(await samplesOf(connected)).to.have.members([
      'queue{worker="1"} 1',
      'queue{worker="2"} 2',
      'queue{worker="3"} 3',
    ]);
    connected.kill(recorders[1] as PrometheusRecorder);
    const next = process();
    next.gauge(gauge).collect(() => 4);
    await settled(connected);
    expect(await samplesOf(connected)).to.have.members([
      'queue{worker="1"} 1',
      'queue{worker="2"} 4',
      'queue{worker="3"} 3',
    ]);
  });

  it('merge metrics of prom-client too, also where one of them was reset', async () => {
    const registries = [new promClient.Registry(), new promClient.Registry()];
    const counters = registries.map((registry) => {
      process({ registry });
      const labelNames = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
      return new promClient.Counter({ name: 'theirs_total', help: 'Theirs', labelNames, registers: [registry] });
    });
    counters[0]?.inc({ a: '1', h: '8' }, 2);
    counters[1]?.inc({ a: '1', h: '8' }, 3);
    counters[1]?.inc({ a: '1' }, 1);
    await settled(connected);
    expect(await samplesOf(connected)).to.have.members(['theirs_total{a="1",h="8"} 5', 'theirs_total{a="1"} 1']);
    counters[0]?.reset();
    counters[0]?.inc({ a: '1', h: '8' }, 1);
    await settled(connected);
    expect(await samplesOf(connected)).to.include('theirs_total{a="1",h="8"} 6');
  });

  it('merge what a recorder exposes itself, where it does not expose what its store has', async () => {
    class Chosen extends PrometheusRecorder {
      override async exposedFamilies(limits?: ScrapeLimits) {
        return (await super.exposedFamilies(limits)).filter(({ name }) => name === 'jobs_total');
      }
    }
    const recorders = [new Chosen(), Object.create(process()) as PrometheusRecorder];
    (recorders[1] as PrometheusRecorder).exposedFamilies = async () => (await recorders[0]?.exposedFamilies()) ?? [];
    recorders[0]?.counter(jobs).inc({ team: 'a' }, 2);
    recorders[0]?.gauge(defineGauge({ name: 'hidden', help: 'Hidden' })).set({}, 1);
    connected.connect(...recorders);
    await settled(connected);
    expect(await samplesOf(connected)).to.deep.equal(['jobs_total{team="a"} 4']);
  });

  it('have the labels of each where their constant labels or label names differ', async () => {
    const [eu, us] = [process({ constantLabels: { region: 'eu' } }), process({ constantLabels: { region: 'us' } })];
    const plain = process();
    for (const recorder of [eu, us, plain]) recorder.counter(jobs).inc({ team: 'a' });
    const other = process();
    other
      .counter(defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { kind: {}, team: {} } }))
      .inc({ kind: '', team: 'a' });
    await connected.publish();
    expect(await samplesOf(connected)).to.have.members([
      'jobs_total{region="eu",team="a"} 1',
      'jobs_total{region="us",team="a"} 1',
      'jobs_total{team="a"} 2',
    ]);
  });

  it('have the labels of each where the names of one have the spaces that stand between those of another', async () => {
    const family = (...labels: readonly (readonly [name: string, value: string])[]) => ({
      ...{ name: 'jobs_total', type: 'counter' as const, help: 'Jobs' },
      *write(writer: SampleWriter): Generator<void> {
        for (const [depth, [name, value]] of labels.entries()) writer.label(depth, name, value);
        writer.value(labels.length, 1);
        yield;
      },
    });
    const [one, two] = [family(['team name', 'a']), family(['name', 'b'], ['team', 'c'])];
    for (const families of [[one], [two], [one, two]]) connected.connect({ exposedFamilies: async () => families });
    await settled(connected);
    expect(await samplesOf(connected)).to.have.members([
      'jobs_total{"team name"="a"} 2',
      'jobs_total{name="b",team="c"} 2',
    ]);
  });

  it('have the metrics about sources once where one of them is an aggregator too', async () => {
    const recorder = new PrometheusRecorder();
    recorder.counter(jobs).inc({ team: 'a' });
    const first = new MetricsAggregator({ recorder, processMetrics: false });
    const second = new MetricsAggregator({ recorder: first, processMetrics: false });
    const names = (await second.exposedFamilies()).map(({ name }) => name);
    expect(names).to.include.members(['jobs_total', 'flowplane_metrics_sources']);
    expect(names).to.have.length(new Set(names).size);
    for (const one of [first, second]) await one.close();
  });

  it('leave out a metric that is defined in another way, until nobody has it as it was', async () => {
    const old = process();
    old.histogram(wait).observe({}, 1);
    await connected.publish();
    const recent = process();
    recent.histogram(defineHistogram({ name: 'wait_seconds', help: 'Wait', buckets: [5] })).observe({}, 1);
    await connected.publish();
    expect(connected.failures).to.include('clash wait_seconds');
    expect(await samplesOf(connected))
      .to.include('wait_seconds_count 1')
      .and.not.to.include('wait_seconds_bucket{le="5"} 1');
    connected.kill(old);
    await settled(connected);
    expect(await samplesOf(connected)).to.deep.equal([
      'wait_seconds_bucket{le="5"} 1',
      'wait_seconds_bucket{le="+Inf"} 1',
      'wait_seconds_sum 1',
      'wait_seconds_count 1',
    ]);
  });
});
