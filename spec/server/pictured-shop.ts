import {
  attachRecorder,
  Counter,
  defineCounter,
  defineGauge,
  defineHistogram,
  PrometheusRecorder,
} from '../../lib/index.js';
import { processState } from '../../lib/process-state.js';

/** The service whose page is in the pictures of the documents. */

const placed = defineCounter({
  name: 'orders_placed_total',
  help: 'Orders that customers placed',
  labels: { channel: { oneOf: ['web', 'app', 'partner'] }, outcome: { oneOf: ['ok', 'error'] } },
  objective: { ratio: 0.99, errors: { outcome: 'error' } },
});
const waiting = defineGauge({
  name: 'orders_waiting',
  help: 'Orders that wait to be packed',
  labels: { store: { limit: 20 } },
});
const duration = defineHistogram({
  name: 'order_duration_seconds',
  help: 'How long it takes to place an order',
  unit: 'seconds',
  labels: { channel: { oneOf: ['web', 'app', 'partner'] } },
});
const size = defineHistogram({
  name: 'invoice_bytes',
  help: 'Sizes of invoices',
  unit: 'bytes',
  buckets: false,
  native: true,
});

class OrderService {
  @Counter(placed, { labels: { channel: 'web', outcome: 'ok' } })
  place(): void {}

  @Counter({ name: 'orders_returned_total', help: 'Orders that came back' })
  takeBack(): void {}
}

/**
 * Hides what other specs in this process have declared, until the returned function is called.
 *
 * Why: it is silent, and each page would list it.
 */
export function hideOtherDeclarations(): () => void {
  const { owners } = processState.instruments;
  const others = [...owners].filter((one) => one.deref() !== OrderService.prototype);
  for (const one of others) owners.delete(one);
  return () => {
    for (const one of others) owners.add(one);
  };
}

const channels = ['web', 'app', 'partner'] as const;

/** Does something at a fixed time. Why: the page says how many bytes it reads, and some times have more than others. */
function atOpening(run: () => void): void {
  const { now } = Date;
  Date.now = () => Date.UTC(2026, 10, 29, 12);
  try {
    run();
  } finally {
    Date.now = now;
  }
}

/** A shop with the same orders in each run. */
export class PicturedShop {
  readonly recorder = new PrometheusRecorder({ onAdvice: () => undefined });
  readonly #service = new OrderService();
  #steps = 0;

  constructor() {
    atOpening(() => {
      attachRecorder(this.#service, this.recorder);
      for (const family of [placed, waiting, duration, size]) this.recorder.open(family);
    });
  }

  step(times: number): void {
    atOpening(() => {
      for (let i = 0; i < times; i++) this.#stepOnce();
    });
  }

  #stepOnce(): void {
    const { recorder } = this;
    const phase = this.#steps++ / 120;
    for (const [i, channel] of channels.entries()) {
      const orders = Math.round((3 - i) * (3 + 2 * Math.sin(phase + i)));
      recorder.counter(placed).inc({ channel, outcome: 'ok' }, orders);
      for (let n = 0; n < orders; n++) {
        const seconds = 0.02 * (i + 1) * (1 + 0.5 * Math.sin(phase)) * Math.exp(((n * 7) % 10) / 4);
        recorder.histogram(duration).observe({ channel }, seconds);
        recorder.histogram(size).observe({}, 2000 * 2 ** (((n * 5) % 9) / 2 + Math.sin(phase)));
      }
    }
    this.#service.place();
    if (this.#steps % 20 === 0) recorder.counter(placed).inc({ channel: 'partner', outcome: 'error' });
    for (const [i, store] of ['Berlin', 'Lyon', 'Porto'].entries()) {
      recorder.gauge(waiting).set({ store }, Math.round(20 + 12 * Math.sin(phase / 2 + 2 * i)));
    }
  }
}
