// An application that already has metrics of prom-client. They and the annotated methods share one registry.
// npm install flowplane-metrics prom-client
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Counter, InFlight, PrometheusRecorder } from 'flowplane-metrics';
import { serveMetrics } from 'flowplane-metrics/serve';
import { Counter as PromClientCounter, register } from 'prom-client';

// This code existed before: two counters of prom-client, and a page that exposes the registry.
const orders = new PromClientCounter({ name: 'orders_total', help: 'Orders by shop', labelNames: ['shop'] });
const restarts = new PromClientCounter({ name: 'restarts_total', help: 'Restarts' });
restarts.inc();
const oldPage = createServer(async (_request, response) => {
  response.setHeader('Content-Type', register.contentType).end(await register.metrics());
});

class OrderService {
  // An annotated method can add to a counter of prom-client. Its label names are typed.
  @Counter(orders, { labels: { shop: (shop) => shop } })
  // A new metric needs no prom-client. It appears in the registry all the same.
  @InFlight({ name: 'orders_in_progress', help: 'Orders in progress' })
  async place(_shop: string): Promise<void> {}
}

const recorder = new PrometheusRecorder({ registry: register });
const { url } = await serveMetrics({ recorder }); // FLOWPLANE_METRICS_PORT or 9090
await new OrderService().place('bakery');

oldPage.listen(Number(process.env['PORT'] ?? 8080), '127.0.0.1', () => {
  console.log(`Metrics  ${url}`);
  console.log(`Old page http://127.0.0.1:${(oldPage.address() as AddressInfo).port}`);
});
