import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type * as PromClient from 'prom-client';
import { type Measurement, ours, type Row } from './measurement.js';

/** Renders everything as text; returns how many bytes that are. */
type Scrape = () => Promise<number>;
/** Creates so many series in 30 families. */
type Service = (series: number) => Promise<Scrape>;

const familyCount = 30;
const help = 'What was done';
const nameOf = (family: number): string =>
  `app_${['orders', 'users', 'carts', 'mails', 'jobs'][family % 5]}_${family}_total`;

/** Calls for each series of a family. */
function eachSeries(series: number, observe: (labels: { team: string; route: string }, value: number) => void): void {
  for (let i = 0; i < series / familyCount; i++) observe({ team: `team-${i % 7}`, route: `/api/route/${i}` }, i);
}

const ourService: Service = async (series) => {
  const { defineCounter, PrometheusRecorder, scrape } = await import('flowplane-metrics');
  const recorder = new PrometheusRecorder();
  for (let i = 0; i < familyCount; i++) {
    const counter = recorder.counter(defineCounter({ name: nameOf(i), help, labels: { team: {}, route: {} } }));
    eachSeries(series, (labels, value) => counter.inc(labels, value));
  }
  return async () => {
    let bytes = 0;
    for await (const chunk of (await scrape(recorder, { method: 'GET' })).body) bytes += chunk.length;
    return bytes;
  };
};

/** Both clients have the same names. */
type Client = Pick<typeof PromClient, 'Registry' | 'Counter' | 'collectDefaultMetrics'>;

const peers = createRequire(new URL('../../bench/package.json', import.meta.url));
const loaders = {
  'prom-client': async () => (await import('prom-client')).default as Client,
  '@prometheus-io/client': async () => peers('@prometheus-io/client') as Client,
};

function fill({ Registry, Counter }: Client, series: number): PromClient.Registry {
  const registry = new Registry();
  for (let i = 0; i < familyCount; i++) {
    const counter = new Counter({ name: nameOf(i), help, labelNames: ['team', 'route'], registers: [registry] });
    eachSeries(series, (labels, value) => counter.inc(labels, value));
  }
  return registry;
}

const serviceOf =
  (load: () => Promise<Client>): Service =>
  async (series) => {
    const registry = fill(await load(), series);
    return async () => Buffer.byteLength(await registry.metrics());
  };

const clock = new Int32Array(new SharedArrayBuffer(4));

/**
 * The CPU time of this thread in milliseconds; where the system does not tell it, that of the process.
 *
 * Why of the thread: the compiler works in threads of its own, which a service with two cores does not feel.
 */
function threadTime(): number {
  try {
    // Why: the system adds up the time of a thread when the thread pauses.
    Atomics.wait(clock, 0, 0, 0.05);
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0]) / 1e6;
  } catch {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  }
}

async function timeOf(run: () => Promise<unknown>): Promise<number> {
  const start = threadTime();
  await run();
  return threadTime() - start;
}

const first =
  (service: Service): Measurement =>
  async () => {
    const scrape = await service(1000);
    await wait(50);
    threadTime();
    return timeOf(scrape);
  };

/** The median of the 2nd to the 10th scrape. */
const next =
  (service: Service): Measurement =>
  async () => {
    const scrape = await service(1000);
    await scrape();
    const times: number[] = [];
    for (let i = 0; i < 9; i++) {
      await wait(20);
      times.push(await timeOf(scrape));
    }
    return times.toSorted((a, b) => a - b)[4] as number;
  };

/** How many scrapes are timed together. Why so many: the system tells the time of a thread only roughly. */
const warmBatch = 25;

/** The least time of a scrape in a process that does little else. */
const warm =
  (service: Service, series: number): Measurement =>
  async () => {
    const scrape = await service(series);
    const scrapeAll = async (): Promise<void> => {
      for (let i = 0; i < warmBatch; i++) await scrape();
    };
    let least = Infinity;
    for (const end = performance.now() + 2000; performance.now() < end; ) {
      least = Math.min(least, (await timeOf(scrapeAll)) / warmBatch);
    }
    return least;
  };

/** A scraper in another process, which asks as Prometheus does once it is told to. */
const scraper = `
  const { get } = require('node:http');
  const headers = {
    Accept: 'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
    'Accept-Encoding': process.argv[2],
  };
  process.stdin.once('data', () => get(process.argv[1], { headers }, (response) => {
    response.resume().once('end', () => process.exit());
  }));
  console.log('ready');
`;

/** The first scrape of a server with the metrics of the process. */
async function firstOverHttp(url: string, encoding: string): Promise<number> {
  const scraping = spawn(process.execPath, ['-e', scraper, url, encoding], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(scraping.stdout, 'data');
  await wait(50);
  threadTime();
  return timeOf(async () => {
    scraping.stdin.write('go');
    await once(scraping, 'exit');
  });
}

const ourServer =
  (encoding: string): Measurement =>
  async () => {
    const { serveMetrics } = await import('flowplane-metrics/serve');
    const { defineCounter } = await import('flowplane-metrics');
    const { recorder, url, close } = await serveMetrics({ port: 0 });
    for (let i = 0; i < familyCount; i++) {
      const counter = recorder.counter(defineCounter({ name: nameOf(i), help, labels: { team: {}, route: {} } }));
      eachSeries(1000, (labels, value) => counter.inc(labels, value));
    }
    const time = await firstOverHttp(url, encoding);
    await close();
    return time;
  };

const serverOf =
  (load: () => Promise<Client>, encoding: string): Measurement =>
  async () => {
    const client = await load();
    const registry = fill(client, 1000);
    client.collectDefaultMetrics({ register: registry });
    const { gzip } = await import('node:zlib');
    const server = createServer(async (_request, response) => {
      response.setHeader('Content-Type', registry.contentType);
      const text = await registry.metrics();
      if (encoding !== 'gzip') return void response.end(text);
      response.setHeader('Content-Encoding', 'gzip');
      gzip(text, (_error, bytes) => response.end(bytes));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const time = await firstOverHttp(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`, encoding);
    server.close();
    return time;
  };

const rowOf = (measure: (service: Service) => Measurement): Row => ({
  unit: 'ms',
  clients: {
    [ours]: measure(ourService),
    ...Object.fromEntries(Object.entries(loaders).map(([name, load]) => [name, measure(serviceOf(load))])),
  },
});

const overHttp = (encoding: string): Row => ({
  unit: 'ms',
  clients: {
    [ours]: ourServer(encoding),
    ...Object.fromEntries(Object.entries(loaders).map(([name, load]) => [name, serverOf(load, encoding)])),
  },
});

/** What a scrape costs the main thread. */
export const rows: Readonly<Record<string, Row>> = {
  'first scrape, 1,000 series': rowOf(first),
  '2nd to 10th scrape, median': rowOf(next),
  'warm scrape, 1,000 series': rowOf((service) => warm(service, 1000)),
  'warm scrape, 5,000 series': rowOf((service) => warm(service, 5000)),
  'first scrape over HTTP': overHttp('identity'),
  'first scrape over HTTP, gzip': overHttp('gzip'),
};
