import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';

const next = new URL('node_modules/next/dist/bin/next', import.meta.url).pathname;
const server = spawn(process.execPath, [next, 'start', '--hostname', '127.0.0.1', '--port', '0'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
after(async () => {
  server.kill();
  await once(server, 'exit');
});

test('A route shows what another route has counted', async () => {
  let origin;
  for await (const line of createInterface({ input: server.stdout })) {
    origin ??= line.match(/http:\/\/127\.0\.0\.1:\d+/)?.[0];
    if (line.includes('Ready')) break;
  }
  await fetch(`${origin}/orders`, { method: 'POST', body: 'bread' });
  assert.deepEqual(await (await fetch(`${origin}/orders`)).json(), [{ id: 1, item: 'bread' }]);
  assert.equal((await fetch(`${origin}/metrics`)).status, 401);
  const headers = { authorization: 'Bearer only-for-this-sample' };
  const scraped = await (await fetch(`${origin}/metrics`, { headers })).text();
  assert.match(scraped, /^orders_placed_total\{item="bread"\} 1$/m);
  assert.match(scraped, /^orders_open 1$/m);
});
