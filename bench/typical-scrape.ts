import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type PrometheusRecorder, scrape } from 'flowplane-metrics';
import { cpuSince, leastTime, type Measurement, mainThreadTime, type Row } from './measurement.js';
import { clientsOf, loadPeer, ourService, theirService } from './typical-service.js';

type Scraped = () => Promise<unknown>;

async function readScrape(recorder: PrometheusRecorder): Promise<void> {
  const { body } = await scrape(recorder, { method: 'GET' });
  for await (const _ of body);
}

/** A measurement of the scrapes of a service with so many routes. */
const scraping = (routes: number, measure: (scraped: Scraped) => Promise<number>): Row['clients'] =>
  clientsOf<Measurement>(
    () => {
      const recorder = ourService(routes);
      return measure(() => readScrape(recorder));
    },
    (peer) => () => {
      const registry = theirService(loadPeer(peer), routes);
      return measure(() => registry.metrics());
    },
  );

/** Why CPU time: other work of the machine comes between the slices of a scrape. */
async function cpuOf(scraped: Scraped): Promise<number> {
  const start = process.cpuUsage();
  await scraped();
  return cpuSince(start);
}

async function secondToTenth(scraped: Scraped): Promise<number> {
  await scraped();
  const times: number[] = [];
  for (let i = 0; i < 9; i++) times.push(await cpuOf(scraped));
  return times.toSorted((a, b) => a - b)[4] as number;
}

async function warm(scraped: Scraped): Promise<number> {
  for (let i = 0; i < 100; i++) await scraped();
  return (await leastTime(1, scraped, 500)) / 1e6;
}

/** What the first scrape by another process costs this one. */
async function firstOverHttp(url: string): Promise<number> {
  // Why the client waits: what starting it costs is not the scrape's.
  const program = `process.stdin.once('data', () => fetch(${JSON.stringify(url)}).then((r) => r.arrayBuffer()).then(() => process.exit()));
    console.log('ready');`;
  const client = spawn(process.execPath, ['-e', program], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(client.stdout, 'data');
  const start = mainThreadTime();
  client.stdin.write('go\n');
  await once(client, 'exit');
  return mainThreadTime() - start;
}

async function ourFirstOverHttp(): Promise<number> {
  const { MetricsServer } = await import('flowplane-metrics/koa');
  const server = new MetricsServer(ourService(30), { port: 0 });
  const { url } = await server.listen();
  return firstOverHttp(url);
}

/** A server as the peers' READMEs show it. */
async function theirFirstOverHttp(peer: string): Promise<number> {
  const client = loadPeer(peer);
  const register = theirService(client, 30);
  client.collectDefaultMetrics({ register });
  const server = createServer(async (_request, response) => {
    response.setHeader('Content-Type', register.contentType);
    response.end(await register.metrics());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return firstOverHttp(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`);
}

/** What scrapes cost, from the first one on. */
export const rows: Readonly<Record<string, Row>> = {
  'first scrape, 1,000 series, CPU': {
    unit: 'ms',
    goals: { 'prom-client': 0.7, '@prometheus-io/client': 1 },
    clients: scraping(30, cpuOf),
  },
  '2nd to 10th scrape, 1,000 series, median CPU': {
    unit: 'ms',
    goals: { 'prom-client': 0.5, '@prometheus-io/client': 1 },
    clients: scraping(30, secondToTenth),
  },
  'warm scrape, 1,000 series': {
    unit: 'ms',
    goals: { 'prom-client': 0.4, '@prometheus-io/client': 0.7 },
    clients: scraping(30, warm),
  },
  'warm scrape, 5,000 series': {
    unit: 'ms',
    goals: { 'prom-client': 0.2, '@prometheus-io/client': 0.35 },
    clients: scraping(150, warm),
  },
  'first scrape over HTTP with process metrics, CPU of the main thread': {
    unit: 'ms',
    goals: { 'prom-client': 1 },
    clients: clientsOf<Measurement>(ourFirstOverHttp, (peer) => () => theirFirstOverHttp(peer)),
  },
};
