import { expect } from 'chai';
import fc from 'fast-check';
import {
  defineCounter,
  defineGauge,
  defineHistogram,
  type ExposedFamily,
  type Family,
  PrometheusRecorder,
  type PrometheusRecorderOptions,
} from '../../lib/index.js';
import { cellStoreOf } from '../../lib/store/cell-access.js';
import { snapshotOf } from '../../lib/store/snapshot.js';
import { SharedStore } from '../../lib/thread/shared-store.js';
import { StoreCopy } from '../../lib/thread/store-copy.js';
import { CopyInThread, readText, scrapeStore } from './copy-in-thread.js';

const formats = [
  'text/plain',
  'application/openmetrics-text; version=1.0.0',
  'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited',
] as const;

/** A store that changes at random, with a clock that a spec turns. */
class ChangingStore {
  seconds = 1000;
  readonly recorder: PrometheusRecorder;
  readonly #families: Family[] = [];
  #observed = 0;

  constructor(options: PrometheusRecorderOptions) {
    this.recorder = new PrometheusRecorder({
      ...options,
      clock: () => this.seconds,
      onAdvice: () => undefined,
      onError: () => undefined,
    });
    for (let kind = 0; kind < kinds; kind++) this.define(kind);
  }

  define(kind: number): void {
    this.#families.push(defineFamily(kind, this.#families.length));
    this.recorder.open(this.#families.at(-1) as Family);
  }

  run({ kind, family, labels, number }: Step): void {
    const chosen = this.#families[family % this.#families.length] as Family;
    const names = Object.keys(chosen.labels);
    const values = Object.fromEntries(names.map((name, i) => [name, labels[i] ?? '']));
    if (kind === 'observe') this.#observe(chosen, values, number);
    if (kind === 'remove') this.recorder.remove(chosen, values);
    if (kind === 'remove some')
      this.recorder.remove(chosen, names.length > 1 ? { [names[1] as string]: labels[1] } : {});
    if (kind === 'clear') this.recorder.clear(chosen);
    if (kind === 'wait') this.seconds += 4;
    if (kind === 'define') this.define(Math.abs(Math.trunc(number)) % kinds);
    if (kind === 'collect' && chosen.kind === 'gauge') this.#collect(chosen, values, number);
  }

  #collect(family: Family, values: Record<string, string>, number: number): void {
    this.recorder.collect(family, () => [{ labels: values, value: number }]);
  }

  #observe(family: Family, values: Record<string, string>, number: number): void {
    const exemplar = number > 0.5 ? exemplars[this.#observed++ % exemplars.length] : undefined;
    const by = Number.isNaN(number) ? 1 : Math.abs(number);
    if (family.kind === 'counter') this.recorder.counter(family as never).inc(values as never, by, { exemplar });
    if (family.kind === 'gauge') this.recorder.gauge(family as never).set(values as never, number);
    if (family.kind === 'histogram')
      this.recorder.histogram(family as never).observe(values as never, by, { exemplar });
  }
}

const exemplars = [
  undefined,
  { trace_id: '4bf92f3577b34da6a3ce929d0e0e4736', span_id: '00f067aa0ba902b7' },
  { order: '"1"', place: 'ünïcode 😀' },
] as const;

const kinds = 8;

function defineFamily(kind: number, i: number): Family {
  const limit = { limit: 1000 };
  switch (kind) {
    case 0:
      return defineCounter({
        name: `jobs_${i}_total`,
        help: 'Jobs "done"\nand \\ gone',
        labels: { team: limit, part: limit },
      }) as Family;
    case 1:
      return defineGauge({ name: `level_${i}`, help: 'Level', labels: { room: limit } }) as Family;
    case 2:
      return defineHistogram({
        name: `wait_${i}_seconds`,
        help: 'Wait',
        unit: 'seconds',
        buckets: [-1, 0.5, 2],
        labels: { team: limit },
      }) as Family;
    case 3:
      return defineCounter({ name: `starts_${i}_total`, help: 'Starts' }) as Family;
    case 4:
      return defineCounter({
        name: `calls_${i}_total`,
        help: 'Calls',
        expireAfterSeconds: 5,
        labels: { a: limit, b: limit, zone: limit },
      }) as Family;
    case 5:
      return defineGauge({
        name: `latest_${i}`,
        help: 'Latest',
        aggregator: 'mostrecent',
        labels: { room: limit },
      }) as Family;
    case 6:
      return defineHistogram({
        name: `pause_${i}_seconds`,
        help: 'Pause',
        unit: 'seconds',
        native: { maxBuckets: 4, maxZeroThreshold: 1, resetAfterSeconds: 6 },
        labels: { team: limit },
      }) as Family;
    default:
      return defineHistogram({
        name: `size_${i}_bytes`,
        help: 'Size',
        unit: 'bytes',
        buckets: [],
        expireAfterSeconds: 5,
      }) as Family;
  }
}

interface Step {
  readonly kind: string;
  readonly family: number;
  readonly labels: readonly string[];
  readonly number: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.oneof(
    { weight: 12, arbitrary: fc.constant('observe') },
    { weight: 8, arbitrary: fc.constantFrom('remove', 'remove some', 'clear', 'wait', 'define') },
    { weight: 1, arbitrary: fc.constant('collect') },
  ),
  family: fc.nat(20),
  labels: fc.array(fc.constantFrom('', 'a', 'b', 'back\\slash "quoted"\nnew line', 'ünïcode 😀', '\ud800'), {
    minLength: 3,
    maxLength: 3,
  }),
  number: fc.constantFrom(1, 0.5, 3, -0, -7.25, 1e21, Infinity, NaN),
});

describe('The copy of a store in a thread', () => {
  it('exposes byte for byte what the store does, in every format, whatever comes and goes', async () => {
    const options = fc.record(
      {
        prefix: fc.constant('shop_'),
        created: fc.boolean(),
        constantLabels: fc.constant({ zone: 'eu "1"', stage: 'test' }),
      },
      { requiredKeys: [] },
    );
    const property = fc.asyncProperty(
      options,
      fc.array(fc.array(step, { maxLength: 30 }), { maxLength: 3 }),
      async (given, rounds) => {
        const store = new ChangingStore(given);
        const copy = new CopyInThread(store.recorder);
        try {
          for (const steps of rounds) {
            for (const one of steps) store.run(one);
            for (const accept of formats) {
              // Why first: a native histogram begins again where a scrape of the store finds that it is time.
              const expected = readText(await scrapeStore(store.recorder, accept));
              expect(readText((await copy.scrape(accept)).body)).to.equal(expected);
            }
          }
        } finally {
          await copy.close();
        }
      },
    );
    await fc.assert(property, { numRuns: 6 });
  });

  it('has every family that has numbers, although the main thread does not answer', async () => {
    const store = new ChangingStore({ prefix: 'shop_' });
    const families = Array.from({ length: kinds }, (_, family) => family);
    for (const family of families) store.run({ kind: 'observe', family, labels: ['a', 'b', 'c'], number: 3 });
    const copy = new CopyInThread(store.recorder, false);
    try {
      for (const accept of formats) {
        const expected = await scrapeStore(store.recorder, accept, (name) => name.startsWith('shop_'));
        expect(readText((await copy.scrape(accept)).body)).to.equal(readText(expected));
      }
    } finally {
      await copy.close();
    }
  });

  it('gives a scrape that is late no numbers of another family in the cells of one that has gone', async () => {
    const recorder = new PrometheusRecorder();
    const rooms = defineGauge({ name: 'rooms', help: 'Rooms' });
    recorder.gauge(rooms).set({}, 5);
    const shared = new SharedStore(recorder);
    // Why in this thread: here nothing happens between two steps.
    const copy = new StoreCopy(shared.data);
    const find = async () => (await copy.exposedFamilies()).find(({ name }) => name === 'rooms') as ExposedFamily;
    try {
      const early = await find();
      expect(snapshotOf(early).samples.map(({ value }) => value)).to.deep.equal([5]);
      recorder.collect(rooms, () => 6);
      await recorder.exposedFamilies();
      await copy.exposedFamilies();
      for (let i = 0; i < 200; i++) recorder.gauge(defineGauge({ name: `other_${i}`, help: 'Other' })).set({}, 7);
      expect(snapshotOf(early).samples).to.deep.equal([]);
    } finally {
      copy.close();
      shared.close();
    }
  });

  describe('where the store computes nothing but its metrics about itself', () => {
    const visits = defineCounter({ name: 'visits_total', help: 'Visits', labels: { page: { limit: 10 } } });
    let recorder: PrometheusRecorder;
    let copy: CopyInThread;
    const whole = async (): Promise<string> => {
      const { body } = await copy.scrape();
      expect(body).to.equal(await scrapeStore(recorder));
      return body;
    };
    /** Scrapes twice; returns how often the main thread was asked meanwhile. */
    const askedFor = async (): Promise<number> => {
      const before = copy.asked;
      await whole();
      await whole();
      return copy.asked - before;
    };

    beforeEach(() => {
      recorder = new PrometheusRecorder({ onAdvice: () => undefined, onError: () => undefined });
      recorder.counter(visits).inc({ page: 'start' });
      copy = new CopyInThread(recorder);
    });

    afterEach(() => copy.close());

    it('asks the main thread once, and again only when that has changed', async () => {
      expect(await askedFor()).to.equal(1);
      recorder.counter(visits).inc({ page: 'start' });
      expect(await askedFor()).to.equal(0);
      recorder.counter(visits).inc({ page: 'start' }, -1);
      expect(await askedFor()).to.equal(1);
      expect(await whole()).to.match(/losses_total\{reason="negative_step"\} 1\n/);
      for (let i = 0; i < 9; i++) recorder.counter(visits).inc({ page: `${i}` });
      expect(await askedFor()).to.equal(1);
      recorder.counter(visits).inc({ page: 'start' }, 1, { exemplar: 'none' as never });
      expect(await askedFor()).to.equal(1);
      expect(await whole()).to.contain('flowplane_metrics_exemplars_dropped_total{');
    });

    it('asks again when a label value was counted that is not exposed', async () => {
      const logins = defineCounter({ name: 'logins_total', help: 'Logins', labels: { user: { limit: 2 }, site: {} } });
      const counter = recorder.counter(logins);
      for (const user of ['ann', 'bob', 'cleo', 'dan@shop.example']) counter.inc({ user, site: 'eu' });
      expect(await askedFor()).to.equal(1);
      counter.inc({ user: 'eve', site: 'eu' });
      expect(await askedFor()).to.equal(1);
      expect(await whole()).to.match(/overflowed_total\{metric="logins_total",label="user"\} 2\n/);
      counter.inc({ user: 'fay@shop.example', site: 'eu' });
      expect(await askedFor()).to.equal(1);
      expect(await whole()).to.match(/redacted_total\{metric="logins_total",label="user",pattern="email"\} 2\n/);
    });

    it('asks again when a label set was folded into one that is there', async () => {
      await copy.close();
      recorder = new PrometheusRecorder({ maxSeriesPerFamily: 4, onAdvice: () => undefined });
      copy = new CopyInThread(recorder);
      const steps = defineCounter({ name: 'steps_total', help: 'Steps', labels: { step: {} } });
      for (let i = 0; i < 6; i++) recorder.counter(steps).inc({ step: `${i}` });
      expect(await askedFor()).to.equal(1);
      recorder.counter(steps).inc({ step: 'new' });
      expect(await askedFor()).to.equal(1);
    });

    it('asks each time from the moment on at which there is a collector, an exemplar, or a series that may expire', async () => {
      expect(await askedFor()).to.equal(1);
      const rooms = defineGauge({ name: 'rooms', help: 'Rooms' });
      recorder.gauge(rooms).collect(() => [{ labels: {}, value: 3 }]);
      expect(await askedFor()).to.equal(2);
      await copy.close();
      recorder = new PrometheusRecorder();
      copy = new CopyInThread(recorder);
      expect(await askedFor()).to.equal(1);
      recorder.counter(visits).inc({ page: 'start' }, 1, { exemplar: { order: '1' } });
      expect(await askedFor()).to.equal(2);
      await copy.close();
      recorder = new PrometheusRecorder();
      copy = new CopyInThread(recorder);
      expect(await askedFor()).to.equal(1);
      const sessions = defineCounter({ name: 'sessions_total', help: 'Sessions', expireAfterSeconds: 60 });
      recorder.counter(sessions).inc();
      expect(await askedFor()).to.equal(2);
    });

    it('asks for some families only where it does not know all', async () => {
      const names = ['flowplane_metrics_losses_total'];
      expect((await copy.scrape(undefined, names)).body)
        .to.contain('losses_total{')
        .and.not.contain('visits_total');
      expect(copy.asked).to.equal(1);
      await whole();
      const { body } = await copy.scrape(undefined, names);
      expect(body).to.contain('losses_total{').and.not.contain('visits_total');
      expect(copy.asked).to.equal(2);
    });
  });

  it('takes no more memory for series that come and go than for those that are there', async () => {
    const recorder = new PrometheusRecorder();
    const sales = defineCounter({ name: 'sales_total', help: 'Sales', labels: { product: { limit: 1_000_000 } } });
    const counter = recorder.counter(sales);
    const copy = new CopyInThread(recorder);
    /** 30,000 series come and go, a hundred at a time. */
    const churn = async (): Promise<void> => {
      for (let i = 0; i < 30_000; i++) {
        counter.inc({ product: `product-${i}` });
        if (i % 100 === 99) recorder.clear(sales);
        // Why waited for: the thread needs a turn of its own to read on.
        if (i % 10_000 === 9999) await copy.scrape();
      }
    };
    try {
      const memory: number[] = [];
      for (let round = 0; round < 3; round++) {
        await churn();
        global.gc?.();
        memory.push(process.memoryUsage().arrayBuffers);
      }
      // Why not the difference of any two: what earlier specs have left behind may go meanwhile.
      expect((memory.at(-1) as number) - Math.min(...memory)).to.be.below(2 ** 19);
      counter.inc({ product: 'last' }, 7);
      expect((await copy.scrape()).body).to.include('sales_total{product="last"} 7\n');
    } finally {
      await copy.close();
    }
  });

  it('has all of a store that was large already, and that changes while the copy begins', async () => {
    const recorder = new PrometheusRecorder({ maxSeriesPerFamily: 20_000, onAdvice: () => undefined });
    const rooms = defineGauge({ name: 'rooms', help: 'Rooms', labels: { floor: {}, room: { limit: 20_000 } } });
    const gauge = recorder.gauge(rooms);
    for (let i = 0; i < 10_000; i++) gauge.set({ floor: `${Math.floor(i / 20)}`, room: `${i}` }, i);
    const isWhole = async ({ shared }: CopyInThread): Promise<boolean> =>
      (await cellStoreOf(recorder)?.computedFamilies({}, shared.log))?.some(({ name }) => name === 'rooms') === false;
    const changes = [
      () => gauge.set({ floor: '0', room: 'new' }, 1),
      () => recorder.remove(rooms, { floor: '0', room: '7' }),
      () => recorder.remove(rooms, { room: '8' }),
    ];
    for (const change of changes) {
      const copy = new CopyInThread(recorder);
      try {
        // Why here: what is on floor 0 was told to the copy, and most of the others was not.
        change();
        expect(await isWhole(copy)).to.equal(false);
        expect((await copy.scrape()).body).to.equal(await scrapeStore(recorder));
        while (!(await isWhole(copy))) await new Promise((resolve) => setImmediate(resolve));
        expect((await copy.scrape()).body).to.equal(await scrapeStore(recorder));
      } finally {
        await copy.close();
      }
    }
  });

  it('goes on where a large family becomes a computed one before the copy knows all of it', async () => {
    const recorder = new PrometheusRecorder({ maxSeriesPerFamily: 50_000, onAdvice: () => undefined });
    const rooms = defineGauge({ name: 'rooms', help: 'Rooms', labels: { room: { limit: 50_000 } } });
    const gauge = recorder.gauge(rooms);
    for (let i = 0; i < 40_000; i++) gauge.set({ room: `${i}` }, i);
    const copy = new CopyInThread(recorder);
    try {
      await new Promise((resolve) => setImmediate(resolve));
      gauge.collect(() => [{ labels: { room: 'all' }, value: 40_000 }]);
      recorder.counter(defineCounter({ name: 'visits_total', help: 'Visits' })).inc({}, 3);
      for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
      expect((await copy.scrape()).body).to.equal(await scrapeStore(recorder));
    } finally {
      await copy.close();
    }
  });

  it('begins again after it has fallen behind too far, and misses nothing then', async () => {
    const recorder = new PrometheusRecorder({ maxSeriesPerFamily: 1_000_000 });
    const texts = defineCounter({ name: 'texts_total', help: 'Texts', labels: { text: {} } });
    const counter = recorder.counter(texts);
    const copy = new CopyInThread(recorder);
    try {
      const goOn = await copy.pause();
      // Why so long: a log of more than 32 MiB comes at once.
      for (let i = 0; i < 25_000; i++) {
        counter.inc({ text: `${i}`.padStart(700, '.') });
        if (i % 100 === 99) recorder.clear(texts);
      }
      counter.inc({ text: 'last' });
      // Why: while nobody follows the store, all of its families have to be computed.
      expect((await cellStoreOf(recorder)?.computedFamilies())?.map(({ name }) => name)).to.include('texts_total');
      goOn();
      let { body } = await copy.scrape();
      while (body.includes('status 500')) ({ body } = await copy.scrape());
      expect(body).to.equal(await scrapeStore(recorder));
    } finally {
      await copy.close();
    }
  });
});
