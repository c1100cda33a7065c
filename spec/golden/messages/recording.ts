import { Gauge as PromGauge, Registry } from 'prom-client';
import {
  attachRecorder,
  Counter,
  defineCounter,
  defineGauge,
  defineHistogram,
  Gauge,
  Histogram,
  InFlight,
  MemoryRecorder,
  PrometheusRecorder,
  type PrometheusRecorderOptions,
  Timed,
} from '../entries.js';
import { type Case, type Cases, heard, type Untyped, withEnvironment } from './cases.js';

const hits = defineCounter({ name: 'hits_total', help: 'Hits', labels: { page: {} } });
const color = defineGauge({ name: 'color', help: 'Color', labels: { color: { oneOf: ['red'] } } });
const level = defineGauge({ name: 'level', help: 'Level' });
const sizes = defineHistogram({ name: 'sizes', help: 'Sizes' });
const hashed = defineCounter({ name: 'hashed_total', help: 'Hashed', labels: { user: { hash: true } } });
const noted = defineCounter({ name: 'noted_total', help: 'Noted', labels: { note: { sensitive: 'drop' } } });

/** Calls a method with this decorator once. */
const called =
  (decorate: Untyped, options?: PrometheusRecorderOptions): Case =>
  () =>
    heard((recorder) => {
      class Service {
        work(): number {
          return 1;
        }
      }
      const descriptor = Object.getOwnPropertyDescriptor(Service.prototype, 'work') as PropertyDescriptor;
      decorate(Service.prototype, 'work', descriptor);
      Object.defineProperty(Service.prototype, 'work', descriptor);
      attachRecorder(new Service(), recorder).work();
    }, options);

const byHand =
  (use: (recorder: PrometheusRecorder) => unknown, options?: PrometheusRecorderOptions): Case =>
  () =>
    heard(use, options);

const total = { name: 'x_total', help: 'X' };
const x = { name: 'x', help: 'X' };
const throws = (thrown: unknown) => () => {
  throw thrown;
};

/** Why observations are not recorded. */
export const drops: Cases = {
  'a label reader throws': called(Counter({ ...total, labels: { a: throws(new TypeError('no team')) } })),
  'a label reader throws a text': called(Counter({ ...total, labels: { a: throws('no team') } })),
  'a label reader gives a promise': called(Counter({ ...total, labels: { a: (async () => 'a') as Untyped } })),
  'a label reader gives an object': called(Counter({ ...total, labels: { a: (() => ({})) as Untyped } })),
  'a value reader throws': called(Gauge({ ...x, value: throws(new Error('no size')) })),
  'a value reader gives a text': called(Gauge({ ...x, value: (() => '1') as Untyped })),
  'a value reader gives a BigInt that no number holds': called(Gauge({ ...x, value: () => 2n ** 53n + 1n })),
  'a value reader gives a promise': called(Histogram({ ...x, value: (async () => 1) as Untyped })),
  'a histogram value is not finite': called(Histogram({ ...x, value: () => Number.NaN })),
  'a when reader throws': called(Counter({ ...total, when: throws(new Error('no result')) })),
  'a counter is decreased': called(Counter({ ...total, by: () => -1 })),
  'a clock that throws': called(Timed({ ...x }), { clock: throws(new Error('no clock')) as Untyped }),
  'an in-flight label throws': called(InFlight({ ...x, labels: { a: throws(new Error('no team')) } })),
  'a gauge is set outside its domain': byHand((recorder) => recorder.gauge(color).set({ color: 'blue' as 'red' }, 1)),
  'a label value is a secret, and is dropped': byHand((recorder) =>
    recorder.counter(noted).inc({ note: 'Bearer abcdefgh12345678' }),
  ),
  'the samples are used up': byHand((recorder) => recorder.histogram(sizes).observe({}, 1), { maxSamples: 3 }),
  'the family is full, and a gauge is set': byHand((recorder) => {
    const open = defineGauge({ name: 'open', help: 'Open', labels: { a: {} }, maxSeries: 1 });
    recorder.gauge(open).set({ a: '1' }, 1);
    recorder.gauge(open).set({ a: '2' }, 1);
  }),
  'by hand, labels are null': byHand((recorder) => recorder.counter(hits).inc(null as Untyped)),
  'by hand, a label is unknown': byHand((recorder) => recorder.counter(hits).inc({ pgae: '/' } as Untyped)),
  'by hand, a label is an object': byHand((recorder) => recorder.counter(hits).inc({ page: {} as Untyped })),
  'by hand, a label getter throws': byHand((recorder) =>
    recorder.counter(hits).inc({
      get page(): string {
        throw new Error('no page');
      },
    }),
  ),
  'by hand, a counter is decreased': byHand((recorder) => recorder.counter(hits).inc({ page: '/' }, -1)),
  'by hand, a counter gets infinity': byHand((recorder) => recorder.counter(hits).inc({ page: '/' }, Infinity)),
  'by hand, a gauge gets a text': byHand((recorder) => recorder.gauge(level).set({}, '1' as Untyped)),
  'by hand, a histogram gets undefined': byHand((recorder) =>
    recorder.histogram(sizes).observe({}, undefined as Untyped),
  ),
  'by hand, a counter is observed': byHand((recorder) =>
    (recorder.histogram(hits as Untyped) as Untyped).observe({ page: '/' }, 1),
  ),
  'by hand, the name is taken': byHand((recorder) => {
    recorder.open(hits);
    recorder.gauge(defineGauge({ name: 'hits_total', help: 'Hits', advice: false })).set({}, 1);
  }),
  'a decorated call, the name is taken': () =>
    heard(async (recorder) => {
      recorder.open(hits);
      class Service {
        @Counter({ name: 'hits_total', help: 'Hits' })
        work(): void {}
      }
      attachRecorder(new Service(), recorder).work();
    }),
  'a strict recorder throws': () => new PrometheusRecorder({ strict: true }).counter(hits).inc({ page: '/' }, -1),
  'an in-memory recorder says the same': () => {
    const messages: unknown[] = [];
    new MemoryRecorder({ onError: (error) => messages.push(error) }).counter(hits).inc({ page: '/' }, -1);
    return messages;
  },
};

const collected =
  (collector: Untyped, timeoutSeconds?: number): Case =>
  () =>
    heard(async (recorder) => {
      recorder.gauge(level).collect(collector);
      await recorder.exposedFamilies(timeoutSeconds === undefined ? {} : { timeoutSeconds });
    });

/** A registry with one metric of somebody else, by shape. */
function registryOf(metric: Untyped): Registry {
  const registry = new Registry();
  registry.registerMetric(metric);
  return registry;
}

const foreign =
  (metric: Untyped): Case =>
  () =>
    heard((recorder) => recorder.exposedFamilies(), { registry: registryOf(metric) });

/** What costs a metric its place in a scrape. */
export const collectors: Cases = {
  'a collector throws': collected(throws(new Error('no connection'))),
  'a collector throws a text': collected(throws('no connection')),
  'a collector rejects': collected(() => Promise.reject(new Error('no connection'))),
  'a collector takes too long': collected(() => new Promise(() => undefined), 0.01),
  'a collector gives a text': collected(() => 'one'),
  'a collector gives an object': collected(() => ({ labels: {}, value: 1 })),
  'a collector gives a list with null in it': collected(() => [null]),
  'a collector gives a list with undefined in it': collected(() => [undefined]),
  'a collector gives a value that is none': collected(() => [{ labels: {}, value: '1' }]),
  'a collector gives a label that is unknown': collected(() => [{ labels: { a: 1 }, value: 1 }]),
  'a foreign metric throws': foreign({ name: 'foreign', get: throws(new Error('no connection')) }),
  'a foreign metric gives nothing of use': foreign({ name: 'foreign', get: () => ({ name: 'foreign' }) }),
  'a foreign metric has the name of a family': () => {
    const registry = new Registry();
    return heard(
      async (recorder) => {
        recorder.open(hits);
        new PromGauge({ name: 'hits', help: 'Hits', registers: [registry] });
        await recorder.exposedFamilies();
      },
      { registry },
    );
  },
};

const opened =
  (first: Untyped, second: Untyped, options?: PrometheusRecorderOptions): Case =>
  () => {
    const recorder = new PrometheusRecorder({ onAdvice: () => undefined, ...options });
    recorder.open(first, '@Counter on First.work');
    recorder.open(second, '@Counter on Second.work');
  };

const histogramX = defineHistogram({ name: 'x', help: 'X', buckets: [1] });

/** Names that are taken, and keys that are missing. */
export const clashes: Cases = {
  'another kind': opened(defineGauge(x), histogramX),
  'other labels': opened(hits, defineCounter({ name: 'hits_total', help: 'Hits', labels: { path: {} } })),
  'other policies': opened(hits, defineCounter({ name: 'hits_total', help: 'Hits', labels: { page: { limit: 1 } } })),
  'other buckets': opened(histogramX, defineHistogram({ name: 'x', help: 'X', buckets: [2] })),
  'a name that a sample of a histogram has': opened(histogramX, defineCounter({ name: 'x_sum', help: 'X' })),
  'a histogram whose sample has the name': opened(defineGauge({ name: 'x_count', help: 'X' }), histogramX),
  'a name without _total': opened(defineCounter(total), defineGauge(x)),
  'a name of the recorder itself': opened(hits, defineGauge({ name: 'flowplane_metrics_series', help: 'X' })),
  'with a prefix': opened(defineGauge(x), histogramX, { prefix: 'shop_' }),
  'in an in-memory recorder': () => {
    const recorder = new MemoryRecorder();
    recorder.open(defineGauge(x));
    recorder.open(histogramX);
  },
  'a name that the registry has': () => {
    const registry = new Registry();
    new PromGauge({ ...x, registers: [registry] });
    new PrometheusRecorder({ registry }).open(histogramX);
  },
  'a hashed label without a key': () =>
    withEnvironment({ FLOWPLANE_METRICS_HASH_KEY: undefined }, () => new PrometheusRecorder().open(hashed)),
  'a hashed label with an empty key': () => new PrometheusRecorder({ hashKey: '' }).open(hashed),
};
