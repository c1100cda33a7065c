import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { attachRecorder } from 'flowplane-metrics';
import { MemoryRecorder } from 'flowplane-metrics/testing';
import { OrderService } from './orders';

process.env['PORT'] = '0';
const { server } = require('./server') as typeof import('./server');
after(() => server.close());

test('The service counts an order', async () => {
  const metrics = new MemoryRecorder({ strict: true });
  await attachRecorder(new OrderService(), metrics).place('bread');
  assert.equal(metrics.value('orders_placed_total', { item: 'bread' }), 1);
});

test('The server shows what the service has counted', async () => {
  if (!server.listening) await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await fetch(`${origin}/orders/bread`, { method: 'POST' });
  assert.deepEqual(await (await fetch(`${origin}/orders`)).json(), [{ id: 1, item: 'bread' }]);
  const scraped = await (await fetch(`${origin}/metrics`)).text();
  assert.match(scraped, /^orders_placed_total\{item="bread"\} 1$/m);
  assert.match(scraped, /^orders_open 1$/m);
});
