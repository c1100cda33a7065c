// An annotated service behind Express 5 or 4, with the metrics on a port of their own.
// npm install flowplane-metrics express
import type { AddressInfo } from 'node:net';
import express from 'express';
import { Counter, PrometheusRecorder, setDefaultRecorder } from 'flowplane-metrics';
import { httpMetrics } from 'flowplane-metrics/express';
import { serveMetrics } from 'flowplane-metrics/serve';

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
const shop = express.Router({ mergeParams: true });
shop.get('/orders/:id', (request, response, next) => {
  orders
    .find(request.params.id)
    .then((order) => (order === undefined ? response.status(404).send('no such order') : response.json(order)))
    .catch(next);
});

const application = express();
// The middleware comes first, so that it measures all that follows.
application.use(httpMetrics(recorder));
application.use('/shops/:shop', shop);

const metrics = await serveMetrics({ recorder });
const server = application.listen(Number(process.env['PORT'] ?? 8080), '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  console.log(`Orders   http://127.0.0.1:${port}/shops/bakery/orders/1`);
  console.log(`Metrics  ${metrics.url}`);
});
