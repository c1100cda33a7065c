import {
  Counter,
  catalogue,
  defineCounter,
  defineGauge,
  defineHistogram,
  Gauge,
  InFlight,
  outcome,
  Timed,
} from '../../lib/index.js';

/** A family of each kind, fed by classes and by hand, for the specs of dashboards. */

export const orders = defineCounter({
  name: 'orders_total',
  help: 'Orders',
  labels: { outcome: { oneOf: outcome.oneOf }, team: { limit: 50 }, customer: {} },
  objective: { ratio: 0.99, errors: { outcome: 'error' } },
});

export const stock = defineGauge({
  name: 'stock_bytes',
  help: 'Bytes in stock',
  labels: { shelf: { oneOf: ['high', 'low'] }, team: { limit: 50 } },
});

export const temperature = defineGauge({
  name: 'store_celsius',
  help: 'How warm a store is',
  labels: { store: { limit: 500 } },
});

export const uploads = defineHistogram({
  name: 'upload_bytes',
  help: 'Size of an upload',
  labels: { outcome: { oneOf: outcome.oneOf } },
  buckets: [1024, 1_048_576],
  native: true,
});

export const waits = defineHistogram({ name: 'wait_seconds', help: 'Waiting', buckets: false, native: true });

export const sizes = defineHistogram({ name: 'answer_bytes', help: 'Size of an answer', buckets: false });

export const lastSale = defineGauge({ name: 'last_sale_timestamp_seconds', help: 'When something was sold last' });

export const packingLimit = defineGauge({ name: 'packing_limit', help: 'How much may be packed at a time' });

export class OrderService {
  @Counter(orders, {
    labels: {
      team: (team: string) => team,
      customer: (_team: string, customer: string) => customer,
      outcome: { result: () => 'success' as const, error: () => 'error' as const },
    },
  })
  @Timed({ name: 'order_seconds', help: 'Duration of an order', objective: { ratio: 0.99, under: 0.25 } })
  async order(_team: string, customer: string): Promise<void> {
    if (customer === 'nobody') throw new Error('nobody orders');
  }

  @InFlight({ name: 'packing_in_flight', help: 'Orders that are being packed' })
  async pack(): Promise<void> {}
}

export class StockService {
  @Gauge(stock, { labels: { shelf: 'high', team: (team: string) => team }, value: (bytes) => bytes })
  @Timed()
  count(_team: string): number {
    return 512;
  }
}

export class Cashier {
  @Timed()
  sell(): void {}
}

/** What the shop declares. */
export const shop = () =>
  catalogue([OrderService, StockService, Cashier, temperature, uploads, waits, sizes, lastSale, packingLimit]);
