import { text } from 'node:stream/consumers';
import { Counter as PromCounter, Gauge as PromGauge, Histogram as PromHistogram, Registry, Summary } from 'prom-client';
import {
  attachRecorder,
  Counter,
  catalogue,
  catalogueMarkdown,
  defineCounter,
  defineGauge,
  defineHistogram,
  errorName,
  exponentialBuckets,
  Gauge,
  Histogram,
  InFlight,
  Instrumented,
  linearBuckets,
  outcome,
  PrometheusRecorder,
  type PrometheusRecorderOptions,
  type Scrapable,
  scrape,
  Timed,
} from './entries.js';
import { Golden } from './golden.js';

const golden = new Golden('exposition');

/** Each format, by the `Accept` that asks for it. */
const formats = {
  'text-0.0.4': 'text/plain;version=0.0.4',
  'text-1.0.0': 'text/plain;version=1.0.0',
  'openmetrics-1.0.0': 'application/openmetrics-text;version=1.0.0',
  'openmetrics-0.0.1': 'application/openmetrics-text;version=0.0.1',
};

/** Seconds on the recorders' clock: only the methods below move it. */
let now = 100;
/** Seconds since the epoch, as `_created` shows them. */
const today = 1_750_000_000.5;

// Counters, gauges and histograms by hand.
const texts = defineCounter({
  name: 'golden_texts_total',
  help: 'Texts that must be escaped: "quoted", \\ and a\nnew line, ü and 🦀',
  labels: { text: {}, second: {} },
});
const bare = defineCounter({ name: 'golden_bare', help: 'A counter without _total', advice: false });
const closed = defineCounter({
  name: 'golden_closed_total',
  help: 'A closed domain, every combination from the start',
  labels: { color: { oneOf: ['red', 'green'] }, shape: { oneOf: ['round'] } },
});
const bounded = defineCounter({
  name: 'golden_bounded_total',
  help: 'A label with a limit, a hashed one and one that drops secrets',
  labels: { path: { limit: 2 }, user: { hash: true }, note: { sensitive: 'drop' } },
});
const numbers = defineGauge({ name: 'golden_numbers', help: 'Numbers of every size', labels: { which: {} } });
const heap = defineGauge({ name: 'golden_heap_bytes', help: 'A gauge with a unit', unit: 'bytes' });
const computed = defineGauge({ name: 'golden_computed', help: 'Computed at each scrape', labels: { zone: {} } });
const broken = defineGauge({ name: 'golden_broken', help: 'Its collector fails' });
const sizes = defineHistogram({
  name: 'golden_sizes_bytes',
  help: 'A histogram with exponential bounds and initial series',
  unit: 'bytes',
  labels: { direction: {} },
  buckets: exponentialBuckets(1, 10, 8),
  initial: [{ direction: 'in' }],
});
const changes = defineHistogram({
  name: 'golden_changes',
  help: 'A histogram whose sum is negative, with bounds below zero',
  buckets: [...linearBuckets(-2, 1, 4), Infinity],
});
const waits = defineHistogram({ name: 'golden_waits_seconds', help: 'A histogram with the default bounds' });

// Annotated methods.
class GoldenShop {
  @Counter({
    name: 'golden_orders_total',
    help: 'Orders by team and outcome',
    labels: { team: (team: string) => team, outcome, error: errorName },
  })
  @Timed({
    name: 'golden_order_duration_seconds',
    help: 'How long an order took',
    unit: 'seconds',
    buckets: [0.1, 0.5, 1],
    labels: { team: (team: string) => team },
  })
  @InFlight({ name: 'golden_orders_in_flight', help: 'Orders that are in flight' })
  order(team: string, seconds: number): string {
    now += seconds;
    if (team === 'fails') throw new RangeError('no such team');
    return team;
  }

  @InFlight({ name: 'golden_waiting', help: 'Calls that wait', labels: { queue: (queue: string) => queue } })
  wait(_queue: string): Promise<void> {
    return new Promise(() => undefined);
  }

  @Gauge({
    name: 'golden_stock_items',
    help: 'Items in stock',
    labels: { item: { args: (item: string) => item, limit: 10 } },
    value: (result: number) => result,
  })
  @Histogram({ name: 'golden_counted_items', help: 'Items at each count', buckets: [1, 10], value: (result) => result })
  count(_item: string, items: number): number {
    return items;
  }

  @Counter({ name: 'golden_dropped_total', help: 'Every call is dropped', by: () => -1 })
  dropped(): void {}

  @Counter({ name: 'golden_uncalled_total', help: 'Nobody calls it', labels: { a: (_: string) => 'a' } })
  uncalled(_: string): void {}
}

@Instrumented({ prefix: 'golden_', labels: { region: 'eu' } })
class GoldenWhole {
  work(): void {
    now += 0.02;
  }
}

class GoldenUnwired {
  @Counter({ name: 'golden_unwired_total', help: 'Reports to nobody' })
  call(): void {}
}

function recordByHand(recorder: PrometheusRecorder): void {
  const awkward = ['plain', 'quote"', 'back\\slash', 'new\nline', 'ü🦀', 'lone \ud800', 'x'.repeat(1100), '{a="b"}'];
  for (const one of awkward) recorder.counter(texts).inc({ text: one, second: '' });
  for (const one of [0, true, 12n, null, undefined, '']) recorder.counter(texts).inc({ text: one, second: 'typed' });
  recorder.counter(texts).inc({ text: 'ada@example.com', second: 'redacted' });
  recorder.counter(bare).inc({}, 2.5);
  recorder.counter(closed).inc({ color: 'red', shape: 'round' }, 3);
  recorder.counter(closed).inc({ color: 'blue' as 'red', shape: 'round' });
  for (const path of ['/a', '/b', '/c', '/d']) recorder.counter(bounded).inc({ path, user: 'ada', note: 'n' });
  recorder.counter(bounded).inc({ path: '/a', user: 'ada', note: 'ada@example.com' });
  const amounts = [0, -0, 1, -1, 0.1 + 0.2, 1e21, 1e-7, 2 ** 31, 2 ** 53, -123.456, Number.MAX_VALUE];
  for (const amount of [...amounts, Number.NaN, Infinity, -Infinity])
    recorder.gauge(numbers).set({ which: `${Object.is(amount, -0) ? '-0' : amount}` }, amount);
  recorder.gauge(heap).set({}, 1024);
  recorder.gauge(computed).collect(() => [
    { labels: { zone: 'a' }, value: 1 },
    { labels: { zone: 'b' }, value: 2.5 },
  ]);
  recorder.gauge(broken).collect(() => Promise.reject(new Error('no connection')));
  for (const size of [0.5, 1, 99, 1e9]) recorder.histogram(sizes).observe({ direction: 'out' }, size);
  for (const change of [-5, -1, 0.5]) recorder.histogram(changes).observe({}, change);
  recorder.histogram(waits).observe({}, 0.3);
}

function recordCalls(recorder: PrometheusRecorder): void {
  const shop = attachRecorder(new GoldenShop(), recorder);
  shop.order('payments', 0.25);
  shop.order('payments', 0.75);
  shop.order('search', 5);
  try {
    shop.order('fails', 0);
  } catch {
    // The caller's own error, which is counted.
  }
  void shop.wait('mail');
  void shop.wait('mail');
  shop.count('apple', 7);
  shop.count('pear', -1);
  shop.dropped();
  attachRecorder(new GoldenWhole(), recorder).work();
}

/** The same recordings in a recorder with these options. */
function recorded(options: PrometheusRecorderOptions = {}): PrometheusRecorder {
  const silent = { onAdvice: () => undefined, onError: () => undefined };
  const recorder = new PrometheusRecorder({ clock: () => now, hashKey: 'golden', ...silent, ...options });
  const { now: realNow } = Date;
  Date.now = () => today * 1000;
  try {
    recordByHand(recorder);
    recordCalls(recorder);
  } finally {
    Date.now = realNow;
  }
  return recorder;
}

/** A registry with one metric of each kind that prom-client has, and one that fails. */
function registry(): Registry {
  const register = new Registry();
  const registers = [register];
  new PromCounter({ name: 'foreign_total', help: 'A counter of\nprom-client', labelNames: ['a'], registers }).inc({
    a: '"\\\n',
  });
  new PromGauge({ name: 'foreign_gauge', help: 'A gauge', labelNames: ['a'], registers }).set({ a: '' }, Number.NaN);
  const buckets = [0.5, 1];
  new PromHistogram({ name: 'foreign_histogram', help: 'A histogram', buckets, registers }).observe(0.7);
  const percentiles = [0.5, 0.99];
  const summary = new Summary({ name: 'foreign_summary', help: 'A summary', percentiles, registers });
  for (const value of [1, 2, 3]) summary.observe(value);
  new PromGauge({
    name: 'foreign_broken',
    help: 'Fails',
    registers,
    collect: () => {
      throw new Error('no connection');
    },
  });
  new PromCounter({ name: 'golden_bare', help: 'Has the name of a family of the recorder', registers });
  register.setDefaultLabels({ app: 'golden', region: 'default' });
  return register;
}

/** Records into metrics of prom-client by our decorators. */
function recordIntoForeign(register: Registry, recorder: PrometheusRecorder): void {
  const registers = [register];
  const counter = new PromCounter({ name: 'placed_total', help: 'Placed', labelNames: ['team'] as const, registers });
  const labelNames = ['team'] as const;
  const histogram = new PromHistogram({ name: 'placed_seconds', help: 'Placed', buckets: [1], labelNames, registers });
  class Placed {
    @Counter(counter, { labels: { team: (team: string) => team } })
    @Timed(histogram, { labels: { team: (team: string) => team } })
    call(_team: string): void {
      now += 0.5;
    }
  }
  attachRecorder(new Placed(), recorder).call('payments');
}

const recorders: Readonly<Record<string, () => Scrapable>> = {
  plain: () => recorded(),
  full: () => {
    const register = registry();
    register.removeSingleMetric('golden_bare');
    const recorder = recorded({
      created: true,
      prefix: 'shop_',
      constantLabels: { region: 'eu', team: 'constant "quoted"', second: '' },
      registry: register,
    });
    recordIntoForeign(register, recorder);
    return recorder;
  },
  clash: () => {
    // Why later: a name that is taken when a family is declared is refused, one that is taken later stays out.
    const register = new Registry();
    const recorder = new PrometheusRecorder({ registry: register, onError: () => undefined });
    recorder.counter(texts).inc({ text: 'a', second: 'b' });
    new PromGauge({ name: 'golden_texts_created', help: 'Its name is taken', registers: [register] }).set(1);
    new PromGauge({ name: 'golden_free', help: 'Its name is free', registers: [register] }).set(1);
    return recorder;
  },
  openmetricsRegistry: () => {
    const register: Registry = Reflect.construct(Registry, [Registry.OPENMETRICS_CONTENT_TYPE]);
    new PromCounter({ name: 'foreign_total', help: 'A counter', registers: [register] }).inc();
    const recorder = new PrometheusRecorder({ registry: register });
    recorder.counter(bare).inc({});
    recorder.counter(texts).inc({ text: 'a', second: 'b' });
    return recorder;
  },
  empty: () => new PrometheusRecorder(),
  custom: () => ({
    exposedFamilies: async () => [
      {
        name: 'custom_unknown',
        type: 'unknown',
        help: 'Of no known kind',
        *write(samples) {
          samples.label(0, 'a', 'b');
          samples.sample(1, '', 1);
          yield;
        },
      },
    ],
  }),
};

/** Plain data as JSON, in which no number is lost. */
const json = (data: unknown): string =>
  `${JSON.stringify(data, (_, value) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value), 2)}\n`;

const isGolden = ({ name }: { readonly name: string }): boolean => /^(shop_)?golden_/.test(name);

describe('The exposition of every kind of metric', () => {
  for (const [name, make] of Object.entries(recorders)) {
    for (const [format, accept] of Object.entries(formats)) {
      it(`equals the golden file: ${name} in ${format}`, async () => {
        const { status, headers, body } = await scrape(make(), { method: 'GET', accept });
        golden.compare(`${name}.${format}.txt`, `${status} ${headers['Content-Type']}\n${await text(body)}`);
      });
    }
  }

  it('equals the golden file when families are chosen by name', async () => {
    const names = ['golden_sizes_bytes_count', 'golden_texts', 'golden_heap_bytes'];
    const { body } = await scrape(recorded(), { method: 'GET', names });
    golden.compare('chosen.txt', await text(body));
  });

  it('equals the golden file in the metrics() of a prom-client registry', async () => {
    const register = new Registry();
    recorded({ registry: register, prefix: 'shop_' });
    golden.compare('prom-client-registry.txt', await register.metrics());
  });

  it('equals the golden file after series are removed and cleared', async () => {
    const recorder = recorded();
    const removed = [
      recorder.remove(closed, { color: 'red' }),
      recorder.remove(texts, { second: 'typed' }),
      recorder.remove(bounded, { user: 'ada' }),
      recorder.remove(numbers, { which: 'absent' }),
    ];
    for (const family of [sizes, closed, changes]) recorder.clear(family);
    const { body } = await scrape(recorder, { method: 'GET' });
    golden.compare('removed.txt', `removed ${removed.join(', ')}\n${await text(body)}`);
  });

  it('equals the golden file in snapshot()', async () => {
    golden.compare('snapshot.json', json(await recorded().snapshot()));
  });

  it('equals the golden file in explain()', async () => {
    golden.compare('explain.json', json(recorded().explain().filter(isGolden)));
  });

  it('equals the golden file in cardinality()', () => {
    golden.compare('cardinality.json', json(recorded({ prefix: 'shop_' }).cardinality()));
  });

  it('equals the golden file in the catalogue of a recorder, as data and as Markdown', () => {
    const entries = catalogue(recorded({ prefix: 'shop_', maxSeriesPerFamily: 50 }));
    golden.compare('catalogue-of-recorder.json', json(entries));
    golden.compare('catalogue-of-recorder.md', catalogueMarkdown(entries));
  });

  it('equals the golden file in the catalogue of classes and shared families', () => {
    const entries = catalogue([GoldenShop, GoldenWhole, GoldenUnwired, bounded, heap, sizes]);
    golden.compare('catalogue-of-classes.json', json(entries));
    golden.compare('catalogue-of-classes.md', catalogueMarkdown(entries));
  });

  it('leaves no golden file without a comparison', () => {
    golden.refuseLeftovers();
  });
});
