// How to test that a method records what it should: a MemoryRecorder, with or without the assertions for chai.
// npm install --save-dev mocha chai
import { expect, use } from 'chai';
import { attachRecorder, Counter, Gauge } from 'flowplane-metrics';
import { MemoryRecorder } from 'flowplane-metrics/testing';
import { metricsAssertions } from 'flowplane-metrics/testing/chai';

use(metricsAssertions);

class Warehouse {
  readonly #stock = new Map<string, number>();

  @Gauge({
    name: 'warehouse_stock',
    help: 'Items in stock by article',
    labels: { article: (article) => article },
    value: (stock) => stock,
  })
  add(article: string, items: number): number {
    const stock = (this.#stock.get(article) ?? 0) + items;
    this.#stock.set(article, stock);
    return stock;
  }

  @Counter({
    name: 'warehouse_rejections_total',
    help: 'Orders for more items than there are in stock',
    labels: { article: (article) => article },
    on: 'threw',
  })
  async take(article: string, items: number): Promise<number> {
    if (items > (this.#stock.get(article) ?? 0)) throw new Error('not enough items in stock');
    return this.add(article, -items);
  }
}

describe('The metrics of a warehouse', () => {
  let metrics: MemoryRecorder;
  let warehouse: Warehouse;

  beforeEach(() => {
    // Why strict: an observation that production would drop and count is thrown into the test.
    metrics = new MemoryRecorder({ strict: true });
    warehouse = attachRecorder(new Warehouse(), metrics);
  });

  it('show the stock of each article', async () => {
    warehouse.add('bread', 5);
    await warehouse.take('bread', 2);
    expect(metrics).to.have.series('warehouse_stock', { article: 'bread' }).with.value(3);
  });

  it('count an order for too many items', async () => {
    const order = () => warehouse.take('bread', 1).catch(() => undefined);
    await expect(metrics).to.have.increased('warehouse_rejections_total', { article: 'bread' }, order).by(1);
  });

  it('do not count a successful order', async () => {
    warehouse.add('bread', 1);
    await warehouse.take('bread', 1);
    expect(metrics).to.not.have.series('warehouse_rejections_total');
  });

  it('can be read without chai, as plain data', () => {
    warehouse.add('cake', 2);
    if (metrics.value('warehouse_stock', { article: 'cake' }) !== 2) throw new Error('wrong stock');
  });
});
