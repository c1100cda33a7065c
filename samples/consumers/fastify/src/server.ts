import Fastify from 'fastify';
import { PrometheusRecorder, setDefaultRecorder } from 'flowplane-metrics';
import { metricsPlugin } from 'flowplane-metrics/fastify';
import { OrderService } from './orders.js';

const recorder = new PrometheusRecorder();
setDefaultRecorder(recorder); // for every instance that no container creates
const orders = new OrderService();

export const application = Fastify();
await application.register(metricsPlugin(recorder, { path: '/internal/metrics' })); // before the routes
application.post<{ Params: { item: string } }>('/orders/:item', ({ params }) => orders.place(params.item));
application.get('/orders', () => orders.list());

await application.listen({ port: Number(process.env['PORT'] ?? 8080), host: '127.0.0.1' });
