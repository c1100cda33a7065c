import 'reflect-metadata';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { installMetrics } from 'flowplane-metrics/inversify';
import { MemoryRecorder } from 'flowplane-metrics/testing';
import { Container } from 'inversify';
import { OrderService } from './orders.js';

process.env['PORT'] = '0';
const { server } = await import('./server.js');
after(() => server.close());

test('The service counts an order', async () => {
  const container = new Container();
  const recorder = installMetrics(container, { recorder: new MemoryRecorder({ strict: true }) });
  container.bind(OrderService).toSelf();
  await container.get(OrderService).place('bread');
  assert.equal(recorder.value('orders_placed_total', { item: 'bread' }), 1);
});

test('The server shows what the service has counted', async () => {
  if (!server.listening) await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await fetch(`${origin}/orders/bread`, { method: 'POST' });
  assert.deepEqual(await (await fetch(`${origin}/orders`)).json(), [{ id: 1, item: 'bread' }]);
  const scraped = await (await fetch(`${origin}/internal/metrics`)).text();
  assert.match(scraped, /^orders_placed_total\{item="bread"\} 1$/m);
  assert.match(scraped, /^orders_open 1$/m);
  assert.match(scraped, /^method_duration_seconds_count\{.*method="place".*\} 1$/m);
  assert.match(scraped, /^http_server_request_duration_seconds_count\{.*http_route="\/orders\/:item".*\} 1$/m);
});
