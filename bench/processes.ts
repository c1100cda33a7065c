import { once } from 'node:events';
import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { defineCounter, PrometheusRecorder, scrape } from 'flowplane-metrics';
import { MetricsAggregator, publishMetrics } from 'flowplane-metrics/processes';
import { mainThreadTime } from './measurement.js';

/*
 * What it costs to merge several processes: `node --expose-gc dist/bench/processes.js`. Threads publish as processes do. The
 * peers get what their workers would send: an answer of them is made of the JSON of all.
 */

const family = defineCounter({ name: 'sales_total', help: 'Sales', labels: { region: {}, product: {} } });
const labelsOf = (i: number) => ({ region: `region-${i % 20}`, product: `product-${i}` });
const changing = 1000;
const rounds = 15;
/** How often a second each process publishes by default. */
const publicationsPerSecond = 2;
/** How often each process publishes while the cost of that for the primary is measured. */
const publications = 20;

const room = { maxSeriesPerFamily: 1_000_000, maxSamples: 1_000_000, onAdvice: () => undefined };

/** The least of the times that the rounds take, in milliseconds. Why the least: the rest is the machine's other work. */
async function leastMilliseconds(run: (round: number) => unknown): Promise<number> {
  let least = Infinity;
  for (let round = 0; round < rounds; round++) {
    const begun = performance.now();
    await run(round);
    least = Math.min(least, performance.now() - begun);
  }
  return least;
}

/** In a thread: publishes, and measures what that costs where some series have changed. */
async function publishAndMeasure(series: number): Promise<void> {
  const recorder = new PrometheusRecorder(room);
  const counter = recorder.counter(family);
  for (let i = 0; i < series; i++) counter.inc(labelsOf(i));
  const published = publishMetrics(recorder, { intervalSeconds: 3600, collectSeconds: 3600 });
  await once(parentPort as NonNullable<typeof parentPort>, 'message');
  let least = Infinity;
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < changing; i++) counter.inc(labelsOf(i));
    const begun = performance.now();
    await published.publish();
    least = Math.min(least, performance.now() - begun);
  }
  parentPort?.postMessage(least);
  await once(parentPort as NonNullable<typeof parentPort>, 'message');
  for (let round = 0; round < publications; round++) {
    for (let i = 0; i < changing; i++) counter.inc(labelsOf(i));
    await published.publish();
    await wait(50);
  }
  parentPort?.postMessage('done');
  setInterval(() => undefined, 1000);
}

interface Merged {
  readonly answer: number;
  readonly publishing: number;
  /** What one publication of a process costs the primary, in milliseconds. */
  readonly receiving: number;
  readonly bytes: number;
}

function memory(): number {
  for (let i = 0; i < 3; i++) global.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

async function measureOurs(sources: number, series: number): Promise<Merged> {
  const before = memory();
  const aggregator = new MetricsAggregator({ maxSeries: 1_000_000 });
  const script = fileURLToPath(import.meta.url);
  const threads = Array.from({ length: sources }, () => new Worker(script, { workerData: series }));
  const answer = async (): Promise<string> => text((await scrape(aggregator, { method: 'GET' })).body);
  const last = `sales_total{region="region-${(series - 1) % 20}",product="product-${series - 1}"} ${sources}\n`;
  while (!(await answer()).includes(last)) await wait(50);
  const milliseconds = await leastMilliseconds(answer);
  const bytes = (memory() - before) / (sources * series);
  const costs = await Promise.all(
    threads.map(async (thread) => {
      thread.postMessage('measure');
      const [cost] = (await once(thread, 'message')) as [number];
      return cost;
    }),
  );
  const begun = mainThreadTime();
  await Promise.all(
    threads.map((thread) => {
      thread.postMessage('publish');
      return once(thread, 'message');
    }),
  );
  const active = mainThreadTime() - begun;
  await Promise.all(threads.map((thread) => thread.terminate()));
  await aggregator.close();
  return { answer: milliseconds, publishing: Math.min(...costs), receiving: active / (sources * publications), bytes };
}

interface Client {
  readonly Registry: new () => { getMetricsAsJSON(): Promise<object[]> };
  readonly Counter: new (options: object) => { inc(labels: object): void };
  readonly AggregatorRegistry: { aggregate(metrics: object[][]): { metrics(): Promise<string> } };
}

async function measurePeer(name: string, sources: number, series: number): Promise<number> {
  const peer = createRequire(new URL('../../bench/package.json', import.meta.url))(name) as Client;
  const registry = new peer.Registry();
  const options = { name: 'sales_total', help: 'Sales', labelNames: ['region', 'product'], registers: [registry] };
  const counter = new peer.Counter(options);
  for (let i = 0; i < series; i++) counter.inc(labelsOf(i));
  const message = JSON.stringify(await registry.getMetricsAsJSON());
  return leastMilliseconds(() => {
    const received = Array.from({ length: sources }, () => JSON.parse(message) as object[]);
    return peer.AggregatorRegistry.aggregate(received).metrics();
  });
}

if (isMainThread) {
  for (const [sources, series] of [
    [4, 10_000],
    [32, 2000],
  ] as const) {
    const ours = await measureOurs(sources, series);
    console.log(`${sources} processes of ${series} series each`);
    console.log(`  an answer           ${ours.answer.toFixed(1)} ms`);
    for (const peer of ['@prometheus-io/client', 'prom-client']) {
      const theirs = await measurePeer(peer, sources, series);
      console.log(`  ${peer.padEnd(20)}${theirs.toFixed(1)} ms  ${(theirs / ours.answer).toFixed(1)} x`);
    }
    const perSecond = (milliseconds: number): string =>
      `${milliseconds.toFixed(2)} ms, ${(milliseconds * publicationsPerSecond).toFixed(2)} ms a second`;
    console.log(`  to publish ${changing} changed series ${perSecond(ours.publishing)}`);
    console.log(`  to receive them, for each process ${perSecond(ours.receiving)}`);
    console.log(`  memory of the aggregator ${ours.bytes.toFixed(0)} B for each series and process`);
  }
} else await publishAndMeasure(workerData as number);
