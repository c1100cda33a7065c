// An existing Koa application that gets metrics. Each change is marked with "added".
// npm install flowplane-metrics koa @koa/router
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import Router from '@koa/router';
import { PrometheusRecorder, setDefaultRecorder, Timed } from 'flowplane-metrics'; // added
import { httpMetrics, metricsMiddleware } from 'flowplane-metrics/koa'; // added
import Koa from 'koa';

class OrderService {
  readonly #orders = new Map([['1', { id: '1', item: 'bread' }]]);

  // added: the duration of each call
  @Timed({ name: 'order_lookup_duration_seconds', help: 'Duration of an order lookup' })
  async find(id: string): Promise<{ readonly id: string; readonly item: string } | undefined> {
    return this.#orders.get(id);
  }
}

// added: instances that no container creates report to the default recorder
const recorder = new PrometheusRecorder();
setDefaultRecorder(recorder);

const orders = new OrderService();
const router = new Router().get('/orders/:id', async (context) => {
  context.body = (await orders.find(context.params['id'] ?? '')) ?? context.throw(404);
});

const application = new Koa();
// added: the endpoint comes first, so that scrapes are not measured as requests. Do not publish this path.
application.use(metricsMiddleware(recorder, { path: '/internal/metrics' }));
// added: duration, size and number of all requests that follow, by method, route pattern and status
application.use(httpMetrics(recorder));
application.use(router.routes());

const server = application.listen(Number(process.env['PORT'] ?? 8080), '127.0.0.1');
await once(server, 'listening');
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
console.log(`Orders   ${origin}/orders/1`);
console.log(`Metrics  ${origin}/internal/metrics`);
