import 'reflect-metadata';
import { Controller, Get, Params, Post } from '@inversifyjs/http-core';
import { InversifyExpressHttpAdapter } from '@inversifyjs/http-express';
import express from 'express';
import { Timed } from 'flowplane-metrics';
import { httpMetrics } from 'flowplane-metrics/express';
import { metricsHandler } from 'flowplane-metrics/http';
import { installMetrics } from 'flowplane-metrics/inversify';
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

const application = express();
application.use('/internal/metrics', metricsHandler(recorder, { allowedAddresses: ['127.0.0.1'] }));
application.use(httpMetrics(recorder)); // before the routes
await new InversifyExpressHttpAdapter(container, { logger: false }, application).build();

export const server = application.listen(Number(process.env['PORT'] ?? 8080), '127.0.0.1');
