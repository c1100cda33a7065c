import { Counter, Gauge } from 'flowplane-metrics';
import { injectable } from 'inversify';

export interface Order {
  readonly id: number;
  readonly item: string;
}

@injectable()
export class OrderService {
  readonly #orders: Order[] = [];

  @Counter({
    name: 'orders_placed_total',
    help: 'Orders that were placed',
    labels: { item: { args: (item) => item, oneOf: ['bread', 'cake'] } },
  })
  async place(item: string): Promise<Order> {
    const order = { id: this.#orders.length + 1, item };
    this.#orders.push(order);
    return order;
  }

  @Gauge({ name: 'orders_open', help: 'Orders at the last look', value: (orders) => orders.length })
  async list(): Promise<readonly Order[]> {
    return this.#orders;
  }
}
