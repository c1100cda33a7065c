import assert from 'node:assert/strict';
import { attachRecorder } from 'flowplane-metrics';
import { MemoryRecorder } from 'flowplane-metrics/testing';
import { OrderService } from './orders.ts';

Deno.test('The service counts an order', async () => {
  const metrics = new MemoryRecorder({ strict: true });
  await attachRecorder(new OrderService(), metrics).place('bread');
  assert.equal(metrics.value('orders_placed_total', { item: 'bread' }), 1);
});

Deno.test('The server shows what the service has counted', async () => {
  Deno.env.set('PORT', '0');
  const { server } = await import('./server.ts');
  const origin = `http://127.0.0.1:${server.addr.port}`;
  await (await fetch(`${origin}/orders/bread`, { method: 'POST' })).body?.cancel();
  assert.deepEqual(await (await fetch(`${origin}/orders`)).json(), [{ id: 1, item: 'bread' }]);
  const scraped = await (await fetch(`${origin}/metrics`)).text();
  assert.match(scraped, /^orders_placed_total\{item="bread"\} 1$/m);
  assert.match(scraped, /^orders_open 1$/m);
  await server.shutdown();
});
