import 'reflect-metadata';
import { Controller, Get, type INestApplication, Module, Param, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { PrometheusRecorder, setDefaultRecorder } from 'flowplane-metrics';
import { metricsHandler } from 'flowplane-metrics/http';
import { type Order, OrderService } from './orders.js';

@Controller('orders')
class OrderController {
  constructor(private readonly orders: OrderService) {}

  @Post(':item')
  place(@Param('item') item: string): Promise<Order> {
    return this.orders.place(item);
  }

  @Get()
  list(): Promise<readonly Order[]> {
    return this.orders.list();
  }
}

@Module({ controllers: [OrderController], providers: [OrderService] })
class ApplicationModule {}

export async function createApplication(): Promise<INestApplication> {
  const recorder = new PrometheusRecorder();
  setDefaultRecorder(recorder); // for every instance, also those that Nest makes for one request
  const application = await NestFactory.create(ApplicationModule, { logger: ['error'] });
  application.use('/internal/metrics', metricsHandler(recorder, { allowedAddresses: ['127.0.0.1'] }));
  return application;
}
