import { Injectable } from '@nestjs/common';
import { EventEmitter2, OnEvent } from '@nestjs/event-emitter';
import { Args, Field, Int, Mutation, ObjectType, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { Cron, CronExpression, Interval } from '@nestjs/schedule';
import { Counter, Gauge } from 'flowplane-metrics';

@ObjectType()
export class Order {
  @Field(() => Int)
  readonly id!: number;

  @Field(() => String)
  readonly item!: string;
}

/** Each of its methods has a decorator of metrics, above that of GraphQL or below it: both orders work. */
@Resolver(() => Order)
export class OrderResolver {
  readonly #orders: Order[] = [];

  constructor(private readonly events: EventEmitter2) {}

  @Mutation(() => Order)
  @Counter({
    name: 'orders_placed_total',
    help: 'Orders that were placed',
    labels: { item: { args: (item) => item, oneOf: ['bread', 'cake'] } },
  })
  async place(@Args('item', { type: () => String }) item: string): Promise<Order> {
    const order = { id: this.#orders.length + 1, item };
    this.#orders.push(order);
    await this.events.emitAsync('order.placed', order);
    return order;
  }

  @Gauge({ name: 'orders_open', help: 'Orders at the last look', value: (orders) => orders.length })
  @Query(() => [Order])
  async orders(): Promise<readonly Order[]> {
    return this.#orders;
  }

  @Counter({ name: 'receipts_total', help: 'Receipts that were asked for' })
  @ResolveField(() => String)
  receipt(@Parent() { id, item }: Order): string {
    return `${id}: ${item}`;
  }
}

/** What runs at times, and what runs at an event. */
@Injectable()
export class OrderJobs {
  @Counter({ name: 'sweeps_total', help: 'Sweeps of old orders' })
  @Cron(CronExpression.EVERY_SECOND)
  async sweep(): Promise<void> {}

  @Interval(100)
  @Counter({ name: 'refreshes_total', help: 'Refreshes of the menu' })
  refresh(): void {}

  @Counter({
    name: 'mails_total',
    help: 'Mails to customers',
    labels: { item: { args: ({ item }) => item, limit: 10 } },
  })
  @OnEvent('order.placed')
  mail(_order: Order): void {}

  @OnEvent('order.placed')
  @Counter({ name: 'stock_updates_total', help: 'Updates of the stock' })
  async updateStock(_order: Order): Promise<void> {}
}
