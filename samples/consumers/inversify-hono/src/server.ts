import 'reflect-metadata';
import { type HttpBindings, serve } from '@hono/node-server';
import { Controller, Get, Params, Post } from '@inversifyjs/http-core';
import { InversifyHonoHttpAdapter } from '@inversifyjs/http-hono';
import { Timed } from 'flowplane-metrics';
import { httpMetrics } from 'flowplane-metrics/hono';
import { fetchHandler } from 'flowplane-metrics/http';
import { installMetrics } from 'flowplane-metrics/inversify';
import { Hono } from 'hono';
import { Container, inject } from 'inversify';
import { type Order, OrderService } from './orders.js';

@Controller('/orders')
class OrderController {
  constructor(@inject(OrderService) private readonly orders: OrderService) {}

  @Post('/:item')
  @Timed()
  place(@Params({ name: 'item' }) item: string): Promise<Order> {
    return this.orders.place(item);
  }

  @Get('/')
  list(): Promise<readonly Order[]> {
    return this.orders.list();
  }
}

const container = new Container({ defaultScope: 'Singleton' });
const recorder = installMetrics(container); // before the first service is resolved
container.bind(OrderService).toSelf();
container.bind(OrderController).toSelf();

const metrics = fetchHandler(recorder, { allowedAddresses: ['127.0.0.1'] });
const application = new Hono<{ Bindings: HttpBindings }>();
application.get('/internal/metrics', ({ req, env }) =>
  metrics(req.raw, { remoteAddress: env.incoming.socket.remoteAddress }),
);
application.use(httpMetrics(recorder)); // before the routes, and behind the metrics
await new InversifyHonoHttpAdapter(container, { logger: false }, application as unknown as Hono).build();

export const server = serve({
  fetch: application.fetch,
  hostname: '127.0.0.1',
  port: Number(process.env['PORT'] ?? 8080),
});
