import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { defineCounter, PrometheusRecorder } from 'flowplane-metrics';
import { serveMetrics } from 'flowplane-metrics/serve';

// A service with an API that counts, and with 10,000 series that are scraped; with --thread from a thread of its own.

const family = defineCounter({ name: 'requests_total', help: 'Requests', labels: { team: {}, route: {} } });
const { recorder, url: metricsUrl } = await serveMetrics({
  recorder: new PrometheusRecorder({ maxSeriesPerFamily: 20_000 }),
  port: 0,
  keepAlive: true,
  thread: process.argv.includes('--thread'),
});
const counter = recorder.counter(family);
for (let team = 0; team < 100; team++) {
  for (let route = 0; route < 100; route++) counter.inc({ team: `team-${team}`, route: `/route-${route}` });
}

let asked = 0;
const api = createServer((_request, response) => {
  asked++;
  counter.inc({ team: `team-${asked % 100}`, route: `/route-${asked % 97}` });
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({ asked }));
}).listen(0, '127.0.0.1');
await once(api, 'listening');

const mebibytes = (bytes: number): number => Math.round(bytes / 2 ** 20);
process.on('message', () => {
  global.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  process.send?.({ rss: mebibytes(rss), heap: mebibytes(heapUsed), external: mebibytes(external) });
});

console.log(JSON.stringify({ metricsUrl, apiUrl: `http://127.0.0.1:${(api.address() as AddressInfo).port}/` }));
