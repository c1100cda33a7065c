import 'reflect-metadata';
import { Controller, Get, type INestApplication, Module, Param, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MetricsModule } from 'flowplane-metrics/nest';
import { type Order, OrderService } from './orders';

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

@Module({
  imports: [MetricsModule.forRoot({ path: '/internal/metrics' })],
  controllers: [OrderController],
  providers: [OrderService],
})
class ApplicationModule {}

export const createApplication = (): Promise<INestApplication> =>
  NestFactory.create(ApplicationModule, { logger: ['error'] });
