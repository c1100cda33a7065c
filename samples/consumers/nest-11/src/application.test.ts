import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { INestApplication } from '@nestjs/common';
import { attachRecorder } from 'flowplane-metrics';
import { MemoryRecorder } from 'flowplane-metrics/testing';
import { createApplication } from './application';
import { OrderService } from './orders';

let application: INestApplication;

beforeAll(async () => {
  application = await createApplication();
  await application.listen(0, '127.0.0.1');
});

afterAll(() => application.close());

test('an order is counted', async () => {
  const metrics = new MemoryRecorder({ strict: true });
  await attachRecorder(new OrderService(), metrics).place('bread');
  expect(metrics.value('orders_placed_total', { item: 'bread' })).toBe(1);
});

test('a scrape shows what the application has counted', async () => {
  const origin = await application.getUrl();
  await fetch(`${origin}/orders/bread`, { method: 'POST' });
  expect(await (await fetch(`${origin}/orders`)).json()).toEqual([{ id: 1, item: 'bread' }]);
  const scraped = await (await fetch(`${origin}/internal/metrics`)).text();
  expect(scraped.split('\n')).toEqual(expect.arrayContaining(['orders_placed_total{item="bread"} 1', 'orders_open 1']));
  expect(scraped).toContain('http_route="/orders/:item"');
});
