import 'reflect-metadata';
import Router from '@koa/router';
import { installMetrics } from 'flowplane-metrics/inversify';
import { httpMetrics, MetricsServer } from 'flowplane-metrics/koa';
import { Container } from 'inversify';
import Koa from 'koa';
import { OrderService } from './orders.js';

const container = new Container({ defaultScope: 'Singleton' });
const recorder = installMetrics(container); // before the first service is resolved
container.bind(OrderService).toSelf();
const orders = container.get(OrderService);

const router = new Router();
router.post('/orders/:item', async (context) => {
  context.body = await orders.place(context.params['item'] ?? '');
});
router.get('/orders', async (context) => {
  context.body = await orders.list();
});

const application = new Koa().use(httpMetrics(recorder)).use(router.routes());
export const server = application.listen(Number(process.env['PORT'] ?? 8080), '127.0.0.1');
export const metrics = new MetricsServer(recorder); // FLOWPLANE_METRICS_PORT or 9090
export const { url } = await metrics.listen();
