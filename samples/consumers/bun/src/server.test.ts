import { afterAll, expect, test } from 'bun:test';
import { attachRecorder } from 'flowplane-metrics';
import { MemoryRecorder } from 'flowplane-metrics/testing';
import { OrderService } from './orders';

process.env['PORT'] = '0';
const { server } = await import('./server');
afterAll(() => server.stop(true));

test('the service counts an order', async () => {
  const metrics = new MemoryRecorder({ strict: true });
  await attachRecorder(new OrderService(), metrics).place('bread');
  expect(metrics.value('orders_placed_total', { item: 'bread' })).toBe(1);
});

test('the server shows what the service has counted', async () => {
  await fetch(new URL('/orders/bread', server.url), { method: 'POST' });
  expect(await (await fetch(new URL('/orders', server.url))).json()).toEqual([{ id: 1, item: 'bread' }]);
  const scraped = await (await fetch(new URL('/internal/metrics', server.url))).text();
  expect(scraped).toMatch(/^orders_placed_total\{item="bread"\} 1$/m);
  expect(scraped).toMatch(/^orders_open 1$/m);
});
