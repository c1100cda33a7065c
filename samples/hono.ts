// An annotated service behind Hono, with the metrics on a path of the application, for those who have the token.
// npm install flowplane-metrics hono @hono/node-server
import { serve } from '@hono/node-server';
import { Counter, PrometheusRecorder, setDefaultRecorder } from 'flowplane-metrics';
import { httpMetrics } from 'flowplane-metrics/hono';
import { fetchHandler } from 'flowplane-metrics/http';
import { Hono } from 'hono';

class OrderService {
  readonly #orders = new Map([['1', { id: '1', item: 'bread' }]]);

  @Counter({ name: 'order_lookups_total', help: 'Lookups of orders' })
  async find(id: string): Promise<{ readonly id: string; readonly item: string } | undefined> {
    return this.#orders.get(id);
  }
}

// Instances that no container creates report to the default recorder.
const recorder = new PrometheusRecorder();
setDefaultRecorder(recorder);

const orders = new OrderService();
const shop = new Hono().get('/orders/:id', async (context) => {
  const order = await orders.find(context.req.param('id'));
  return order === undefined ? context.text('no such order', 404) : context.json(order);
});

// In production read the tokens from a file that only this process can read: bearerTokensFile.
const scrapes = fetchHandler(recorder, { bearerTokens: ['sample-token'] });
const application = new Hono();
// It stands before the middleware, so that scrapes are not measured. Do not publish this path.
application.get('/internal/metrics', (context) => scrapes(context.req.raw));
// The middleware comes before all that it measures.
application.use(httpMetrics(recorder));
application.route('/shops/:shop', shop);

serve({ fetch: application.fetch, port: Number(process.env['PORT'] ?? 8080), hostname: '127.0.0.1' }, ({ port }) => {
  console.log(`Orders   http://127.0.0.1:${port}/shops/bakery/orders/1`);
  console.log(`Metrics  http://127.0.0.1:${port}/internal/metrics`);
});
