import { defineCounter, defineGauge, defineHistogram } from 'flowplane-metrics';

/** Families of each kind, for queries. */
export const orders = defineCounter({
  name: 'orders_total',
  help: 'Orders',
  labels: { team: {}, kind: { oneOf: ['new', 'paid', 'a.b'] } },
});
export const failures = defineCounter({ name: 'failures_total', help: 'Failures', labels: { team: {} } });
export const depth = defineGauge({ name: 'queue_depth', help: 'Waiting jobs', labels: { team: {}, queue: {} } });
export const limit = defineGauge({ name: 'queue_limit', help: 'Allowed jobs', labels: { team: {} } });
export const latency = defineHistogram({
  name: 'order_seconds',
  help: 'Duration',
  labels: { team: {} },
  buckets: [0.25, 1, 2.5],
});
