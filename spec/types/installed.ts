import { Counter, PrometheusRecorder } from 'flowplane-metrics';
import { installMetrics } from 'flowplane-metrics/inversify';
import { httpMetrics, metricsMiddleware } from 'flowplane-metrics/koa';
import { Container } from 'inversify';
import Koa from 'koa';
import { Counter as PromCounter, Registry } from 'prom-client';

const registry = new Registry();
const orders = new PromCounter({ name: 'orders_total', help: 'Orders', labelNames: ['item'] as const });

export class Shop {
  @Counter(orders, { labels: { item: (item) => item } })
  sell(item: string): string {
    return item;
  }
}

export const recorder: PrometheusRecorder = installMetrics(new Container(), { registry });
export const application = new Koa().use(httpMetrics(recorder)).use(metricsMiddleware(new PrometheusRecorder(), { path: "/metrics" }));
