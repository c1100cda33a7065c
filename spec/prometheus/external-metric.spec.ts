import { expect } from 'chai';
import { Counter as PromCounter, Gauge as PromGauge, Histogram as PromHistogram, Registry } from 'prom-client';
import {
  attachRecorder,
  Counter,
  catalogue,
  Gauge,
  Histogram,
  InFlight,
  type MetricsError,
  PrometheusRecorder,
  Timed,
} from '../../lib/index.js';
import { MemoryRecorder } from '../../lib/testing/index.js';
import { documentAt } from '../documents/documents.js';
import { readSamples } from './read-samples.js';

const registry = new Registry();
const common = { help: 'Placed', registers: [registry] };
const calls = new PromCounter({ ...common, name: 'placed_calls_total', labelNames: ['team', 'end'] as const });
const size = new PromGauge({ ...common, name: 'placed_size', labelNames: ['team'] as const });
const flight = new PromGauge({ ...common, name: 'placed_in_flight' });
const seconds = new PromHistogram({ ...common, name: 'placed_seconds', buckets: [1], labelNames: ['team'] as const });
const bytes = new PromHistogram({ ...common, name: 'placed_bytes', buckets: [1] });

class Service {
  @Counter(calls, { labels: { team: (team) => team, end: { result: () => 'returned', error: () => 'threw' } } })
  @Gauge(size, { labels: { team: (team) => team }, value: (result) => result.length })
  @Timed(seconds, { labels: { team: (team) => team } })
  @InFlight(flight, { labels: {} })
  @Histogram(bytes, { labels: {}, value: (result) => result.length })
  async work(team: string): Promise<string> {
    if (team === 'bad') throw new Error('as asked for');
    return team;
  }

  @Counter(calls, { labels: { team: () => ['x\n'] as never, end: 'x' } })
  hostile(): string {
    return 'unharmed';
  }
}

const fail = (): never => {
  throw new Error('a broken client');
};

describe('A metric of prom-client in a decorator', () => {
  let now: number;
  let recorder: PrometheusRecorder;
  let told: MetricsError[];

  beforeEach(() => {
    now = 0;
    told = [];
    registry.resetMetrics();
    recorder = new PrometheusRecorder({ registry, clock: () => now++, onError: (error) => told.push(error) });
  });

  const metrics = async (): Promise<string[]> =>
    (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));

  it('can replace a family in every decorator', async () => {
    const service = attachRecorder(new Service(), recorder);
    await service.work('ab');
    await service.work('ab');
    await service.work('bad').catch(() => undefined);
    expect(await metrics()).to.include.members([
      'placed_calls_total{team="ab",end="returned"} 2',
      'placed_calls_total{team="bad",end="threw"} 1',
      'placed_size{team="ab"} 2',
      'placed_in_flight 0',
      'placed_seconds_bucket{le="1",team="ab"} 2',
      'placed_seconds_sum{team="ab"} 2',
      'placed_bytes_count 2',
    ]);
    expect(told).to.deep.equal([]);
  });

  it('appears once in the exposition, and is no family of the recorder', async () => {
    await attachRecorder(new Service(), recorder).work('ab');
    expect(await readSamples(recorder, 'placed_size')).to.deep.equal({ 'placed_size{team="ab"}': 2 });
    expect((await recorder.exposedFamilies()).filter(({ name }) => name === 'placed_size')).to.have.length(1);
  });

  it('receives no label that could break its exposition', async () => {
    expect(attachRecorder(new Service(), recorder).hostile()).to.equal('unharmed');
    expect(told.map(({ code }) => code)).to.deep.equal(['label_type']);
    expect((await metrics()).some((line) => line.includes('x\n'))).to.equal(false);
  });

  it('can be read from a MemoryRecorder in a test, and stays untouched', async () => {
    const memory = new MemoryRecorder({ strict: true });
    await attachRecorder(new Service(), memory).work('ab');
    expect(memory.value('placed_calls_total', { team: 'ab', end: 'returned' })).to.equal(1);
    expect(await metrics()).to.not.include('placed_calls_total{team="ab",end="returned"} 1');
  });

  it('leaves every call unharmed where it throws, and tells it once for each decorator', async () => {
    const broken: unknown[] = [];
    for (const metric of [calls, size, flight, seconds, bytes]) {
      for (const operation of ['inc', 'dec', 'set', 'observe']) {
        if (operation in metric) broken.push(Object.assign(metric, { [operation]: fail }));
      }
    }
    try {
      const service = attachRecorder(new Service(), recorder);
      for (let i = 0; i < 2; i++) expect(await service.work('ab')).to.equal('ab');
      expect(told.map(({ code }) => code)).to.deep.equal(Array(5).fill('reader_threw'));
      Object.assign(flight, { inc: () => undefined });
      for (let i = 0; i < 2; i++) expect(await service.work('ab')).to.equal('ab');
      expect(told).to.have.length(5);
    } finally {
      // Why: what was assigned hides the methods of the client.
      for (const metric of broken)
        for (const operation of ['inc', 'dec', 'set', 'observe']) delete (metric as Record<string, unknown>)[operation];
    }
  });

  it('stays out of the catalogue, as the page for users of prom-client says', () => {
    const names = catalogue([Service]).map(({ name }) => name);
    expect(names).to.deep.equal([]);
    const page = documentAt('docs/guides/prom-client.md').lines.join('\n');
    expect(page).to.contain('leave such a metric out: it declares no limits');
  });

  it('must be of the kind of the decorator, and needs all of its labels', () => {
    const decorate = (metric: unknown, labels: object) => () =>
      (Counter as unknown as (...given: unknown[]) => (...target: unknown[]) => void)(metric, { labels })(
        { constructor: { name: 'Wrong' } },
        'method',
        { value: () => undefined },
      );
    expect(decorate(size, { team: 'x' })).to.throw('family "placed_size" must be a counter (given a gauge)');
    expect(decorate(calls, { team: 'x' })).to.throw('label "end" of family "placed_calls_total" is missing');
  });
});
