import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { NameValidation } from '../families/naming.js';
import { runningMethod } from '../instrumentation/running-method.js';
import { cellStoreOf } from '../store/cell-access.js';
import type { CellLog, CellReader, CellStore } from '../store/cells.js';
import type { ConstantLabels, ExposedFamily, Scrapable, ScrapeLimits } from '../store/exposed-family.js';
import { selfFamilies } from '../store/self-metrics.js';
import { LogWriter } from './log-writer.js';
import { shareLoopState } from './loop-state.js';
import { beginAgain, type LogMessage, records, wordCount } from './shared-log.js';

/** What a worker needs to have a copy of a store: pass it as `workerData`, and its `port` in the `transferList`. */
export interface SharedStoreData {
  /** Brings new pieces of shared memory, also while the event loop of the main thread is blocked. */
  readonly port: MessagePort;
  readonly nameValidation: NameValidation | undefined;
  /** Those of the beginning; the log tells of later ones. */
  readonly constantLabels: ConstantLabels;
  /** Whether there is a store to copy: otherwise the main thread computes everything. */
  readonly hasCells: boolean;
  /** Whether the store exposes the metrics of the process too. Then the copy does so as well. */
  readonly hasProcessMetrics: boolean;
  /** How the event loop of the main thread is. */
  readonly loop: SharedArrayBuffer;
}

/** What a store has computed for one scrape. */
export interface ComputedFamilies {
  /** `undefined` where they are those of the answer that the copy knows. */
  readonly families: readonly ExposedFamily[] | undefined;
  /** The number of this answer where it stays right until the log says that something has changed; otherwise 0. */
  readonly answer: number;
}

/** A log that is written. */
interface Writing {
  readonly writer: LogWriter;
  /** The constant labels that the log had last. */
  labels: string;
  end(): void;
}

const selfNames: ReadonlySet<string> = new Set(selfFamilies.map(({ name }) => name));

/**
 * Lets one worker thread have a copy of a store, which it reads in shared memory without asking the main thread. Anything else
 * that can be scraped is computed on the main thread.
 */
export class SharedStore {
  readonly #scrapable: Scrapable;
  readonly #store: CellStore | undefined;
  readonly #port: MessagePort;
  readonly #unwatchLoop: () => void;
  #writing: Writing | undefined;
  #lastAnswer = 0;
  /** For one worker: one that is started again needs a new `SharedStore`. */
  readonly data: SharedStoreData;

  constructor(scrapable: Scrapable) {
    const { port1, port2 } = new MessageChannel();
    this.#scrapable = scrapable;
    this.#store = cellStoreOf(scrapable);
    this.#port = port1;
    port1.on('message', (message) => {
      if (message === beginAgain) this.#begin();
    });
    // Why: the thread has ended, and nobody reads any more.
    port1.on('close', () => this.close());
    port1.unref();
    const loop = shareLoopState();
    this.#unwatchLoop = loop.watch();
    const { nameValidation } = scrapable;
    this.data = {
      port: port2,
      nameValidation,
      constantLabels: scrapable.constantLabels?.() ?? [],
      hasCells: this.#store !== undefined,
      hasProcessMetrics: this.#store?.hasProcessMetrics === true,
      loop: loop.memory,
    };
    this.#begin();
  }

  /** What must be moved to the worker with the data. */
  get transferList(): readonly MessagePort[] {
    return [this.data.port];
  }

  /**
   * Answers the question of the copy on the main thread: ends what is due, expired series for example, and computes the
   * families that are not in shared memory.
   *
   * @param known the number of the answer that the copy has; 0 if it has none that is right.
   */
  async computedFamilies(limits: ScrapeLimits = {}, known = 0): Promise<ComputedFamilies> {
    const store = this.#store;
    if (store === undefined) return { families: await this.#scrapable.exposedFamilies(limits), answer: 0 };
    if (known !== 0 && known === this.#writing?.writer.settled) return { families: undefined, answer: known };
    await store.prepareReading();
    this.#updateLabels();
    store.markExemplarsRead();
    const writer = this.#writing?.writer;
    const before = writer?.changes;
    const families = await store.computedFamilies(limits, writer);
    const isAll = limits.names === undefined && families.every(({ name }) => selfNames.has(name));
    if (writer === undefined || !isAll || writer.changes !== before || !store.isSettled(writer)) {
      return { families, answer: 0 };
    }
    const answer = ++this.#lastAnswer;
    writer.settle(answer);
    return { families, answer };
  }

  /** The log of the store that is shared now; `undefined` if none is. */
  get log(): CellLog | undefined {
    return this.#writing?.writer;
  }

  /** Ends the sharing. May be called more than once. */
  close(): void {
    this.#writing?.end();
    this.#unwatchLoop();
    this.#port.close();
  }

  #begin(): void {
    this.#writing?.end();
    const store = this.#store;
    if (store === undefined) return;
    const words = new SharedArrayBuffer(wordCount * Int32Array.BYTES_PER_ELEMENT);
    const writer = new LogWriter(new Int32Array(words), {
      onChunk: (chunk) => this.#post({ type: 'log', chunk }),
      onEnd: () => this.#writing?.end(),
    });
    this.#post({ type: 'begin', words, first: writer.first });
    const reader: CellReader = {
      grown: (chunk) => this.#post({ type: 'cells', chunk }),
      mark: () => writer.written,
      hasPassed: (mark) => writer.isPassed(mark),
    };
    const unshare = store.shareCells(reader);
    const unsubscribe = store.subscribe(writer);
    writer.replayed();
    const forgetMethods = runningMethod.subscribe((...names) => writer.writeTexts(records.method, ...names));
    const end = (): void => {
      forgetMethods();
      unsubscribe();
      unshare();
      this.#writing = undefined;
    };
    this.#writing = { writer, labels: '', end };
    this.#updateLabels();
  }

  #post(message: LogMessage): void {
    this.#port.postMessage(message);
  }

  #updateLabels(): void {
    const writing = this.#writing;
    const labels = JSON.stringify(this.#scrapable.constantLabels?.() ?? []);
    if (writing === undefined || writing.labels === labels) return;
    writing.labels = labels;
    writing.writer.writeTexts(records.labels, labels);
  }
}
