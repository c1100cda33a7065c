import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import fc from 'fast-check';
import { defineCounter, defineGauge, defineHistogram, PrometheusRecorder, type SampleWriter } from '../../lib/index.js';
import { NumberStore } from '../../lib/store/numbers.js';
import { readSamples } from '../prometheus/read-samples.js';

const room = { maxSeriesPerFamily: 1_000_000, maxSamples: 10_000_000, onAdvice: () => undefined };

/** Counts how often Maps are stepped through, looked into and changed while this runs. */
function countMapWork(run: () => void): number {
  let work = 0;
  const { get, set, delete: remove, keys, entries, forEach } = Map.prototype;
  const iterator = Map.prototype[Symbol.iterator];
  const counted = function* <T>(all: IterableIterator<T>): Generator<T> {
    for (const one of all) {
      work++;
      yield one;
    }
  };
  Object.assign(Map.prototype, {
    get(this: Map<unknown, unknown>, key: unknown) {
      work++;
      return get.call(this, key);
    },
    set(this: Map<unknown, unknown>, key: unknown, value: unknown) {
      work++;
      return set.call(this, key, value);
    },
    delete(this: Map<unknown, unknown>, key: unknown) {
      work++;
      return remove.call(this, key);
    },
    keys(this: Map<unknown, unknown>) {
      return counted(keys.call(this));
    },
    entries(this: Map<unknown, unknown>) {
      return counted(entries.call(this));
    },
    [Symbol.iterator](this: Map<unknown, unknown>) {
      return counted(iterator.call(this));
    },
    forEach(this: Map<unknown, unknown>, visit: (value: unknown, key: unknown, map: Map<unknown, unknown>) => void) {
      work += this.size;
      forEach.call(this, visit);
    },
  });
  try {
    run();
  } finally {
    Object.assign(Map.prototype, { get, set, delete: remove, keys, entries, forEach, [Symbol.iterator]: iterator });
  }
  return work;
}

describe('Removing one series and creating another', () => {
  for (const [title, id] of [
    ['a free label', {}],
    ['a label with a limit', { limit: 100_000 }],
  ] as const) {
    for (const isScraped of [false, true]) {
      it(`takes no more steps among 20,000 than among 100 with ${title}${isScraped ? ', during a scrape too' : ''}`, async () => {
        const steps: number[] = [];
        for (const size of [100, 20_000]) {
          const recorder = new PrometheusRecorder(room);
          const family = defineCounter({ name: 'sessions_total', help: 'Sessions', labels: { kind: {}, id } });
          const counter = recorder.counter(family);
          for (let i = 0; i < size; i++) counter.inc({ kind: 'web', id: `session-${i}` });
          const [exposed] = await recorder.exposedFamilies();
          const walk = exposed?.write(ignored)[Symbol.iterator]();
          if (isScraped) walk?.next();
          steps.push(
            countMapWork(() => {
              for (let i = 0; i < 10; i++) {
                expect(recorder.remove(family, { kind: 'web', id: `session-${i}` })).to.equal(1);
                counter.inc({ kind: 'web', id: `new-${i}` });
              }
            }),
          );
          walk?.return?.();
        }
        expect(steps[1]).to.be.below(2 * (steps[0] as number));
      });
    }
  }

  it('makes room for one value of a label with a limit, also for one that had become "other" before', async () => {
    const recorder = new PrometheusRecorder(room);
    const family = defineCounter({ name: 'teams_total', help: 'Teams', labels: { kind: {}, team: { limit: 2 } } });
    const counter = recorder.counter(family);
    for (const team of ['a', 'b', 'c']) counter.inc({ kind: 'x', team });
    counter.inc({ kind: 'y', team: 'a' });
    recorder.remove(family, { kind: 'x', team: 'a' });
    counter.inc({ kind: 'x', team: 'c' });
    expect(await readSamples(recorder, 'teams_total'), 'while another series has the value').to.deep.equal({
      'teams_total{kind="x",team="b"}': 1,
      'teams_total{kind="x",team="other"}': 2,
      'teams_total{kind="y",team="a"}': 1,
    });
    recorder.remove(family, { kind: 'y', team: 'a' });
    counter.inc({ kind: 'x', team: 'c' });
    counter.inc({ kind: 'x', team: 'a' });
    expect(await readSamples(recorder, 'teams_total'), 'when no series has the value').to.deep.equal({
      'teams_total{kind="x",team="b"}': 1,
      'teams_total{kind="x",team="c"}': 1,
      'teams_total{kind="x",team="other"}': 3,
    });
  });

  it('finds no removed series by a raw value of another type', async () => {
    const raws = [1, true, null, undefined, 12n, -0, 1e21, '1', 'true', Number.NaN] as const;
    for (const hash of [false, true]) {
      const recorder = new PrometheusRecorder({ ...room, hashKey: 'key' });
      const family = defineCounter({ name: 'raw_total', help: 'Raw', labels: { a: { hash }, b: {} } });
      const counter = recorder.counter(family);
      for (const raw of raws) {
        for (let i = 0; i < 3; i++) {
          counter.inc({ a: raw, b: raw } as never);
          expect(recorder.remove(family, { a: raw ?? '', b: raw ?? '' } as never), String(raw)).to.equal(1);
          expect(await readSamples(recorder, 'raw_total')).to.deep.equal({});
        }
      }
      expect(recorder.cardinality()[0]?.labels.map(({ values }) => values)).to.deep.equal([0, 0]);
    }
  });

  it('leaves the counts of series, label values and samples right, whatever comes and goes', async () => {
    const value = fc.constantFrom<unknown>('a', 'b', 'c', 1, '1', true, null, '', 'ada@example.com', 'other');
    const deed = fc.record({
      kind: fc.constantFrom('count', 'remove', 'removeSome', 'clear', 'walk', 'unwalk'),
      a: value,
      b: value,
    });
    const labels = { a: { limit: 3 }, b: {} };
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { maxLength: 60 }), async (deeds) => {
        const recorder = new PrometheusRecorder({ ...room, maxSeriesPerFamily: 8 });
        const family = defineCounter({ name: 'any_total', help: 'Any', labels });
        const counter = recorder.counter(family);
        const walks: Iterator<void>[] = [];
        for (const { kind, a, b } of deeds) {
          if (kind === 'count') counter.inc({ a, b } as never);
          else if (kind === 'remove') recorder.remove(family, { a: a ?? '', b: b ?? '' } as never);
          else if (kind === 'removeSome') recorder.remove(family, { b: b ?? '' } as never);
          else if (kind === 'clear') recorder.clear(family);
          else if (kind === 'unwalk') walks.shift()?.return?.();
          else {
            const [exposed] = await recorder.exposedFamilies({ names: ['any_total'] });
            const walk = exposed?.write(ignored)[Symbol.iterator]() as Iterator<void>;
            walk.next();
            walks.push(walk);
          }
        }
        const readings = Object.keys(await readSamples(recorder, 'any_total'));
        const [counted] = recorder.cardinality();
        expect(counted?.series).to.equal(readings.length);
        const read = (name: string): Set<string> => {
          const found = readings.map((line) => new RegExp(`[{,]${name}="([^"]*)"`).exec(line)?.[1] ?? '');
          return new Set(found.filter((text) => !['', 'other', 'redacted'].includes(text)));
        };
        for (const { name, values } of counted?.labels ?? []) expect(values, name).to.equal(read(name).size);
        recorder.remove(family, {});
        expect(recorder.cardinality()[0]?.labels.every(({ values }) => values === 0)).to.equal(true);
        for (const walk of walks) walk.return?.();
      }),
      { numRuns: 300 },
    );
  });

  it('keeps memory flat for twenty thousand sessions that come and go, scraped meanwhile', async () => {
    const recorder = new PrometheusRecorder(room);
    const sessions = defineHistogram({
      name: 'session_seconds',
      help: 'Sessions',
      labels: { kind: {}, id: { limit: 2000 } },
    });
    const live = 1000;
    const run = async (from: number, to: number): Promise<void> => {
      for (let i = from; i < to; i++) {
        recorder.histogram(sessions).observe({ kind: `kind-${i % 10}`, id: `session-${i}` }, 1);
        recorder.remove(sessions, { kind: `kind-${(i - live) % 10}`, id: `session-${i - live}` });
        if (i % 5000 === 0) {
          const readings = Object.keys(await readSamples(recorder, 'session_seconds'));
          expect(readings.filter((line) => line.includes('_count'))).to.have.length(Math.min(i + 1, live));
        }
      }
    };
    const memory = (): number => {
      global.gc?.();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    await run(0, 5000);
    const before = memory();
    await run(5000, 25_000);
    expect(memory() - before).to.be.below(1 << 20);
  });
});

const nothing = (): void => undefined;
const ignored: SampleWriter = { label: nothing, value: nothing, histogram: nothing, summary: nothing, sample: nothing };

describe('Ten thousands of series that come and go', () => {
  const size = 30_000;
  const visits = defineCounter({
    name: 'visits_total',
    help: 'Visits',
    labels: { kind: {}, id: {} },
    expireAfterSeconds: 60,
  });
  const depth = defineGauge({ name: 'depth', help: 'Depth', labels: { kind: {}, id: {} } });
  let recorder: PrometheusRecorder;
  let now: number;

  const count = (generation: string): void => {
    const counter = recorder.counter(visits);
    for (let i = 0; i < size; i++) counter.inc({ kind: `kind-${i % 10}`, id: `${generation}-${i}` });
  };
  const countSeries = (): number => recorder.cardinality().find(({ name }) => name === 'visits_total')?.series ?? 0;

  beforeEach(() => {
    now = 0;
    recorder = new PrometheusRecorder({ ...room, clock: () => now });
  });

  it('disappear at once with clear(), and give their numbers back in later turns', async () => {
    const freed: number[] = [];
    const free = NumberStore.prototype.free;
    NumberStore.prototype.free = function (...given): void {
      freed.push(given[0]);
      free.apply(this, given);
    };
    try {
      count('first');
      recorder.clear(visits);
      expect(countSeries()).to.equal(0);
      expect(freed.length, 'in the turn of the caller').to.be.below(1000);
      expect(await readSamples(recorder, 'visits_total')).to.deep.equal({});
      recorder.counter(visits).inc({ kind: 'kind-1', id: 'first-1' });
      expect(await readSamples(recorder, 'visits_total')).to.deep.equal({
        'visits_total{kind="kind-1",id="first-1"}': 1,
      });
      for (let turns = 0; freed.length < size; turns++) {
        expect(turns).to.be.below(100_000);
        await turn();
      }
      expect(new Set(freed).size).to.equal(size);
    } finally {
      NumberStore.prototype.free = free;
    }
  });

  it('need no more memory where the event loop never turns', () => {
    const round = (i: number): void => {
      count(`round-${i}`);
      recorder.clear(visits);
    };
    const memory = (): number => {
      global.gc?.();
      return process.memoryUsage().arrayBuffers;
    };
    round(0);
    round(1);
    const before = memory();
    for (let i = 2; i < 5; i++) round(i);
    expect(memory() - before).to.be.below(1 << 20);
  });

  it('expire in several turns, appear in no scrape that has waited for that, and stay if they are observed meanwhile', async () => {
    count('old');
    await recorder.exposedFamilies();
    now = 60;
    let turns = 0;
    let isOver = false;
    const watching = (async () => {
      for (; !isOver; turns++) {
        await turn();
        recorder.counter(visits).inc({ kind: 'kind-9', id: `old-${size - 1}` });
      }
    })();
    const [first, second] = await Promise.all([recorder.snapshot(), recorder.snapshot()]);
    isOver = true;
    await watching;
    expect(turns).to.be.above(3);
    for (const families of [first, second]) {
      expect(families?.find(({ name }) => name === 'visits_total')?.samples.length).to.be.at.most(1);
    }
    const left = await readSamples(recorder, 'visits_total');
    expect(left).to.deep.equal({ [`visits_total{kind="kind-9",id="old-${size - 1}"}`]: turns + 1 });
  });

  it('come from a collector in several turns, and change all at once', async () => {
    const gauge = recorder.gauge(depth);
    let generation = 0;
    gauge.collect(() => {
      generation++;
      return Array.from({ length: size }, (_, i) => ({
        labels: { kind: `kind-${i % 10}`, id: `${generation}-${i}` },
        value: generation,
      }));
    });
    let turns = 0;
    let isOver = false;
    const watching = (async () => {
      for (; !isOver; turns++) await turn();
    })();
    for (let i = 1; i <= 2; i++) {
      const samples = (await recorder.snapshot()).find(({ name }) => name === 'depth')?.samples ?? [];
      expect(samples).to.have.length(size);
      expect(samples.every(({ value }) => value === i)).to.equal(true);
    }
    isOver = true;
    await watching;
    expect(turns).to.be.above(10);
  });

  it('come from two collectors at once, and keep within the samples that the recorder may have', async () => {
    recorder = new PrometheusRecorder({ ...room, maxSamples: 1.5 * size, onError: nothing });
    for (const name of ['first', 'second']) {
      const values = Array.from({ length: size }, (_, id) => ({ labels: { id }, value: 1 }));
      recorder.gauge(defineGauge({ name, help: 'Depth', labels: { id: {} } })).collect(() => values);
    }
    for (let i = 0; i < 3; i++) {
      await recorder.snapshot();
      const samples = recorder.cardinality().reduce((sum, family) => sum + family.samples, 0);
      expect(samples, `in scrape ${i + 1}`).to.equal(1.5 * size);
    }
  });

  it('appear all or not at all in a scrape that goes on while they are removed', async () => {
    for (let i = 0; i < 1000; i++) {
      for (const state of ['done', 'failed']) recorder.gauge(depth).set({ kind: `kind-${i}`, id: state }, 1);
    }
    const ways: readonly (readonly [string, () => void, number])[] = [
      ['several series at once', () => recorder.remove(depth, { id: 'failed' }), 2000],
      ['one subtree', () => recorder.remove(depth, { kind: 'kind-999' }), 999],
      ['all', () => recorder.clear(depth), 999],
    ];
    for (const [way, remove, expected] of ways) {
      const [exposed] = await recorder.exposedFamilies({ names: ['depth'] });
      let samples = 0;
      let isRemoved = false;
      for (const _ of exposed?.write({ ...ignored, value: () => samples++ }) ?? []) {
        if (!isRemoved) remove();
        isRemoved = true;
      }
      expect(samples, way).to.equal(expected);
    }
  });
});
