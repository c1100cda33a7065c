// An annotated service behind Fastify, with the metrics on a path of the application.
// npm install flowplane-metrics fastify
import Fastify from 'fastify';
import { Counter, PrometheusRecorder, setDefaultRecorder } from 'flowplane-metrics';
import { metricsPlugin } from 'flowplane-metrics/fastify';

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
const application = Fastify();
// The plugin comes first, so that it measures all that follows. Do not publish this path.
await application.register(metricsPlugin(recorder, { path: '/internal/metrics' }));
application.get<{ Params: { id: string } }>('/orders/:id', async ({ params }, reply) => {
  const order = await orders.find(params.id);
  return order ?? reply.code(404).send('no such order');
});

const origin = await application.listen({ port: Number(process.env['PORT'] ?? 8080), host: '127.0.0.1' });
console.log(`Orders   ${origin}/orders/1`);
console.log(`Metrics  ${origin}/internal/metrics`);
