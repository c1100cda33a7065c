import { Counter, outcome, PrometheusRecorder } from 'flowplane-metrics';

/** A service that fails when it is told to. */
export class Orders {
  @Counter({ name: 'orders_total', help: 'Orders', labels: { outcome } })
  order(fails: boolean): void {
    if (fails) throw new Error('sold out');
  }
}

/** Orders so many times; every order in two fails, or none. */
export function orderOften(orders: Orders, count: number, halfFails: boolean): void {
  for (let i = 0; i < count; i++) {
    try {
      orders.order(halfFails && i % 2 === 0);
    } catch {
      // The failure is what is counted.
    }
  }
}

/** A recorder without what differs from machine to machine. */
export const createRecorder = (): PrometheusRecorder => new PrometheusRecorder({ processMetrics: false });

/** An alert that begins after two minutes with errors. */
export const rules = `
groups:
  - name: shop
    rules:
      - record: job:orders:error_ratio
        expr: sum by (job) (rate(orders_total{outcome="error"}[2m])) / sum by (job) (rate(orders_total[2m]))
      - alert: HighErrors
        expr: job:orders:error_ratio > 0.25
        for: 2m
        labels: { severity: page }
        annotations: { summary: "{{ $labels.job }} fails" }
      - alert: Restarted
        expr: time() - process_start_time_seconds < 60 and up == 1
      - { alert: Restarted just now, expr: time() - process_start_time_seconds < 30 }
      - alert: 'Restarted, or not' # of every process
        expr: time() - process_start_time_seconds >= 0
      - expr: time() - process_start_time_seconds >= 0
        alert: Restarted ever # the name comes last
`;
