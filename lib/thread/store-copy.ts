import { receiveMessageOnPort } from 'node:worker_threads';
import { Slices } from '../async/slices.js';
import { formatThrown } from '../error.js';
import type { NameValidation } from '../families/naming.js';
import type { ConstantLabels, ExposedFamily, Scrapable, ScrapeLimits } from '../store/exposed-family.js';
import { chooseFamilies } from '../store/selection.js';
import { CopiedFamilies } from './copied-families.js';
import { LogReader } from './log-reader.js';
import { exposeLoop } from './loop-metrics.js';
import { LoopReader } from './loop-state.js';
import { SharedCells } from './shared-cells.js';
import { beginAgain, isAtLeast, type LogMessage } from './shared-log.js';
import type { ComputedFamilies, SharedStoreData } from './shared-store.js';

/** The main thread, as the worker sees it. */
export interface RemoteStore {
  /**
   * What `SharedStore.computedFamilies` gives on the main thread, by message. Resolves to what is known, if anything, where
   * the main thread does not answer in time; should it reject, the scrape fails.
   *
   * @param known the number of the answer that is known and still right; 0 if none is.
   */
  computedFamilies(limits: ScrapeLimits, known: number): Promise<RemoteFamilies>;
}

/** What the main thread has computed. */
export interface RemoteFamilies extends ComputedFamilies {
  /** What is not of the store. Absent: nothing, and there never is, so that the main thread need not be asked for it. */
  readonly others?: readonly ExposedFamily[] | undefined;
}

const nothing: RemoteFamilies = { families: [], answer: 0 };
const noRemote: RemoteStore = { computedFamilies: async () => nothing };

/** So many records of the log are read at a time. */
const recordsPerStep = 500;

/** How often the log is read where nobody scrapes, in milliseconds: so the store can write its memory again. */
const followMilliseconds = 1000;

/** A log that is being read, and what is known from it. */
interface Following {
  readonly reader: LogReader;
  readonly families: CopiedFamilies;
  readonly cells: SharedCells;
}

/**
 * The copy of a store in a worker thread. It exposes what the store would, with the numbers of this moment, and how the event
 * loop of the main thread is.
 */
export class StoreCopy implements Scrapable {
  readonly #data: SharedStoreData;
  readonly #remote: RemoteStore;
  readonly #loop: LoopReader;
  readonly #logChunks: SharedArrayBuffer[] = [];
  readonly #timer: NodeJS.Timeout | undefined;
  #following: Following | undefined;
  /** What the main thread has computed last that may still be right. */
  #lastAnswer = nothing;

  /** @param remote is asked for what has to be computed on the main thread. Default: nothing is. */
  constructor(data: SharedStoreData, remote: RemoteStore = noRemote) {
    this.#data = data;
    this.#remote = remote;
    this.#loop = new LoopReader(data.loop);
    if (!data.hasCells) return;
    // Why the fault is ignored: the next scrape meets it too, and reports it.
    this.#timer = setInterval(() => void this.#catchUp().catch(() => undefined), followMilliseconds).unref();
  }

  constantLabels(): ConstantLabels {
    return this.#following?.families.constantLabels ?? this.#data.constantLabels;
  }

  get nameValidation(): NameValidation | undefined {
    return this.#data.nameValidation;
  }

  /** @throws Error where the copy has fallen behind so far that it has to begin again; the next scrapes find it ready. */
  async exposedFamilies(limits: ScrapeLimits = {}): Promise<readonly ExposedFamily[]> {
    // Why first: what the main thread ends at this occasion, expired series for example, must be gone.
    const { computed, others } = await this.#compute(limits);
    const isChosen = chooseFamilies(limits.names);
    if (this.#data.hasCells) await this.#catchUp();
    const exposed = this.#following?.families.exposedFamilies(computed, isChosen) ?? computed;
    return [...exposed, ...others, ...this.#exposeLoop(isChosen)];
  }

  /**
   * What the main thread computes of the store, and what it has beside that: its last answer where that is still right, so that
   * it does not even notice the scrape.
   */
  async #compute(limits: ScrapeLimits): Promise<Record<'computed' | 'others', readonly ExposedFamily[]>> {
    this.#receive();
    const isChosen = chooseFamilies(limits.names);
    const isRight = this.#lastAnswer.answer === this.#following?.reader.settled;
    const known = isRight ? this.#lastAnswer : nothing;
    const knownFamilies = (known.families ?? []).filter(({ name }) => isChosen(name));
    if (known.answer !== 0 && known.others === undefined) return { computed: knownFamilies, others: [] };
    const { families, answer, others } = await this.#remote.computedFamilies(limits, known.answer);
    if (families !== undefined && answer > this.#lastAnswer.answer) this.#lastAnswer = { families, answer, others };
    return { computed: families ?? knownFamilies, others: others ?? [] };
  }

  /** For how many seconds the event loop of the main thread has been blocked; 0 where it is not. */
  get blockedSeconds(): number {
    return this.#loop.blockedSeconds;
  }

  #exposeLoop(isChosen: (name: string) => boolean): readonly ExposedFamily[] {
    const { blockedSeconds, method } = this.#loop;
    const moment = { blockedSeconds, method: this.#following?.families.methodAt(method) };
    return exposeLoop(moment, this.constantLabels(), isChosen);
  }

  /** Reads no more. */
  close(): void {
    clearInterval(this.#timer);
    this.#data.port.close();
  }

  /** Reads the log up to where it is now. */
  async #catchUp(): Promise<void> {
    this.#receive();
    if (this.#following === undefined) throw new Error('The copy of the store has no log to read.');
    const { reader } = this.#following;
    if (reader.hasEnded) throw this.#beginAgain('it has fallen behind too far');
    const { written } = reader;
    const slices = new Slices();
    while (!isAtLeast(reader.read, written)) {
      try {
        reader.readOn(recordsPerStep);
      } catch (cause) {
        throw this.#beginAgain(formatThrown(cause));
      }
      // Why again, and before a pause: another scrape may meet a series that was read of now. The chunk of its cells is there.
      this.#receive();
      if (slices.isOver) await slices.pause();
      // Why asked after each pause: the chunks that have come may be those of the next log.
      if (this.#following?.reader !== reader) throw beginsAgain('another scrape has left its log');
    }
    reader.pass();
  }

  /** Asks for a log from the start, and returns what the scrapes fail with until it is there. */
  #beginAgain(reason: string): Error {
    this.#following?.families.discard();
    this.#following = undefined;
    this.#data.port.postMessage(beginAgain);
    return beginsAgain(reason);
  }

  #receive(): void {
    for (;;) {
      const received = receiveMessageOnPort(this.#data.port) as { readonly message: LogMessage } | undefined;
      if (received === undefined) return;
      const { message } = received;
      if (message.type === 'begin') this.#begin(message.words, message.first);
      else if (message.type === 'log') this.#logChunks.push(message.chunk);
      else this.#following?.cells.add(message.chunk);
    }
  }

  #begin(sharedWords: SharedArrayBuffer, first: SharedArrayBuffer): void {
    this.#logChunks.length = 0;
    const cells = new SharedCells();
    const guard = { begin: () => reader.beginReading() };
    const families = new CopiedFamilies(cells, guard, this.#data.constantLabels);
    const nextChunk = (): SharedArrayBuffer => {
      if (this.#logChunks.length === 0) this.#receive();
      const chunk = this.#logChunks.shift();
      if (chunk === undefined) throw new Error('A chunk of the shared log is missing.');
      return chunk;
    };
    const reader = new LogReader({ words: new Int32Array(sharedWords), first, nextChunk }, families);
    this.#following = { reader, families, cells };
  }
}

const beginsAgain = (reason: string): Error => new Error(`The copy of the store begins again (given that ${reason}).`);
