import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { attachRecorder, PrometheusRecorder } from 'flowplane-metrics';
import { metricsHandler } from 'flowplane-metrics/http';
import { MemoryRecorder } from 'flowplane-metrics/testing';
import { OrderService } from './orders';

test('an order is counted', async () => {
  const metrics = new MemoryRecorder({ strict: true });
  await attachRecorder(new OrderService(), metrics).place('bread');
  expect(metrics.value('orders_placed_total', { item: 'bread' })).toBe(1);
});

test('a scrape shows the open orders', async () => {
  const recorder = new PrometheusRecorder();
  const orders = attachRecorder(new OrderService(), recorder);
  await orders.place('cake');
  await orders.list();
  const server = createServer(metricsHandler(recorder)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const scraped = await (await fetch(`http://127.0.0.1:${port}/`)).text();
  expect(scraped.split('\n')).toEqual(expect.arrayContaining(['orders_placed_total{item="cake"} 1', 'orders_open 1']));
  server.closeAllConnections();
  server.close();
});
