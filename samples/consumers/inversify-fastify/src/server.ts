import 'reflect-metadata';
import { Controller, Get, Params, Post } from '@inversifyjs/http-core';
import { InversifyFastifyHttpAdapter } from '@inversifyjs/http-fastify';
import Fastify from 'fastify';
import { Timed } from 'flowplane-metrics';
import { metricsPlugin } from 'flowplane-metrics/fastify';
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

export const application = Fastify();
await application.register(metricsPlugin(recorder, { path: '/internal/metrics' })); // before the routes
await new InversifyFastifyHttpAdapter(container, { logger: false }, application).build();

await application.listen({ port: Number(process.env['PORT'] ?? 8080), host: '127.0.0.1' });
