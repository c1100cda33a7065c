import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { defineCounter, defineGauge, defineHistogram, PrometheusRecorder } from 'flowplane-metrics';
import { MetricsAggregator, publishMetrics } from 'flowplane-metrics/processes';

/*
 * What the numbers of several processes take in the one that merges them, and in each that publishes them:
 * `node --expose-gc dist/bench/merged-memory.js`. Threads publish as processes do. Each figure is the difference between many
 * series and few, each measured in a process of its own: what is compiled and kept for the first series belongs to none.
 */

const room = { maxSeriesPerFamily: 1_000_000, maxSamples: 10_000_000, onAdvice: () => undefined };
const labels = { team: {} } as const;
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];
const counter = defineCounter({ name: 'jobs_total', help: 'Jobs', labels });
const gauge = defineGauge({ name: 'depth', help: 'Depth', labels });
const histogram = defineHistogram({ name: 'wait_seconds', help: 'Wait', labels, buckets });
const ready = defineCounter({ name: 'ready_total', help: 'Sources that have published' });

interface Kind {
  readonly series: number;
  /** How many cells a series has: a counter its start time too, a histogram a cell for each bucket, its sum and its start time. */
  readonly cells: number;
  /** Whether the goal of the aggregator is for a cell, and not for a series. */
  readonly isByCell?: boolean;
  fill(recorder: PrometheusRecorder, team: string): void;
}

const kinds: Readonly<Record<string, Kind>> = {
  counter: { series: 10_000, cells: 2, fill: (recorder, team) => recorder.counter(counter).inc({ team }) },
  gauge: { series: 10_000, cells: 1, fill: (recorder, team) => recorder.gauge(gauge).set({ team }, 1) },
  histogram: {
    series: 5000,
    cells: buckets.length + 3,
    isByCell: true,
    fill: (recorder, team) => recorder.histogram(histogram).observe({ team }, 0.3),
  },
};
const sources = 4;
/** How many times as many series there are as in the smaller measurement. */
const times = 3;

const kindOf = (name: string): Kind => kinds[name] as Kind;

function memory(): number {
  for (let i = 0; i < 4; i++) global.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** In a thread: publishes so many series, and says what that takes. */
async function publishAndMeasure({ fill }: Kind, series: number): Promise<void> {
  const port = parentPort as NonNullable<typeof parentPort>;
  const recorder = new PrometheusRecorder(room);
  for (let i = 0; i < series; i++) fill(recorder, `team-${i}`);
  recorder.counter(ready).inc();
  const before = memory();
  publishMetrics(recorder, { intervalSeconds: 0.1 });
  await once(port, 'message');
  // Why: what was sent first is not kept any more once more has been sent.
  await wait(500);
  port.postMessage(memory() - before);
  setInterval(() => undefined, 1000);
}

/** How many sources have published. Why not by a scrape of all: its text would be measured too. */
async function countReady(aggregator: MetricsAggregator): Promise<number> {
  let count = 0;
  const nothing = (): void => undefined;
  const value = (_depth: number, one: number): void => {
    count = one;
  };
  const writer = { label: nothing, value, histogram: nothing, summary: nothing, sample: nothing };
  for (const { name, write } of await aggregator.exposedFamilies({ names: [ready.name] })) {
    if (name === ready.name) for (const _ of write(writer));
  }
  return count;
}

/** The bytes for each source: in the process that merges, and in the source itself. */
async function measure(name: string, series: number): Promise<readonly [aggregator: number, publisher: number]> {
  const aggregator = new MetricsAggregator({ maxSeries: 1_000_000, onAdvice: () => undefined });
  await countReady(aggregator);
  const before = memory();
  const script = fileURLToPath(import.meta.url);
  const threads = Array.from({ length: sources }, () => new Worker(script, { workerData: { name, series } }));
  while ((await countReady(aggregator)) < sources) await wait(50);
  const merged = memory() - before;
  const published: number[] = [];
  for (const thread of threads) {
    thread.postMessage('measure');
    published.push((await once(thread, 'message'))[0]);
  }
  await Promise.all(threads.map((thread) => thread.terminate()));
  await aggregator.close();
  return [merged / sources, Math.min(...published)];
}

/** The same, in a process of its own. */
function measureApart(name: string, series: number): readonly [aggregator: number, publisher: number] {
  const given = ['--expose-gc', fileURLToPath(import.meta.url), name, String(series)];
  return JSON.parse(execFileSync(process.execPath, given, { encoding: 'utf8' }));
}

const [, , name, series] = process.argv;
if (!isMainThread) await publishAndMeasure(kindOf(workerData.name), workerData.series);
else if (name !== undefined) console.log(JSON.stringify(await measure(name, Number(series))));
else {
  for (const [kind, { series: few, cells, isByCell = false }] of Object.entries(kinds)) {
    const [small, large] = [measureApart(kind, few), measureApart(kind, few * times)];
    const [merged, published] = [0, 1].map((i) => ((large[i] as number) - (small[i] as number)) / (few * (times - 1)));
    const each = ((merged as number) / (isByCell ? cells : 1)).toFixed(1);
    const eachCell = ((published as number) / cells).toFixed(1);
    console.log(
      `  ${kind.padEnd(12)}${each} B for each ${isByCell ? 'cell' : 'series'} and process; ${eachCell} B for each cell in the one that publishes`,
    );
  }
}
