import { expect } from 'chai';
import {
  Counter,
  catalogue,
  catalogueMarkdown,
  defineGauge,
  Gauge,
  Histogram,
  InFlight,
  instrumentFunction,
  outcome,
  PrometheusRecorder,
} from 'flowplane-metrics';
import { mode } from './mode.js';

const stock = defineGauge({
  name: 'catalogued_stock',
  help: 'Items | in *stock*',
  labels: { aisle: { limit: 20 }, kind: { oneOf: ['food', 'drink'] }, owner: { hash: true } },
});

class Warehouse {
  @Gauge(stock, { labels: { aisle: (aisle) => aisle, kind: 'food', owner: 'us' }, value: (items) => items })
  count(aisle: string): number {
    return aisle.length;
  }

  @Counter({ name: 'catalogued_orders_total', help: 'Orders', labels: { outcome } })
  @InFlight({ name: 'catalogued_orders_in_flight', help: 'Orders being placed' })
  async order(): Promise<void> {}
}

class Depot extends Warehouse {
  @Histogram({
    name: 'catalogued_weight_grams',
    help: 'Weight',
    unit: 'grams',
    buckets: [1, 10],
    value: (grams) => grams,
  })
  static weigh(grams: number): number {
    return grams;
  }
}

describe(`catalogue(…) (${mode} decorators)`, () => {
  it('lists what a class declares, before it has an instance', () => {
    expect(catalogue([Warehouse])).to.deep.equal([
      {
        name: 'catalogued_orders_in_flight',
        kind: 'gauge',
        help: 'Orders being placed',
        labels: [],
        aggregator: 'livesum',
        initial: 'all',
        fedBy: ['@InFlight on Warehouse.order'],
        seriesAtMost: 1,
        samplesAtMost: 1,
      },
      {
        name: 'catalogued_orders_total',
        kind: 'counter',
        help: 'Orders',
        labels: [{ name: 'outcome', oneOf: ['success', 'error'] }],
        initial: 'all',
        fedBy: ['@Counter on Warehouse.order'],
        seriesAtMost: 4,
        samplesAtMost: 4,
      },
      {
        name: 'catalogued_stock',
        kind: 'gauge',
        help: 'Items | in *stock*',
        labels: [
          { name: 'aisle', limit: 20 },
          { name: 'kind', oneOf: ['food', 'drink'] },
          { name: 'owner', hash: true },
        ],
        initial: [],
        fedBy: ['@Gauge on Warehouse.count'],
        seriesAtMost: 10_000,
        samplesAtMost: 10_000,
      },
    ]);
  });

  it('lists inherited and static methods, functions, and shared families that are recorded by hand', () => {
    const parse = instrumentFunction(JSON.parse, Counter({ name: 'catalogued_parses_total', help: 'Parses' }));
    const byHand = defineGauge({ name: 'catalogued_by_hand', help: 'By hand', maxSeries: 5, labels: { team: {} } });
    const entries = catalogue([Depot, parse, byHand]);
    expect(entries.map(({ name, fedBy, samplesAtMost }) => [name, fedBy.length, samplesAtMost])).to.deep.equal([
      ['catalogued_by_hand', 0, 5],
      ['catalogued_orders_in_flight', 1, 1],
      ['catalogued_orders_total', 1, 4],
      ['catalogued_parses_total', 1, 1],
      ['catalogued_stock', 1, 10_000],
      ['catalogued_weight_grams', 1, 5],
    ]);
  });

  it('lists what a recorder has opened, with its prefix and its bounds', () => {
    const recorder = new PrometheusRecorder({ prefix: 'shop_', maxSeriesPerFamily: 100, hashKey: 'key' });
    recorder.open(stock);
    const [entry, ...rest] = catalogue(recorder);
    expect(entry).to.include({ name: 'shop_catalogued_stock', seriesAtMost: 100 });
    expect(entry?.fedBy).to.deep.equal(['@Gauge on Warehouse.count']);
    expect(rest).to.deep.equal([]);
  });

  it('lists every annotated family when it is called without an argument', () => {
    void catalogue([Warehouse]);
    expect(catalogue().map(({ name }) => name)).to.include('catalogued_orders_total');
  });

  it(`catalogueMarkdown(…) writes a table whose cells escape Markdown`, () => {
    const lines = catalogueMarkdown(catalogue([Warehouse])).split('\n');
    expect(lines.slice(0, 2)).to.deep.equal([
      '| metric | kind | labels | series at most | fed by | what it is |',
      '| --- | --- | --- | --- | --- | --- |',
    ]);
    expect(lines[4]).to.equal(
      '| `catalogued_stock` | gauge | `aisle`: at most 20<br>`kind`: one of `food`, `drink`<br>`owner`: hashed | 10,000 | `@Gauge on Warehouse.count` | Items \\| in \\*stock\\* |',
    );
  });
});
