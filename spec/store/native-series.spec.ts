import { buffer, text } from 'node:stream/consumers';
import { expect } from 'chai';
import { decideNative } from '../../lib/families/native-histogram.js';
import {
  attachRecorder,
  catalogue,
  defineHistogram,
  Histogram,
  type HistogramFamily,
  type NativeHistogramSnapshot,
  PrometheusRecorder,
  type PrometheusRecorderOptions,
  scrape,
  Timed,
} from '../../lib/index.js';
import { NativeHistograms } from '../../lib/store/native-histograms.js';
import { nativeWidth } from '../../lib/store/native-pages.js';
import { NumberStore } from '../../lib/store/numbers.js';
import { createSeriesRecorder } from '../../lib/store/series-recorders.js';
import { CollectedSamples } from '../../lib/store/snapshot.js';
import { MemoryRecorder } from '../../lib/testing/index.js';
import { createRandom } from './exact-native-model.js';

const waits = defineHistogram({ name: 'wait_seconds', help: 'Waiting', labels: { queue: {} }, native: true });

async function readNative(
  recorder: PrometheusRecorder,
  name = 'wait_seconds',
): Promise<readonly NativeHistogramSnapshot[]> {
  return (await recorder.snapshot()).find((family) => family.name === name)?.nativeHistograms ?? [];
}

const readText = async (
  recorder: PrometheusRecorder,
  accept = 'text/plain',
  names = ['wait_seconds'],
): Promise<string> => text((await scrape(recorder, { method: 'GET', accept, names })).body);

/** Numbers of which only so many more can be changed, as where the stack is exhausted. */
class InterruptedNumbers extends NumberStore {
  steps = Infinity;

  override set(index: number, value: number): void {
    this.#step();
    super.set(index, value);
  }

  override setWord(first: number, word: number, value: number): void {
    this.#step();
    super.setWord(first, word, value);
  }

  #step(): void {
    if (this.steps-- <= 0) throw new RangeError('Maximum call stack size exceeded');
  }
}

describe('The series of a native histogram', () => {
  it('have classic buckets beside the native ones', async () => {
    const recorder = new PrometheusRecorder();
    recorder.histogram(waits).observe({ queue: 'mail' }, 0.3);
    expect(await readText(recorder)).to.contain('wait_seconds_bucket{queue="mail",le="0.5"} 1\n');
    expect(await readNative(recorder)).to.deep.equal([
      {
        labels: { queue: 'mail' },
        count: 1,
        sum: 0.3,
        schema: 3,
        zeroThreshold: 2 ** -128,
        zeroCount: 0,
        positive: { spans: [{ offset: -13, length: 1 }], counts: [1] },
        negative: { spans: [], counts: [] },
      },
    ]);
  });

  it('show no other bucket than that of everything in a text format with buckets: false', async () => {
    const recorder = new PrometheusRecorder();
    const sizes = defineHistogram({ name: 'size_bytes', help: 'Sizes', buckets: false, native: true });
    for (const size of [1, 70, 3000]) recorder.histogram(sizes).observe({}, size);
    const shown = 'size_bytes_bucket{le="+Inf"} 3\nsize_bytes_sum 3071\nsize_bytes_count 3\n';
    for (const accept of ['text/plain', 'application/openmetrics-text']) {
      expect(await readText(recorder, accept, ['size_bytes'])).to.contain(shown);
    }
  });

  it('exist in every histogram of a recorder with nativeHistograms: true, but for those with native: false', async () => {
    const recorder = new PrometheusRecorder({ nativeHistograms: true });
    recorder.histogram(defineHistogram({ name: 'a_seconds', help: 'A' })).observe({}, 1);
    recorder.histogram(defineHistogram({ name: 'b_seconds', help: 'B', native: { factor: 2 } })).observe({}, 1);
    recorder.histogram(defineHistogram({ name: 'c_seconds', help: 'C', native: false })).observe({}, 1);
    expect((await readNative(recorder, 'a_seconds'))[0]?.schema).to.equal(3);
    expect((await readNative(recorder, 'b_seconds'))[0]?.schema).to.equal(0);
    expect(await readNative(recorder, 'c_seconds')).to.deep.equal([]);
  });

  it('do not exist unless they are asked for', async () => {
    const recorder = new PrometheusRecorder();
    recorder.histogram(defineHistogram({ name: 'a_seconds', help: 'A' })).observe({}, 1);
    expect(await readNative(recorder, 'a_seconds')).to.deep.equal([]);
  });

  it('may be declared in place by @Histogram and @Timed', async () => {
    class Pages {
      @Histogram({
        name: 'page_bytes',
        help: 'Size of a page',
        buckets: false,
        native: true,
        value: (page) => page.length,
      })
      @Timed({ name: 'render_seconds', help: 'Duration of rendering', native: { factor: 1.5, maxBuckets: 50 } })
      render(): string {
        return 'a page';
      }
    }
    const recorder = new PrometheusRecorder();
    attachRecorder(new Pages(), recorder).render();
    const [size] = await readNative(recorder, 'page_bytes');
    expect([size?.count, size?.sum, size?.schema]).to.deep.equal([1, 6, 3]);
    const [duration] = await readNative(recorder, 'render_seconds');
    expect([duration?.count, duration?.schema]).to.deep.equal([1, 1]);
  });

  it('make one family with the same options, and clash with others', () => {
    const recorder = new PrometheusRecorder();
    const declare = (native: object | boolean): HistogramFamily<{}> =>
      defineHistogram({ name: 'a_seconds', help: 'A', native });
    recorder.open(declare(true));
    expect(() => recorder.open(declare({}))).to.not.throw();
    expect(() => recorder.open(declare({ factor: 1.11 }))).to.not.throw();
    expect(() => recorder.open(declare({ factor: 2 }))).to.throw('family "a_seconds" already exists');
    expect(() => recorder.open(declare(false))).to.throw('family "a_seconds" already exists');
  });

  it('have the count and the sum in a MemoryRecorder, with buckets: false too', () => {
    const recorder = new MemoryRecorder();
    const sizes = defineHistogram({ name: 'size_bytes', help: 'Sizes', buckets: false, native: true });
    recorder.histogram(sizes).observe({}, 4);
    recorder.histogram(sizes).observe({}, 5);
    expect(recorder.value('size_bytes_count')).to.equal(2);
    expect(recorder.value('size_bytes_sum')).to.equal(9);
    expect(recorder.series('size_bytes_bucket')).to.deep.equal([{ labels: { le: '+Inf' }, value: 2 }]);
  });

  it('add up: the zero bucket and all others have the count', async () => {
    const recorder = new PrometheusRecorder({ onAdvice: () => undefined });
    const random = createRandom(4);
    for (let i = 0; i < 5000; i++) {
      const value = random() < 0.1 ? 0 : (random() - 0.5) * Math.exp(20 * random() - 10);
      recorder.histogram(waits).observe({ queue: 'mail' }, value);
    }
    const [{ count, zeroCount, positive, negative }] = (await readNative(recorder)) as [NativeHistogramSnapshot];
    const counted = [...positive.counts, ...negative.counts].reduce((sum, one) => sum + one, zeroCount);
    expect([count, counted]).to.deep.equal([5000, 5000]);
    expect(zeroCount).to.be.above(300);
  });

  it('drop and count what is not finite', async () => {
    const recorder = new PrometheusRecorder({ onError: () => undefined });
    for (const value of [Infinity, -Infinity, Number.NaN]) recorder.histogram(waits).observe({ queue: 'mail' }, value);
    expect(await readNative(recorder)).to.deep.equal([]);
    expect(await readText(recorder, 'text/plain', ['flowplane_metrics_dropped_total'])).to.contain(
      'flowplane_metrics_dropped_total{metric="wait_seconds",reason="not_finite"} 3\n',
    );
  });

  it('count one sample more than a classic histogram', () => {
    const recorder = new PrometheusRecorder();
    recorder.histogram(waits).observe({ queue: 'mail' }, 1);
    expect(recorder.cardinality()[0]).to.include({ name: 'wait_seconds', series: 1, samples: 15 });
  });

  describe('begin at 0 again', () => {
    const make = (options: PrometheusRecorderOptions = {}): PrometheusRecorder =>
      new PrometheusRecorder({ onAdvice: () => undefined, ...options });

    /** Observes in 20 buckets. */
    function fill(recorder: PrometheusRecorder, family = waits): void {
      for (let i = 0; i < 20; i++) recorder.histogram(family).observe({ queue: 'mail' }, 1.1 ** i);
    }

    it('when they are removed, cleared or expired, and leave nothing to the next series', async () => {
      let now = 0;
      const recorder = make({ clock: () => now });
      const expiring = defineHistogram({
        name: 'expiring_seconds',
        help: 'Waiting',
        labels: { queue: {} },
        native: true,
        expireAfterSeconds: 10,
      });
      const observeAndRead = async (family: typeof waits): Promise<NativeHistogramSnapshot | undefined> => {
        recorder.histogram(family).observe({ queue: 'mail' }, 2);
        return (await readNative(recorder, family.name))[0];
      };
      const single = { spans: [{ offset: 8, length: 1 }], counts: [1] };
      fill(recorder);
      expect(recorder.remove(waits, { queue: 'mail' })).to.equal(1);
      expect((await observeAndRead(waits))?.positive).to.deep.equal(single);
      fill(recorder);
      recorder.clear(waits);
      expect((await observeAndRead(waits))?.positive).to.deep.equal(single);
      fill(recorder, expiring);
      await readNative(recorder, 'expiring_seconds');
      now = 11;
      expect(await readNative(recorder, 'expiring_seconds')).to.deep.equal([]);
      expect((await observeAndRead(expiring))?.positive).to.deep.equal(single);
    });

    it('with as many numbers as before, however often series come and go', () => {
      const numbers = new NumberStore();
      const settings = decideNative(true);
      if (settings === undefined) throw new Error('no settings');
      const histograms = new NativeHistograms(numbers, 0, settings, () => 0);
      let last = 0;
      const observed: number[] = [];
      for (let round = 0; round < 50; round++) {
        const series = Array.from({ length: 20 }, () => numbers.allocate(nativeWidth));
        for (const one of series) {
          for (let i = 0; i < 60; i++) histograms.observe(one, 1.1 ** i);
          last = Math.max(last, one);
        }
        for (const one of series) {
          histograms.release(one);
          numbers.free(one, nativeWidth);
        }
        observed.push(last);
      }
      expect(observed.at(-1)).to.be.below((observed[1] as number) * 1.5);
    });
  });

  describe('that was made coarser', () => {
    const native = { maxBuckets: 10, resetAfterSeconds: 600 };
    const family = defineHistogram({ name: 'wait_seconds', help: 'Waiting', labels: { queue: {} }, native });
    let now: number;
    let recorder: PrometheusRecorder;

    /** Observes 20 durations, each in another bucket of the first schema. */
    function observe20(): void {
      for (let i = 0; i < 20; i++) recorder.histogram(family).observe({ queue: 'mail' }, 1.1 ** i);
    }
    const read = async (): Promise<NativeHistogramSnapshot> =>
      (await readNative(recorder))[0] as NativeHistogramSnapshot;

    beforeEach(() => {
      now = 50;
      recorder = new PrometheusRecorder({ clock: () => now });
      observe20();
    });

    it('keeps every observation in wider buckets', async () => {
      const { schema, count, positive } = await read();
      expect([schema, count]).to.deep.equal([1, 20]);
      expect(positive.counts.reduce((sum, one) => sum + one, 0)).to.equal(20);
      expect(positive.counts.length).to.be.at.most(10);
    });

    it('stays so until the time since its beginning has passed', async () => {
      now = 649.9;
      expect((await read()).schema).to.equal(1);
    });

    it('begins again with the first schema when it is read after that', async () => {
      now = 650;
      expect(await read()).to.deep.include({ schema: 3, count: 0, sum: 0, zeroCount: 0 });
      expect(await readText(recorder)).to.contain('wait_seconds_count{queue="mail"} 0\n');
    });

    it('begins again with the first observation after that', async () => {
      now = 650;
      recorder.histogram(family).observe({ queue: 'mail' }, 2);
      expect(await read()).to.deep.include({ schema: 3, count: 1, sum: 2 });
      expect(await readText(recorder)).to.contain('wait_seconds_bucket{queue="mail",le="2.5"} 1\n');
      now = 1200;
      observe20();
      expect((await read()).count).to.equal(21);
    });

    it('looks as if created at that moment', async () => {
      const createdAt = async (): Promise<number> => {
        const openMetrics = await readText(recorder, 'application/openmetrics-text');
        return Number(/wait_seconds_created\{queue="mail"\} (\S+)/.exec(openMetrics)?.[1]);
      };
      recorder = new PrometheusRecorder({ clock: () => now, created: true });
      observe20();
      const first = await createdAt();
      const before = Date.now();
      while (Date.now() === before);
      now = 650;
      expect(await createdAt()).to.be.above(first);
    });
  });

  it('that are older than the time begin again instead of becoming coarser, with the last observation', async () => {
    let now = 0;
    const recorder = new PrometheusRecorder({ clock: () => now });
    const family = defineHistogram({
      name: 'wait_seconds',
      help: 'Waiting',
      labels: { queue: {} },
      native: { maxBuckets: 10, resetAfterSeconds: 600 },
    });
    for (let i = 0; i < 10; i++) recorder.histogram(family).observe({ queue: 'mail' }, 1.1 ** i);
    now = 600;
    recorder.histogram(family).observe({ queue: 'mail' }, 64);
    expect((await readNative(recorder))[0]).to.deep.include({
      schema: 3,
      count: 1,
      sum: 64,
      positive: { spans: [{ offset: 48, length: 1 }], counts: [1] },
    });
  });

  it('never have more in their buckets than in their count, wherever an exhausted stack interrupts an observation', () => {
    for (const now of [1, 20]) {
      for (let steps = 0, isInterrupted = true; isInterrupted; steps++) {
        let time = 0;
        const numbers = new InterruptedNumbers();
        const family = defineHistogram({ name: 'sizes', help: 'Sizes', buckets: [1, 4] });
        const native = decideNative({ maxBuckets: 4, maxZeroThreshold: 1, resetAfterSeconds: 10 });
        const recorder = createSeriesRecorder(family, { numbers, maxSeries: 1, native, clock: () => time });
        const series = recorder.getOrCreate([], true) as number;
        for (let i = -8; i < 8; i++) recorder.observe(series, 1.3 ** i);
        time = now;
        numbers.steps = steps;
        try {
          recorder.observe(series, 1e9);
          isInterrupted = false;
        } catch (fault) {
          expect(fault).to.be.instanceOf(RangeError);
        }
        numbers.steps = Infinity;
        time = 0;
        const collected = new CollectedSamples('sizes');
        recorder.write(series, collected, 0);
        expect(collected.nativeHistograms[0]?.zeroCount, `${steps} steps at ${now} s`).to.be.at.least(0);
      }
    }
  });

  it('count on beyond 31 bits, through a reduction too', () => {
    const numbers = new NumberStore();
    const settings = decideNative({ maxBuckets: 2 });
    if (settings === undefined) throw new Error('no settings');
    const histograms = new NativeHistograms(numbers, 0, settings, () => 0);
    const series = numbers.allocate(nativeWidth);
    histograms.observe(series, 1);
    histograms.observe(series, 1.05);
    // Why by hand: so many observations would take minutes.
    const page = numbers.getWord(series, 0);
    const great = 2 ** 31 - 1;
    for (let word = 2; word < 10; word++) if (numbers.getWord(page, word) === 1) numbers.setWord(page, word, great);
    const count = (): readonly number[] => {
      const { size, counts } = histograms.read(series, 0).positive;
      return Array.from({ length: size }, (_, i) => counts[i] as number);
    };
    const observe = (value: number): boolean =>
      histograms.observeQuickly(series, value) || histograms.observe(series, value);
    for (let i = 0; i < 3; i++) observe(1);
    expect(count().toSorted()).to.deep.equal([great, great + 3]);
    for (let i = 0; i < 5; i++) observe(1.05);
    expect(count()).to.have.members([great + 3, great + 5]);
    expect(observe(1.15)).to.equal(true);
    histograms.reduce(series);
    histograms.reduce(series);
    expect(count().reduce((sum, one) => sum + one, 0)).to.equal(2 * great + 9);
  });

  it('take at most 150 bytes each in protobuf with 40 buckets, labels aside', async () => {
    const sizeOf = async (seriesCount: number): Promise<number> => {
      const recorder = new PrometheusRecorder();
      const family = defineHistogram({
        name: 'size_bytes',
        help: 'Sizes',
        labels: { of: {} },
        buckets: false,
        native: true,
      });
      const random = createRandom(9);
      for (let series = 0; series < seriesCount; series++) {
        for (let bucket = 0; bucket < 40; bucket++) {
          const count = Math.ceil(100 * random() * Math.exp(-(((bucket - 20) / 12) ** 2)));
          for (let i = 0; i < count; i++)
            recorder.histogram(family).observe({ of: `s${series}` }, 2 ** ((bucket - 0.5) / 8));
        }
      }
      const accept = 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited';
      const { body } = await scrape(recorder, { method: 'GET', accept, names: ['size_bytes'] });
      return (await buffer(body)).length;
    };
    const labels = '{of="s0"}'.length;
    expect((await sizeOf(11)) - (await sizeOf(1)) - 10 * labels).to.be.below(10 * 150);
  });

  it('take no more bytes than the catalogue says, also where their buckets are far from each other', () => {
    const random = createRandom(31);
    const maxSeries = 20;
    for (const maxBuckets of [1, 40, 160, 500]) {
      const native = { maxBuckets, resetAfterSeconds: Infinity };
      const recorder = new PrometheusRecorder();
      recorder.open(defineHistogram({ name: 'a_seconds', help: 'A', labels: { of: {} }, maxSeries, native }));
      const [entry] = catalogue(recorder);
      expect(entry?.native).to.include({ schema: 3, maxBuckets });
      const numbers = new NumberStore();
      const settings = decideNative(native);
      if (settings === undefined) throw new Error('no settings');
      const histograms = new NativeHistograms(numbers, 0, settings, () => 0);
      const before = numbers.length;
      for (const series of Array.from({ length: maxSeries }, () => numbers.allocate(nativeWidth))) {
        for (let i = 0; i < 2000; i++) {
          const value = (random() < 0.5 ? -1 : 1) * 2 ** (2000 * random() - 1000);
          if (histograms.observe(series, value)) histograms.reduce(series);
        }
      }
      const bytes = (numbers.length - before) * Float64Array.BYTES_PER_ELEMENT;
      expect(bytes, `${maxBuckets} buckets`).to.be.within(1, entry?.native?.bytesAtMost ?? 0);
    }
  });

  it('give back the memory of their buckets when they are cleared', () => {
    const recorder = new PrometheusRecorder();
    const observeAndClear = (): void => {
      for (let series = 0; series < 200; series++) {
        const labels = { queue: `q${series}` };
        for (let bucket = 0; bucket < 40; bucket++) recorder.histogram(waits).observe(labels, 1.1 ** bucket);
      }
      recorder.clear(waits);
    };
    for (let round = 0; round < 4; round++) observeAndClear();
    const before = usedBytes();
    for (let round = 0; round < 16; round++) observeAndClear();
    // Buckets that stay would take 40 KB each round.
    expect(usedBytes() - before).to.be.below(200_000);
  });

  it('take at most 400 bytes each with 40 buckets', () => {
    const seriesCount = 5000;
    const recorder = new PrometheusRecorder({ maxSamples: 1e6 });
    const family = defineHistogram({
      name: 'size_bytes',
      help: 'Sizes',
      labels: { of: {} },
      buckets: false,
      native: true,
    });
    const handle = recorder.histogram(family);
    const labels = Array.from({ length: seriesCount }, (_, i) => ({ of: `series ${i}` }));
    const before = usedBytes();
    // The buckets next to each other are filled for all series in turn: nothing that one gives back helps the next.
    for (let bucket = 0; bucket < 40; bucket++)
      for (const one of labels) handle.observe(one, 2 ** ((bucket - 0.5) / 8));
    expect((usedBytes() - before) / seriesCount).to.be.below(400);
  });
});

function usedBytes(): number {
  global.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
