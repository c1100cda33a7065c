import { type HttpBindings, serve } from '@hono/node-server';
import { PrometheusRecorder, setDefaultRecorder } from 'flowplane-metrics';
import { httpMetrics } from 'flowplane-metrics/hono';
import { fetchHandler } from 'flowplane-metrics/http';
import { Hono } from 'hono';
import { OrderService } from './orders.js';

const recorder = new PrometheusRecorder();
setDefaultRecorder(recorder); // for every instance that no container creates
const metrics = fetchHandler(recorder, { allowedAddresses: ['127.0.0.1'] });
const orders = new OrderService();

const application = new Hono<{ Bindings: HttpBindings }>();
application.get('/internal/metrics', ({ req, env }) =>
  metrics(req.raw, { remoteAddress: env.incoming.socket.remoteAddress }),
);
application.use(httpMetrics(recorder)); // before the routes, and behind the metrics
application.post('/orders/:item', async (context) => context.json(await orders.place(context.req.param('item'))));
application.get('/orders', async (context) => context.json(await orders.list()));

export const server = serve({
  fetch: application.fetch,
  hostname: '127.0.0.1',
  port: Number(process.env['PORT'] ?? 8080),
});
