import express from 'express';
import { PrometheusRecorder, setDefaultRecorder } from 'flowplane-metrics';
import { httpMetrics } from 'flowplane-metrics/express';
import { metricsHandler } from 'flowplane-metrics/http';
import { OrderService } from './orders.js';

const recorder = new PrometheusRecorder();
setDefaultRecorder(recorder); // for every instance that no container creates
const orders = new OrderService();

const application = express();
application.use('/internal/metrics', metricsHandler(recorder, { allowedAddresses: ['127.0.0.1'] }));
application.use(httpMetrics(recorder)); // before the routes, and behind the metrics
application.post('/orders/:item', async ({ params }, response) => {
  response.json(await orders.place(params.item));
});
application.get('/orders', async (_request, response) => {
  response.json(await orders.list());
});

export const server = application.listen(Number(process.env['PORT'] ?? 8080), '127.0.0.1');
