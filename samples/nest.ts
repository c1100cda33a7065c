// A Nest application whose services and requests are measured, with the metrics on a port of their own.
// npm install flowplane-metrics @nestjs/common @nestjs/core @nestjs/platform-express reflect-metadata rxjs
import 'reflect-metadata';
import { Controller, Get, Injectable, Module, NotFoundException, Param } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Counter } from 'flowplane-metrics';
import { MetricsModule } from 'flowplane-metrics/nest';

interface Order {
  readonly id: string;
  readonly item: string;
}

@Injectable()
class OrderService {
  readonly #orders = new Map([['1', { id: '1', item: 'bread' }]]);

  @Counter({ name: 'order_lookups_total', help: 'Lookups of orders' })
  find(id: string): Order | undefined {
    return this.#orders.get(id);
  }
}

@Controller('orders')
class OrderController {
  constructor(readonly orders: OrderService) {}

  @Get(':id')
  find(@Param('id') id: string): Order {
    const order = this.orders.find(id);
    if (order === undefined) throw new NotFoundException('no such order');
    return order;
  }
}

// The one line of metrics: no service and no controller needs another.
@Module({ imports: [MetricsModule.forRoot()], controllers: [OrderController], providers: [OrderService] })
class AppModule {}

const application = await NestFactory.create(AppModule, { logger: ['error', 'warn'] });
// The metrics end with the application, also where a signal ends it.
application.enableShutdownHooks();
await application.listen(Number(process.env['PORT'] ?? 8080), '127.0.0.1');
console.log(`Orders   ${await application.getUrl()}/orders/1`);
console.log(`Metrics  ${application.get(MetricsModule).address?.url}`);
