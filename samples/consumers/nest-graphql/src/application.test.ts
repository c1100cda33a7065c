import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { INestApplication } from '@nestjs/common';
import { createApplication } from './application.js';

let application: INestApplication;
let origin: string;

before(async () => {
  application = await createApplication();
  await application.listen(0, '127.0.0.1');
  origin = await application.getUrl();
});

after(() => application.close());

const scrape = async (): Promise<string> => (await fetch(`${origin}/internal/metrics`)).text();

async function ask(query: string): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${origin}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
  return response.json();
}

test('A scrape shows what resolvers and listeners of events have counted', async () => {
  assert.deepEqual(await ask('mutation { place(item: "bread") { id receipt } }'), {
    data: { place: { id: 1, receipt: '1: bread' } },
  });
  assert.deepEqual(await ask('{ orders { item } }'), { data: { orders: [{ item: 'bread' }] } });
  const lines = new Set((await scrape()).split('\n'));
  for (const line of [
    'orders_placed_total{item="bread"} 1',
    'orders_open 1',
    'receipts_total 1',
    'mails_total{item="bread"} 1',
    'stock_updates_total 1',
  ]) {
    assert.ok(lines.has(line), line);
  }
  const durations = 'http_server_request_duration_seconds_count{http_request_method="POST",url_scheme="http"';
  assert.ok(lines.has(`${durations},http_route="/graphql",http_response_status_code="200"} 2`));
});

test('A scrape shows what runs at times', { timeout: 30_000 }, async () => {
  let scraped = '';
  while (!/^sweeps_total [1-9]/m.test(scraped) || !/^refreshes_total [1-9]/m.test(scraped)) {
    await setTimeout(100);
    scraped = await scrape();
  }
});
