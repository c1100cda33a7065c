import { once } from 'node:events';
import { isMainThread, type MessagePort, parentPort, Worker, workerData } from 'node:worker_threads';
// Why not from the main entry: each thread loads what this file imports, and that would be twice as much.
import { scrape } from '../../lib/exposition/scrape.js';
import type { ExposedFamily, PrometheusRecorder, SampleWriter, Scrapable } from '../../lib/index.js';
import type { ScrapeLimits } from '../../lib/store/exposed-family.js';
import { snapshotOf } from '../../lib/store/snapshot.js';
import { loopFamilies } from '../../lib/thread/loop-metrics.js';
import { type ComputedFamilies, SharedStore, type SharedStoreData } from '../../lib/thread/shared-store.js';
import { StoreCopy } from '../../lib/thread/store-copy.js';

/** The calls that write the samples of a family: they can be sent to another thread. */
interface SentFamily extends Omit<ExposedFamily, 'write'> {
  readonly calls: readonly (readonly [method: keyof SampleWriter, args: unknown[]])[];
}

function toSent({ write, ...family }: ExposedFamily): SentFamily {
  const calls: [keyof SampleWriter, unknown[]][] = [];
  const noting =
    (method: keyof SampleWriter) =>
    (...args: unknown[]) => {
      // Why a copy: views are lent, and exemplars are read where they are needed.
      calls.push([method, args.map((arg) => (typeof arg === 'object' ? copy(arg) : arg))]);
    };
  const methods = ['label', 'value', 'histogram', 'summary', 'sample'] as const;
  const writer = Object.fromEntries(methods.map((method) => [method, noting(method)])) as unknown as SampleWriter;
  for (const _ of write(writer));
  return { ...family, calls };
}

function copy(value: unknown): unknown {
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return Array.from(value as number[], copy);
  if (typeof value !== 'object' || value === null) return value;
  const keys = [...Object.keys(value), ...['labels', 'value', 'timestamp'].filter((key) => key in value)];
  return Object.fromEntries(keys.map((key) => [key, copy((value as Record<string, unknown>)[key])]));
}

function fromSent({ calls, ...family }: SentFamily): ExposedFamily {
  function* write(samples: SampleWriter): Generator<void> {
    for (const [method, args] of calls) (samples[method] as (...given: unknown[]) => void)(...args);
    yield;
  }
  return { ...family, write };
}

/** What a scrape of the copy gives, and what it is asked for. */
export interface Scraped {
  readonly body: string;
  /** Milliseconds from the question in the thread to the answer. */
  readonly milliseconds: number;
}

/** The copy of a recorder in a real worker thread. */
export class CopyInThread {
  readonly shared: SharedStore;
  readonly #worker: Worker;
  /** Whether the thread is to stop, and how many scrapes it has made. */
  readonly state = new Int32Array(new SharedArrayBuffer(8));
  #last = 0;
  /** How often the main thread was asked. */
  asked = 0;
  /** Whether the main thread is asked for what is computed. */
  readonly #asks: boolean;

  constructor(recorder: PrometheusRecorder, asks = true) {
    this.#asks = asks;
    this.shared = new SharedStore(recorder);
    this.#worker = new Worker(new URL(import.meta.url), {
      workerData: this.shared.data,
      transferList: [...this.shared.transferList],
    });
    this.#worker.on('message', async (message: { ask?: number; limits?: ScrapeLimits }) => {
      if (message.ask === undefined) return;
      this.asked++;
      const { families, answer } = await this.shared.computedFamilies(message.limits);
      this.#worker.postMessage({ answers: message.ask, families: families?.map(toSent), answer });
    });
  }

  /** Scrapes the copy in its thread, without the families that no store has. */
  async scrape(accept?: string, names?: readonly string[]): Promise<Scraped> {
    const id = ++this.#last;
    this.#worker.postMessage({ scrape: id, accept, names, asks: this.#asks });
    for (;;) {
      const [message] = (await once(this.#worker, 'message')) as [{ scraped?: number } & Scraped];
      if (message.scraped === id) return message;
    }
  }

  /** How many scrapes the thread has made while something runs. Can be asked for while this thread is blocked. */
  get scrapes(): number {
    return Atomics.load(this.state, 1);
  }

  /** Makes the thread scrape again and again while something runs; gives all answers. */
  scrapeWhile(run: () => unknown): Promise<string[]> {
    return this.#repeatWhile('text', run);
  }

  /** Makes the thread read all native histograms again and again while something runs; gives them as JSON. */
  readNativeWhile(run: () => unknown): Promise<string[]> {
    return this.#repeatWhile('native', run);
  }

  async #repeatWhile(what: 'text' | 'native', run: () => unknown): Promise<string[]> {
    const { state } = this;
    state.fill(0);
    this.#worker.postMessage({ repeat: state, what });
    // Why waited for: the thread must be in the middle of it.
    while (this.scrapes === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    await run();
    Atomics.store(state, 0, 1);
    for (;;) {
      const [message] = (await once(this.#worker, 'message')) as [{ bodies?: string[] }];
      if (message.bodies !== undefined) return message.bodies;
    }
  }

  /** Makes the thread do nothing until the returned function is called. */
  async pause(): Promise<() => void> {
    const { state } = this;
    state.fill(0);
    this.#worker.postMessage({ pause: state });
    while (this.scrapes === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    return () => {
      Atomics.store(state, 0, 1);
      Atomics.notify(state, 0);
    };
  }

  async close(): Promise<void> {
    this.shared.close();
    await this.#worker.terminate();
  }
}

async function serve(port: MessagePort): Promise<void> {
  const answers = new Map<number, (computed: ComputedFamilies) => void>();
  let asked = 0;
  let asks = true;
  const copyOfStore = new StoreCopy(workerData as SharedStoreData, {
    computedFamilies: async (limits) => {
      if (!asks) return { families: [], answer: 0 };
      const id = ++asked;
      port.postMessage({ ask: id, limits });
      return new Promise((resolve) => answers.set(id, resolve));
    },
  });
  const ofTheStore: Scrapable = {
    nameValidation: copyOfStore.nameValidation,
    exposedFamilies: async (limits) =>
      (await copyOfStore.exposedFamilies(limits)).filter(({ name }) => !loopFamilies.some((one) => one.name === name)),
  };
  const scrapeCopy = async (scrapable: Scrapable, accept?: string, names?: readonly string[]): Promise<string> => {
    const { body, status } = await scrape(scrapable, { method: 'GET', accept, ...(names && { names }) });
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(Buffer.from(chunk));
    return status === 200 ? Buffer.concat(chunks).toString('latin1') : `status ${status}`;
  };
  const readNative = async (): Promise<string> =>
    JSON.stringify(
      (await copyOfStore.exposedFamilies()).flatMap((family) => snapshotOf(family).nativeHistograms ?? []),
    );
  port.on('message', async (message) => {
    if (message.answers !== undefined) {
      answers.get(message.answers)?.({ families: message.families.map(fromSent), answer: message.answer });
    }
    if (message.scrape !== undefined) {
      asks = message.asks;
      const begun = performance.now();
      const body = await scrapeCopy(ofTheStore, message.accept, message.names);
      port.postMessage({ scraped: message.scrape, body, milliseconds: performance.now() - begun });
    }
    if (message.pause !== undefined) {
      Atomics.store(message.pause, 1, 1);
      Atomics.wait(message.pause, 0, 0);
    }
    if (message.repeat !== undefined) {
      asks = false;
      const state = message.repeat as Int32Array;
      const read = message.what === 'text' ? () => scrapeCopy(copyOfStore) : readNative;
      const bodies: string[] = [];
      while (Atomics.load(state, 0) === 0) {
        bodies.push(await read());
        Atomics.add(state, 1, 1);
      }
      bodies.push(await read());
      port.postMessage({ bodies });
    }
  });
}

/** The bytes of a scrape of the store itself, as the copy gives them: of the families with the names that are chosen. */
export async function scrapeStore(
  recorder: PrometheusRecorder,
  accept?: string,
  isChosen: (name: string) => boolean = () => true,
): Promise<string> {
  const chosen: Scrapable = {
    nameValidation: recorder.nameValidation,
    exposedFamilies: async () => (await recorder.exposedFamilies()).filter(({ name }) => isChosen(name)),
  };
  const { body } = await scrape(chosen, { method: 'GET', accept });
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('latin1');
}

/** The bytes as text. */
export const readText = (bytes: string): string => Buffer.from(bytes, 'latin1').toString();

if (!isMainThread && parentPort !== null && (workerData as Partial<SharedStoreData> | null)?.port !== undefined) {
  await serve(parentPort);
}
