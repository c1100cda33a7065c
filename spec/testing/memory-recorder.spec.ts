import { text } from 'node:stream/consumers';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import {
  Counter,
  defineCounter,
  defineGauge,
  defineHistogram,
  PrometheusRecorder,
  scrape,
  Timed,
} from '../../lib/index.js';
import { MemoryRecorder, type Sample } from '../../lib/testing/index.js';
import { describeMetricsRecorder, type Readings } from '../contracts/metrics-recorder.contract.js';

function read(recorder: MemoryRecorder, family: string): Readings {
  const samples = ['', '_bucket', '_sum', '_count'].flatMap((suffix) =>
    listSamples(recorder, family + suffix).map(({ labels, value }) => {
      const text = Object.entries(labels).map(([name, label]) => `${name}="${label}"`);
      return [`${family}${suffix}${text.length === 0 ? '' : `{${text.join(',')}}`}`, value] as const;
    }),
  );
  return Object.fromEntries(samples);
}

/** Lists the samples of this name, of which a family of another kind has none. */
function listSamples(recorder: MemoryRecorder, name: string): Sample[] {
  try {
    return recorder.series(name);
  } catch {
    return [];
  }
}

describeMetricsRecorder('MemoryRecorder', {
  create: (options) => new MemoryRecorder(options),
  read: async (recorder, family) => read(recorder as MemoryRecorder, family),
});

const jobs = defineCounter({ name: 'jobs_total', help: 'Jobs', labels: { queue: {} } });
const wait = defineHistogram({ name: 'wait_seconds', help: 'Waiting', labels: { queue: {} }, buckets: [1] });

class Declared {
  @Counter({ name: 'declared_total', help: 'Calls', labels: { team: (team) => team } })
  @Timed({ name: 'declared_seconds', help: 'Time' })
  work(_team: string): void {}
}

describe('A MemoryRecorder that is asked', () => {
  let recorder: MemoryRecorder;
  const count = () => recorder.counter(jobs).inc({ queue: 'mail' });

  beforeEach(() => {
    recorder = new MemoryRecorder();
    recorder.counter(jobs);
    recorder.histogram(wait).observe({ queue: 'mail' }, 0.5);
  });

  /** Calls back in a later turn, without being a promise. */
  const lazy = (settle: (resolve: (value: unknown) => void, reject: (reason: unknown) => void) => void) => ({
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested.
    then: (resolve: (value: unknown) => void, reject: (reason: unknown) => void) =>
      void setImmediate(() => settle(resolve, reject)),
  });

  const finish = (resolve: (value: unknown) => void): void => {
    count();
    resolve(undefined);
  };

  for (const [title, run] of Object.entries({
    'a promise': async () => finish(await (() => () => undefined)),
    'a promise of another realm': () =>
      runInNewContext('(async () => { await undefined; finish(() => undefined); })()', { finish }),
    'a thenable': () => lazy(finish),
    'a function that is a thenable': () => Object.assign(() => undefined, lazy(finish)),
    'a thenable that calls back at once': () => ({
      // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested.
      then: finish,
    }),
  })) {
    it(`measures an increase until ${title} has settled`, async () => {
      expect(await recorder.increase('jobs_total', { queue: 'mail' }, run as () => Promise<unknown>)).to.equal(1);
    });
  }

  it('hands on the rejection of a thenable, and what the code under test throws', async () => {
    const failure = new Error('its own');
    const increase = (run: () => unknown) => recorder.increase('nothing_total', {}, run) as unknown;
    const rejected = await Promise.resolve(increase(() => lazy((_, reject) => reject(failure)))).catch((e) => e);
    expect(rejected).to.equal(failure);
    expect(() =>
      increase(() => {
        throw failure;
      }),
    ).to.throw(failure);
  });

  it('ignores a collector that returns a thenable or a promise of another realm', () => {
    const depth = defineGauge({ name: 'depth', help: 'Depth' });
    for (const later of [lazy((resolve) => resolve(1)), runInNewContext('Promise.resolve(1)')]) {
      recorder.gauge(depth).set({}, 7);
      recorder.gauge(depth).collect(() => later);
      expect(recorder.value('depth')).to.equal(7);
    }
  });

  it('leaves no rejection of an asynchronous collector unhandled', async () => {
    const depth = defineGauge({ name: 'depth', help: 'Depth' });
    const failure = new Error('its own');
    for (const later of [
      async () => Promise.reject(failure),
      () => runInNewContext('Promise.reject(new Error())'),
      () => lazy((_, reject) => reject(failure)),
    ]) {
      recorder.gauge(depth).collect(later as () => Promise<number>);
      expect(recorder.value('depth')).to.equal(undefined);
    }
    // Why a turn: Node tells an unhandled rejection after the microtasks, and the suite fails then.
    await new Promise(setImmediate);
  });

  it('shows a collector what its own family and others had before, also where two ask each other', () => {
    const depth = defineGauge({ name: 'depth', help: 'Depth' });
    const width = defineGauge({ name: 'width', help: 'Width' });
    recorder.gauge(depth).collect(() => (recorder.value('depth') ?? 0) + (recorder.value('width') ?? 0) + 1);
    recorder.gauge(width).collect(() => recorder.value('depth') ?? 10);
    expect([recorder.value('depth'), recorder.value('depth')]).to.deep.equal([11, 23]);
  });

  it('asks a collector again that has thrown', () => {
    const depth = defineGauge({ name: 'depth', help: 'Depth' });
    const failure = new Error('its own');
    let fails = true;
    recorder.gauge(depth).collect(() => {
      if (fails) throw failure;
      return 5;
    });
    expect(() => recorder.value('depth')).to.throw(failure);
    fails = false;
    expect(recorder.value('depth')).to.equal(5);
  });

  const ways: Readonly<Record<string, (name: string, labels?: Record<string, string>) => unknown>> = {
    value: (name, labels) => recorder.value(name, labels),
    increase: (name, labels = {}) => recorder.increase(name, labels, () => undefined),
    series: (name) => recorder.series(name),
  };

  for (const [way, ask] of Object.entries(ways)) {
    it(`refuses a misspelt name in ${way}(), and says the nearest`, () => {
      for (const [name, nearest] of [
        ['job_total', 'jobs_total'],
        ['wait_seconds_cont', 'wait_seconds_count'],
        ['declared', 'declared_total'],
      ] as const) {
        expect(() => ask(name)).to.throw(
          `MemoryRecorder: no family has a sample of that name (given "${name}"). Did you mean "${nearest}"?`,
        );
      }
    });

    it(`lists in ${way}() the samples that there are where no name is near`, () => {
      expect(() => ask('zebra_stripes')).to.throw(
        '(given "zebra_stripes"). Name one of jobs_total, wait_seconds_count, wait_seconds_sum, wait_seconds_bucket, or open',
      );
      recorder = new MemoryRecorder();
      expect(() => ask('zebra_stripes')).to.throw('Open the family first: none is open');
    });

    it(`refuses the base name of a histogram in ${way}(), and says the names of its samples`, () => {
      for (const name of ['wait_seconds', 'declared_seconds']) {
        expect(() => ask(name)).to.throw(
          `histogram "${name}" has no sample of that name (given "${name}"). Ask for "${name}_count", "${name}_sum" or "${name}_bucket".`,
        );
      }
    });

    it(`knows in ${way}() what a decorator declares, though nothing is attached`, () => {
      void Declared;
      expect(() => [ask('declared_total'), ask('declared_seconds_sum')]).to.not.throw();
    });
  }

  for (const way of ['value', 'increase']) {
    it(`refuses a misspelt label in ${way}(), and says the nearest`, () => {
      const ask = ways[way] as (name: string, labels: Record<string, string>) => unknown;
      expect(() => ask('jobs_total', { queu: 'mail' })).to.throw(
        'MemoryRecorder: "jobs_total" has no label of that name (given "queu"). Did you mean "queue"?',
      );
      expect(() => ask('jobs_total', { colour: 'red' })).to.throw('Name one of queue.');
      expect(() => ask('wait_seconds_count', { queue: 'mail', le: '1' })).to.throw('has no label of that name');
      expect(ask('wait_seconds_bucket', { queue: 'mail', le: '1' })).to.be.oneOf([0, 1]);
      expect(() => ask('declared_total', { tem: 'a' })).to.throw('Did you mean "team"?');
    });
  }

  it('spells the bounds of buckets as the text format does', async () => {
    const size = defineHistogram({
      name: 'size_bytes',
      help: 'Size',
      buckets: [0.00001, 0.5, 1, 100_000, 1e6, 1_048_576],
    });
    const exposed = new PrometheusRecorder();
    for (const one of [recorder, exposed]) one.histogram(size).observe({}, 1e6);
    const { body } = await scrape(exposed, { method: 'GET' });
    const bounds = [...(await text(body)).matchAll(/^size_bytes_bucket\{le="(.*)"\} (.*)$/gm)];
    expect(
      recorder.series('size_bytes_bucket').map(({ labels, value }) => [labels['le'], String(value)]),
    ).to.deep.equal(bounds.map(([, le, value]) => [le, value]));
    expect(recorder.value('size_bytes_bucket', { le: '1e+06' })).to.equal(1);
  });

  it('measures the increase of a family that the code under test opens', () => {
    const late = defineCounter({ name: 'late_total', help: 'Late' });
    expect(recorder.increase('late_total', {}, () => recorder.counter(late).inc())).to.equal(1);
  });
});
