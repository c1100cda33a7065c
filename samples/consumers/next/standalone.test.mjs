import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';

const probe = createServer().listen(0, '127.0.0.1');
await once(probe, 'listening');
const { port } = probe.address();
probe.close();
await once(probe, 'close');

const script = new URL('.next/standalone/server.js', import.meta.url).pathname;
const server = spawn(process.execPath, [script], {
  stdio: ['ignore', 'pipe', 'inherit'],
  env: { ...process.env, HOSTNAME: '127.0.0.1', PORT: String(port), METRICS_PORT: '0' },
});
after(async () => {
  server.kill('SIGKILL');
  await once(server, 'exit');
});

test('The standalone server answers scrapes from a thread while a request blocks its event loop', async () => {
  let url;
  let isReady = false;
  for await (const line of createInterface({ input: server.stdout })) {
    url ??= line.match(/Metrics at (http:\S+)/)?.[1];
    isReady ||= line.includes('Ready');
    if (url !== undefined && isReady) break;
  }
  await fetch(`http://127.0.0.1:${port}/orders`, { method: 'POST', body: 'bread' });
  let report;
  let isReported = true;
  let scraped = '';
  while (!/blocked_by\{.*method="report"\} 1$/m.test(scraped)) {
    // Why again: on a slow machine a report may end before a scrape has seen it.
    if (isReported) {
      isReported = false;
      report = fetch(`http://127.0.0.1:${port}/reports`, { method: 'POST', body: '3' }).finally(() => {
        isReported = true;
      });
    }
    scraped = await (await fetch(url)).text();
  }
  assert.match(scraped, /^flowplane_metrics_event_loop_blocked_seconds [^0]*[0-9.]*[1-9]/m);
  assert.match(scraped, /^orders_placed_total\{item="bread"\} 1$/m);
  assert.ok((await (await report).json()) > 0);
});
