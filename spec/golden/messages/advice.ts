import {
  attachRecorder,
  Counter,
  defineCounter,
  defineGauge,
  defineHistogram,
  Instrumented,
  instanceObserver,
  instrumentFunction,
  MetricsRecorder,
  PrometheusRecorder,
  type PrometheusRecorderOptions,
  setDefaultRecorder,
  Timed,
} from '../entries.js';
import { type Case, type Cases, heard, type Untyped, warnings } from './cases.js';

const opened =
  (family: Untyped): Case =>
  () =>
    heard((recorder) => recorder.open(family));
const counter = (options: Untyped): Case => opened(defineCounter({ help: 'What it counts', ...options }));
const gauge = (options: Untyped): Case => opened(defineGauge({ help: 'What it measures', ...options }));

/** What is against the custom in a family's name. */
export const naming: Cases = {
  'a counter without _total': counter({ name: 'hits' }),
  'a gauge with _total': gauge({ name: 'hits_total' }),
  milliseconds: gauge({ name: 'wait_ms' }),
  megabytes: gauge({ name: 'heap_megabytes' }),
  percent: gauge({ name: 'cpu_percent' }),
  kilometers: gauge({ name: 'way_kilometers' }),
  kilograms: gauge({ name: 'load_kilograms' }),
  fahrenheit: gauge({ name: 'heat_fahrenheit' }),
  'a label of a histogram': gauge({ name: 'wait', labels: { le: {} } }),
  'a label of a summary': gauge({ name: 'wait', labels: { quantile: {} } }),
  'a colon': gauge({ name: 'job:wait' }),
  'a timestamp that is no gauge': opened(defineHistogram({ name: 'start_timestamp_seconds', help: 'Started' })),
  'a name of a target': gauge({ name: 'up' }),
  'a name of an alert': gauge({ name: 'ALERTS' }),
  'a unit that is not in the name': gauge({ name: 'wait', unit: 'seconds' }),
  'a kind in the name': gauge({ name: 'wait_gauge' }),
  'a label in the name': counter({ name: 'hits_by_team_total', labels: { team: {} } }),
  'a label job': counter({ name: 'hits_total', labels: { job: {} } }),
  'a label instance': counter({ name: 'hits_total', labels: { instance: {} } }),
  'camelCase in the name': gauge({ name: 'heapSize' }),
  'camelCase in a label': gauge({ name: 'heap', labels: { heapKind: {} } }),
  'a help that is the name': gauge({ name: 'heap', help: ' heap ' }),
  'the ending _count': gauge({ name: 'hits_count' }),
  'the ending _sum': gauge({ name: 'hits_sum' }),
  'the ending _bucket': gauge({ name: 'hits_bucket' }),
  'the ending _info of a counter': counter({ name: 'hits_info_total' }),
  'the ending _created': opened(defineHistogram({ name: 'hits_created', help: 'Created' })),
  'several at once': gauge({ name: 'heapSize_ms_total', unit: 'bytes', labels: { job: {} } }),
  'in an annotated method': () =>
    heard((recorder) => {
      class Service {
        @Counter({ name: 'calls', help: 'Calls' })
        work(): void {}
      }
      attachRecorder(new Service(), recorder);
    }),
};

function counted(labels: Untyped, values: readonly Untyped[], options: PrometheusRecorderOptions = {}): Case {
  const family = defineCounter({ name: 'hits_total', help: 'Hits', labels });
  return () =>
    heard((recorder) => {
      for (const value of values) recorder.counter(family as Untyped).inc(value);
    }, options);
}

function counterWith(exemplar: Untyped, options: Untyped = { name: 'hits_total' }): Case {
  const family = defineCounter({ help: 'Hits', ...options });
  return () => heard((recorder) => recorder.counter(family as Untyped).inc({}, 1, { exemplar }));
}

const pages = (count: number) => Array.from({ length: count }, (_, i) => ({ page: `/page/${i}` }));
const fiftyPages = pages(50);

/** What happens at the bounds of families, and with what must not be exposed. */
export const bounds: Cases = {
  'a family fills up': counted({ page: {} }, pages(4), { maxSeriesPerFamily: 5 }),
  'a family is full': counted({ page: {} }, pages(6), { maxSeriesPerFamily: 5 }),
  'a family with two labels is full': counted(
    { page: {}, team: {} },
    pages(6).map((page, i) => ({ ...page, team: `${i % 2}` })),
    { maxSeriesPerFamily: 5 },
  ),
  'a large family is full': counted({ page: {} }, fiftyPages, { maxSeriesPerFamily: 20 }),
  'a label with a limit is full': counted({ page: { limit: 2 } }, pages(3)),
  'a label with a larger limit fills up': counted({ page: { limit: 10 } }, pages(9)),
  'a value outside a closed domain': counted({ page: { oneOf: ['/a', '/b'] } }, [{ page: '/c' }]),
  'a secret outside a closed domain': counted({ page: { oneOf: ['/a'] } }, [{ page: 'ada@example.com' }]),
  'a hashed label with a limit': counted({ page: { hash: true, limit: 1 } }, pages(2), { hashKey: 'golden' }),
  'a recorder fills up': counted({ page: {} }, pages(9), { maxSamples: 10 }),
  'a recorder is full': counted({ page: {} }, pages(12), { maxSamples: 10 }),
  ...Object.fromEntries(
    Object.entries({
      'an e-mail address': 'ada@example.com',
      'a JSON web token': 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl',
      'a bearer token': 'Bearer abcdefgh12345678',
      // Why in two parts: no scanner of this repository must take it for a real one.
      'a vendor key': `AKIA${'ABCDEFGH12345678'}`,
      'a private key': '-----BEGIN PRIVATE KEY-----',
      'a payment card': '4111 1111 1111 1111',
    }).map(([name, page]) => [name, counted({ page: {} }, [{ page }])]),
  ),
  'a secret that is dropped': counted({ page: { sensitive: 'drop' } }, [{ page: 'ada@example.com' }]),
  ...Object.fromEntries(
    Object.entries({
      'an exemplar that is too long': { id: 'x'.repeat(200) },
      'an exemplar with an illegal label': { 'my-id': 'x' },
      'an exemplar with an object as a value': { id: {} },
      'an exemplar that is a text': 'x',
      'an exemplar with an e-mail address': { user: 'ada@example.com' },
    }).map(([name, exemplar]) => [name, counterWith(exemplar)]),
  ),
  'an exemplar of a counter without _total': counterWith({ id: 'x' }, { name: 'hits', advice: false }),
};

/** A service whose class nobody has heard of yet. */
function unwiredService(): Untyped {
  class Service {
    @Counter({ name: 'calls_total', help: 'Calls' })
    static still(): void {}

    @Counter({ name: 'calls_total', help: 'Calls' })
    work(): void {}
  }
  return Service;
}

// Why inside `warnings`: this advice goes to every recorder of the process, those of other specs included.
const told =
  (use: (recorder: PrometheusRecorder) => unknown): Case =>
  async () => {
    let messages: unknown[] = [];
    await warnings(async () => {
      messages = await heard(use);
    });
    return messages;
  };

const hosts = ['Inversify', 'Nest', 'tsyringe', 'awilix', 'typedi', 'a container of your own'];

/** What is said of calls that nobody records, where the host is known. */
export const wiring: Cases = Object.fromEntries(
  hosts.map((host) => [
    host,
    told((recorder) => {
      const observe = instanceObserver(recorder, host);
      const service = new (unwiredService())();
      service.work();
      observe(service);
      new (MetricsRecorder as Untyped)().counter(defineCounter({ name: 'calls_total', help: 'Calls' })).inc();
    }),
  ]),
);

/** Everything else that is worth a remark. */
export const remarks: Cases = {
  'a negative sum': () =>
    heard(async (recorder) => {
      recorder.histogram(defineHistogram({ name: 'balance', help: 'Balance', buckets: [1] })).observe({}, -5);
      await recorder.snapshot();
    }),
  'another help': () =>
    heard((recorder) => {
      recorder.open(defineGauge({ name: 'level', help: 'The first' }));
      recorder.open(defineGauge({ name: 'level', help: 'The second' }), '@Gauge on Service.work');
    }),
  'an instance without a recorder': told(() => new (unwiredService())().work()),
  'a static method without a recorder': told(() => unwiredService().still()),
  'a function without a recorder': told(() => {
    instrumentFunction(function work() {}, Counter({ name: 'calls_total', help: 'Calls' }))();
  }),
  'an instance that gets its recorder after a call': told((recorder) => {
    const service = new (unwiredService())();
    service.work();
    attachRecorder(service, recorder);
  }),
  'a recorder that a container has constructed': told(() => {
    new (MetricsRecorder as Untyped)().counter(defineCounter({ name: 'calls_total', help: 'Calls' })).inc();
  }),
  'a callback that is not followed': told((recorder) => {
    class Service {
      @Counter({ name: 'calls_total', help: 'Calls' })
      work(_callback: () => void): void {}
    }
    attachRecorder(new Service(), recorder).work(() => undefined);
  }),
  'seconds in a family of milliseconds': told((recorder) => {
    class Service {
      @Timed({ name: 'work_ms', help: 'Duration' })
      work(): void {}
    }
    attachRecorder(new Service(), recorder).work();
  }),
  'a minified class with @Instrumented': told((recorder) => {
    const Ʒ = class {
      work(): void {}
    };
    Instrumented()(Ʒ);
    attachRecorder(new Ʒ(), recorder).work();
  }),
  'a minified class with @Timed': told((recorder) => {
    class Ʒʒ {
      @Timed()
      work(): void {}
    }
    attachRecorder(new Ʒʒ(), recorder).work();
  }),
};

/** What is said where nobody listens. */
export const processWarnings: Cases = {
  'a dropped observation': () =>
    warnings(() => {
      const family = defineCounter({ name: 'golden_warned_total', help: 'Warned' });
      for (let i = 0; i < 2; i++) new PrometheusRecorder().counter(family).inc({}, -1);
    }),
  'advice, once per process': () =>
    warnings(() => {
      const family = defineGauge({ name: 'golden_warned_ms', help: 'Warned' });
      for (let i = 0; i < 2; i++) new PrometheusRecorder().open(family);
    }),
  'a listener that throws is not heard': async () => {
    const listen = (): never => {
      throw new Error('no listener');
    };
    const recorder = new PrometheusRecorder({ onAdvice: listen, onError: listen });
    const said = await warnings(() =>
      recorder.counter(defineCounter({ name: 'golden_quiet', help: 'Quiet' })).inc({}, -1),
    );
    return `${said.length} warnings`;
  },
  'no recorder in use': async () => {
    setDefaultRecorder(undefined);
    return `${(await warnings(() => new PrometheusRecorder())).length} warnings`;
  },
};
