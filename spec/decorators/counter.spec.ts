import { expect, use } from 'chai';
import { attachRecorder, Counter, defineCounter, errorName, outcome } from 'flowplane-metrics';
import { MemoryRecorder } from 'flowplane-metrics/testing';
import { metricsAssertions } from 'flowplane-metrics/testing/chai';
import { mode } from './mode.js';

use(metricsAssertions);

const orders = defineCounter({
  name: 'orders_total',
  help: 'Orders placed',
  labels: { channel: { oneOf: ['web', 'shop'] }, customer: {} },
});

class Shop {
  readonly currency = 'EUR';

  @Counter({ name: 'visits_total', help: 'Visits' })
  visit(): string {
    return 'hello';
  }

  @Counter({ name: 'attempts_total', help: 'Attempts', labels: { outcome, errorName } })
  attempt(fails: boolean): boolean {
    if (fails) throw new TypeError('no');
    return true;
  }

  @Counter({ name: 'async_attempts_total', help: 'Attempts', labels: { outcome } })
  async attemptLater(fails: boolean): Promise<boolean> {
    if (fails) throw new TypeError('no');
    return true;
  }

  @Counter({ name: 'refusals_total', help: 'Refusals', when: (allowed) => !allowed })
  allows(age: number): boolean {
    if (age < 0) throw new RangeError('not an age');
    return age >= 18;
  }

  @Counter({ name: 'items_total', help: 'Items', by: (items) => items.length })
  async pack(count: number): Promise<string[]> {
    return new Array(count).fill('item');
  }

  @Counter({ name: 'dozens_total', help: 'Eggs', by: 12 })
  dozen(): void {}

  @Counter({ name: 'failures_total', help: 'Failures', on: 'threw', when: (error) => error instanceof RangeError })
  mayFail(error?: Error): void {
    if (error) throw error;
  }

  @Counter({ name: 'drained_total', help: 'Drained', on: 'settled', by: (batch) => batch.length })
  drain(batch: string[]): void {
    if (batch.includes('bad')) throw new Error('bad');
  }

  @Counter(orders, { labels: { channel: 'web', customer: (customer) => customer } })
  orderOnline(_customer: string): void {}

  @Counter(orders, {
    labels: { channel: 'shop', customer: { result: (order) => order.customer } },
    by: (order) => order.count,
  })
  async orderAtCounter(customer: string, count: number): Promise<{ customer: string; count: number }> {
    return { customer, count };
  }

  @Counter({
    name: 'sales_total',
    help: 'Sales',
    labels: {
      currency() {
        return this.currency;
      },
      rounded: { args: (price) => price > 10 },
      price: (price) => price,
    },
  })
  sell(_price: number): void {}

  @Counter({ name: 'opened_total', help: 'Openings', labels: { town: (town) => town } })
  static open(_town: string): void {}
}

describe(`@Counter (${mode} decorators)`, () => {
  let recorder: MemoryRecorder;
  let shop: Shop;

  beforeEach(() => {
    recorder = new MemoryRecorder({ strict: true });
    shop = attachRecorder(new Shop(), recorder);
  });

  it('counts each call once and returns what the method returns', () => {
    expect([shop.visit(), shop.visit()]).to.deep.equal(['hello', 'hello']);
    expect(recorder).to.have.series('visits_total').with.value(2);
  });

  describe('without "when" and "by"', () => {
    it('counts calls that returned and calls that threw', () => {
      shop.attempt(false);
      expect(() => shop.attempt(true)).to.throw(TypeError);
      expect(recorder.series('attempts_total')).to.deep.equal([
        { labels: { outcome: 'success' }, value: 1 },
        { labels: { outcome: 'error', errorName: 'TypeError' }, value: 1 },
      ]);
    });

    it('counts a promise once it has settled, by how it settled', async () => {
      const pending = shop.attemptLater(false);
      expect(recorder).to.have.series('async_attempts_total', { outcome: 'success' }).with.value(0);
      expect(await pending).to.equal(true);
      const reason = await shop.attemptLater(true).catch((error: unknown) => error);
      expect(reason).to.be.instanceOf(TypeError);
      expect(recorder).to.have.series('async_attempts_total', { outcome: 'success' }).with.value(1);
      expect(recorder).to.have.series('async_attempts_total', { outcome: 'error' }).with.value(1);
    });
  });

  describe('with the option "when"', () => {
    it('passes the result to "when"', () => {
      shop.allows(12);
      shop.allows(21);
      expect(recorder).to.have.series('refusals_total').with.value(1);
    });

    it('never calls "when" for a call that threw', () => {
      expect(() => shop.allows(-1)).to.throw(RangeError);
      expect(recorder).to.have.series('refusals_total').with.value(0);
    });
  });

  describe('with the option "by"', () => {
    it('adds the number that "by" reads from the awaited result', async () => {
      await shop.pack(3);
      await shop.pack(4);
      expect(recorder).to.have.series('items_total').with.value(7);
    });

    it('adds a constant step to the count', () => {
      shop.dozen();
      shop.dozen();
      expect(recorder).to.have.series('dozens_total').with.value(24);
    });
  });

  it('counts only calls that threw with on: "threw", and passes the error to "when"', () => {
    shop.mayFail();
    expect(() => shop.mayFail(new TypeError('other'))).to.throw('other');
    expect(() => shop.mayFail(new RangeError('this'))).to.throw('this');
    expect(recorder).to.have.series('failures_total').with.value(1);
  });

  it('passes the arguments to its readers with on: "settled", however the call ended', () => {
    shop.drain(['a', 'b']);
    expect(() => shop.drain(['bad'])).to.throw('bad');
    expect(recorder).to.have.series('drained_total').with.value(3);
  });

  it('feeds a shared family from several methods', async () => {
    shop.orderOnline('ada');
    await shop.orderAtCounter('bob', 5);
    expect(recorder.series('orders_total')).to.deep.equal([
      { labels: { channel: 'web', customer: 'ada' }, value: 1 },
      { labels: { channel: 'shop', customer: 'bob' }, value: 5 },
    ]);
  });

  it('calls its readers with the instance as this, and accepts numbers and booleans', () => {
    shop.sell(12);
    expect(recorder.series('sales_total')).to.deep.equal([
      { labels: { currency: 'EUR', rounded: 'true', price: '12' }, value: 1 },
    ]);
  });

  it('counts a static method by the recorder that is attached to its class', () => {
    attachRecorder(Shop, recorder);
    Shop.open('Graz');
    expect(recorder).to.have.series('opened_total', { town: 'Graz' }).with.value(1);
  });
});
