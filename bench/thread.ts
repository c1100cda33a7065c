import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import {
  attachRecorder,
  Counter,
  defineCounter,
  defineHistogram,
  type ExposedFamily,
  PrometheusRecorder,
  type SampleWriter,
  scrape,
} from '../lib/index.js';
import { MetricsServer } from '../lib/server/index.js';
import { type ComputedFamilies, SharedStore, type SharedStoreData } from '../lib/thread/shared-store.js';
import { StoreCopy } from '../lib/thread/store-copy.js';
import { mainThreadTime } from './measurement.js';

/*
 * What a copy of the store in a worker thread costs the main thread: `node --expose-gc dist/bench/thread.js`. Each figure is
 * the ratio to the same without a copy, in the same run.
 */

const room = { maxSeriesPerFamily: 2_000_000, maxSamples: 20_000_000, onAdvice: () => undefined };
const rounds = 15;
/** Why so many rounds of so few calls: on a busy machine some of them are disturbed by nothing. */
const callRounds = 200;
const calls = 100_000;

const sales = defineCounter({ name: 'sales_total', help: 'Sales', labels: { region: {}, product: {} } });
const wait = defineHistogram({ name: 'wait_seconds', help: 'Wait', labels: { region: {} } });

class Shop {
  @Counter({ name: 'visits_total', help: 'Visits', labels: { region: (region: string) => region } })
  visit(region: string): string {
    return region;
  }
}

/** A recorder with a copy in a thread, or without one. */
class Subject {
  readonly recorder = new PrometheusRecorder(room);
  readonly #shared: SharedStore | undefined;
  readonly #worker: Worker | undefined;

  constructor(hasCopy: boolean) {
    if (!hasCopy) return;
    const shared = new SharedStore(this.recorder);
    const worker = new Worker(fileURLToPath(import.meta.url), {
      workerData: shared.data,
      transferList: [...shared.transferList],
    });
    worker.on('message', async (message: string) => {
      if (message !== 'ask') return;
      const { families, answer } = await shared.computedFamilies();
      worker.postMessage({ families: families?.map(toCalls), answer });
    });
    this.#shared = shared;
    this.#worker = worker;
  }

  /** Renders so many answers: here, or in the thread. Why the thread repeats it: who scrapes it asks this thread for nothing. */
  async scrape(times = 1): Promise<void> {
    if (this.#worker === undefined) return repeat(times, () => render(this.recorder));
    this.#worker.postMessage({ scrapes: times });
    while ((await once(this.#worker, 'message'))[0] !== 'scraped');
  }

  async close(): Promise<void> {
    this.#shared?.close();
    await this.#worker?.terminate();
  }
}

async function repeat(times: number, run: () => Promise<void>): Promise<void> {
  for (let i = 0; i < times; i++) await run();
}

async function render(scrapable: Parameters<typeof scrape>[0]): Promise<void> {
  const { body } = await scrape(scrapable, { method: 'GET', accept: 'application/openmetrics-text' });
  for await (const _ of body);
}

type Calls = Omit<ExposedFamily, 'write'> & { readonly calls: readonly (readonly [keyof SampleWriter, unknown[]])[] };

function toCalls({ write, ...family }: ExposedFamily): Calls {
  const calls: [keyof SampleWriter, unknown[]][] = [];
  const noting =
    (method: keyof SampleWriter) =>
    (...args: unknown[]) =>
      void calls.push([method, args]);
  const methods = ['label', 'value', 'histogram', 'summary', 'sample'] as const;
  for (const _ of write(Object.fromEntries(methods.map((one) => [one, noting(one)])) as unknown as SampleWriter));
  return { ...family, calls };
}

function toExposed({ calls, ...family }: Calls): ExposedFamily {
  function* write(samples: SampleWriter): Generator<void> {
    for (const [method, args] of calls) (samples[method] as (...given: unknown[]) => void)(...args);
    yield;
  }
  return { ...family, write };
}

/** The least time of each of two alternatives, measured in turn, and how often the second has the time of the first. */
async function compare(run: (subject: Subject) => unknown, subjects: readonly [Subject, Subject]): Promise<string> {
  const least: [number, number] = [Infinity, Infinity];
  for (let round = 0; round < callRounds; round++) {
    for (const i of [0, 1] as const) {
      const begun = process.hrtime.bigint();
      await run(subjects[i]);
      least[i] = Math.min(least[i], Number(process.hrtime.bigint() - begun));
    }
  }
  return formatRatio(least, calls, 'ns');
}

function formatRatio([without, withCopy]: readonly [number, number], count: number, unit: string): string {
  const each = (time: number): string => (time / count).toFixed(unit === 'ns' ? 1 : 3).padStart(9);
  return `${each(without)} ${unit} without ${each(withCopy)} ${unit} with  ${(withCopy / without).toFixed(3)} x`;
}

const regions = Array.from({ length: 300 }, (_, i) => `region-${i}`);

async function measureCalls(): Promise<void> {
  const subjects = [new Subject(false), new Subject(true)] as const;
  const prepared = new Map(
    subjects.map((subject) => {
      const { recorder } = subject;
      const [counter, histogram] = [recorder.open(sales as never), recorder.open(wait as never)];
      const counted = regions.map((region) => counter.getOrCreate([region, 'a'], true) as number);
      const observed = regions.map((region) => histogram.getOrCreate([region], true) as number);
      return [subject, { counter, histogram, counted, observed }] as const;
    }),
  );
  type Prepared = typeof prepared extends Map<Subject, infer P> ? P : never;
  const operations: Readonly<Record<string, (subject: Prepared) => void>> = {
    'an increment': ({ counter, counted }) => {
      for (let i = 0; i < calls; i++) counter.add(counted[i % 300] as number, 1);
    },
    'an observation of a histogram': ({ histogram, observed }) => {
      for (let i = 0; i < calls; i++) histogram.observe(observed[i % 300] as number, (i % 100) / 50);
    },
  };
  for (const [name, run] of Object.entries(operations)) {
    const figure = await compare((subject) => run(prepared.get(subject) as Prepared), subjects);
    console.log(`  ${name.padEnd(32)}${figure}`);
  }
  await Promise.all(subjects.map((subject) => subject.close()));
}

/** Why by itself: the mark that names the method is written while any store of the process has a copy. */
function measureDecorated(): void {
  const shop = attachRecorder(new Shop(), new PrometheusRecorder(room));
  const least: [number, number] = [Infinity, Infinity];
  for (let round = 0; round < callRounds; round++) {
    for (const i of [0, 1] as const) {
      const shared = i === 1 ? new SharedStore(new PrometheusRecorder(room)) : undefined;
      const begun = process.hrtime.bigint();
      for (let n = 0; n < calls; n++) shop.visit(regions[n % 300] as string);
      least[i] = Math.min(least[i], Number(process.hrtime.bigint() - begun));
      shared?.close();
    }
  }
  console.log(`  ${'a decorated synchronous call'.padEnd(32)}${formatRatio(least, calls, 'ns')}`);
}

async function measureNewSeries(): Promise<void> {
  const count = 20_000;
  const least: [number, number] = [Infinity, Infinity];
  for (let round = 0; round < rounds; round++) {
    for (const i of [0, 1] as const) {
      const subject = new Subject(i === 1);
      await subject.scrape();
      const opened = subject.recorder.open(sales as never);
      const begun = process.hrtime.bigint();
      for (let j = 0; j < count; j++) opened.getOrCreate([regions[j % 20], `product-${round}-${j}`], true);
      least[i] = Math.min(least[i], Number(process.hrtime.bigint() - begun));
      await subject.close();
    }
  }
  console.log(`  ${'a new series'.padEnd(32)}${formatRatio(least, count, 'ns')}`);
}

async function measureScrapes(series: number, scrapes: number): Promise<void> {
  const times: [number, number] = [0, 0];
  for (const i of [0, 1] as const) {
    const subject = new Subject(i === 1);
    const opened = subject.recorder.open(sales as never);
    for (let j = 0; j < series; j++) opened.getOrCreate([regions[j % 20], `product-${j}`], true);
    await subject.scrape(Math.min(scrapes, 50));
    global.gc?.();
    const begun = mainThreadTime();
    await subject.scrape(scrapes);
    times[i] = mainThreadTime() - begun;
    if (i === 1) measureBeginning(subject.recorder, series);
    await subject.close();
  }
  console.log(`  ${`a scrape of ${series} series`.padEnd(32)}${formatRatio(times, scrapes, 'ms')}  CPU`);
}

/** Scrapes so many times, one after the other, over one connection, as Prometheus does. */
const scraper = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { Agent, get } = require('node:http');
  const agent = new Agent({ keepAlive: true });
  const headers = { 'accept-encoding': 'gzip' };
  const scrape = () =>
    new Promise((done) => get(workerData, { agent, headers }, (response) => response.resume().on('end', done)));
  parentPort.on('message', async (times) => {
    for (let i = 0; i < times; i++) await scrape();
    parentPort.postMessage('scraped');
  });`;

/** The time of the main thread for scrapes over HTTP, in milliseconds: the least of several times. */
async function measureServed(series: number, thread: boolean, processMetrics: boolean): Promise<number> {
  const recorder = new PrometheusRecorder(room);
  const opened = recorder.open(sales as never);
  for (let j = 0; j < series; j++) opened.getOrCreate([regions[j % 20], `product-${j}`], true);
  const server = new MetricsServer(recorder, { port: 0, thread, processMetrics });
  const { url } = await server.listen();
  const client = new Worker(scraper, { eval: true, workerData: url });
  const scrape = async (times: number): Promise<void> => {
    client.postMessage(times);
    await once(client, 'message');
  };
  await scrape(100);
  let least = Infinity;
  for (let round = 0; round < 5; round++) {
    const begun = mainThreadTime();
    await scrape(servedScrapes);
    least = Math.min(least, mainThreadTime() - begun);
  }
  await client.terminate();
  await server.close();
  return least;
}

const servedScrapes = 100;

async function compareServed(series: number, processMetrics: boolean): Promise<void> {
  const times: [number, number] = [
    await measureServed(series, false, processMetrics),
    await measureServed(series, true, processMetrics),
  ];
  const name = `the same over HTTP${processMetrics ? ', process too' : ''}`;
  console.log(`  ${name.padEnd(32)}${formatRatio(times, servedScrapes, 'ms')}  CPU`);
}

/** How long the main thread stops where a thread is started, or started again, beside so many series. */
function measureBeginning(recorder: PrometheusRecorder, series: number): void {
  const begun = performance.now();
  const shared = new SharedStore(recorder);
  const milliseconds = performance.now() - begun;
  shared.close();
  console.log(
    `  ${`another copy of ${series} series`.padEnd(32)}${milliseconds.toFixed(3).padStart(9)} ms until the event loop turns`,
  );
}

if (isMainThread) {
  await measureCalls();
  measureDecorated();
  await measureNewSeries();
  await measureScrapes(1000, 500);
  await compareServed(1000, false);
  await compareServed(1000, true);
  await measureScrapes(10_000, 100);
  await compareServed(10_000, false);
  await compareServed(10_000, true);
  await measureScrapes(1_000_000, 2);
} else {
  const port = parentPort as NonNullable<typeof parentPort>;
  let answer: (computed: ComputedFamilies) => void = () => undefined;
  const copy = new StoreCopy(workerData as SharedStoreData, {
    computedFamilies: () => {
      port.postMessage('ask');
      return new Promise((resolve) => {
        answer = resolve;
      });
    },
  });
  port.on('message', async (message: { scrapes: number } | { families: readonly Calls[]; answer: number }) => {
    if ('families' in message) answer({ families: message.families.map(toExposed), answer: message.answer });
    else {
      await repeat(message.scrapes, () => render(copy));
      port.postMessage('scraped');
    }
  });
}
