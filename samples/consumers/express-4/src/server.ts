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
application.post('/orders/:item', ({ params }, response, next) => {
  orders.place(params.item).then((order) => response.json(order), next);
});
application.get('/orders', (_request, response, next) => {
  orders.list().then((all) => response.json(all), next);
});

export const server = application.listen(Number(process.env['PORT'] ?? 8080), '127.0.0.1');
