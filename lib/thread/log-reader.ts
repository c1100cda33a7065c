import type { CellLog, LoggedExemplar } from '../store/cells.js';
import { newChunk, parseFamily, parseLabels, records, unitsPerChunk, words } from './shared-log.js';

// Why shared: it is written and read in one go.
const double = new Float64Array(1);
const unitsOfDouble = new Uint16Array(double.buffer);

/** What a log tells. */
export interface FollowedLog
  extends Required<Omit<CellLog, 'takesNative' | 'takesUndated' | 'readsProcess' | 'restarted' | 'changed'>> {
  /** These are the constant labels from now on, as JSON. */
  labelled(labels: string): void;
  /** The next method that can be named: the first one is 1. */
  namedMethod(className: string, method: string): void;
  /** How many labels the series of a family have. */
  countLabels(id: number): number;
}

/** Where a log is read. */
export interface LogMemory {
  readonly words: Int32Array;
  /** The first chunk. */
  readonly first: SharedArrayBuffer;
  /** Gives a chunk that has come since. */
  nextChunk(): SharedArrayBuffer;
}

/** Reads the log that a `LogWriter` writes in another thread. */
export class LogReader {
  readonly #memory: LogMemory;
  readonly #log: FollowedLog;
  /** The chunks that the writer has, the oldest first; the last one is being read. */
  readonly #chunks: Uint16Array[] = [];
  #chunk: Uint16Array;
  #buffer: Buffer;
  #at = 0;
  #readChunks = 0;
  #read = 0;
  /** Reads what follows a kind. */
  readonly #kinds: Readonly<Record<number, (log: FollowedLog) => void>> = {
    [records.opened]: (log) => log.opened(this.#number(), parseFamily(this.#text())),
    [records.completed]: (log) => log.completed(this.#number()),
    [records.closed]: (log) => log.closed(this.#number()),
    [records.created]: (log) => {
      const id = this.#number();
      const first = this.#number();
      log.created(id, first, this.#texts(log.countLabels(id)));
    },
    [records.removed]: (log) => log.removed(this.#number(), this.#number()),
    [records.cleared]: (log) => log.cleared(this.#number()),
    [records.named]: (log) => log.named(this.#text()),
    [records.labels]: (log) => log.labelled(this.#text()),
    [records.exemplar]: (log) => log.exemplar(this.#number(), this.#exemplar()),
    [records.nativeExemplars]: (log) => {
      const index = this.#number();
      log.nativeExemplars(
        index,
        Array.from({ length: this.#number() }, () => this.#exemplar()),
      );
    },
    [records.exemplarRemoved]: (log) => log.exemplarRemoved(this.#number()),
    [records.method]: (log) => log.namedMethod(this.#text(), this.#text()),
  };
  /** The readings that go on, the oldest first, each with how many records were read before it. */
  readonly #readings = new Set<{ readonly since: number }>();

  constructor(memory: LogMemory, log: FollowedLog) {
    this.#memory = memory;
    this.#log = log;
    this.#chunk = new Uint16Array(memory.first);
    this.#buffer = Buffer.from(memory.first);
    this.#chunks.push(this.#chunk);
  }

  /** How many records were read. */
  get read(): number {
    return this.#read;
  }

  /** How many records were written. */
  get written(): number {
    return Atomics.load(this.#memory.words, words.written);
  }

  /** The number of the answer that is still right of what the store computes; 0 if none is. */
  get settled(): number {
    return Atomics.load(this.#memory.words, words.settled);
  }

  /** Whether there is nothing more to come, although the store goes on. */
  get hasEnded(): boolean {
    return Atomics.load(this.#memory.words, words.hasEnded) !== 0;
  }

  /** Reads what was written until now, at most so many records. */
  readOn(max: number): void {
    for (let left = max; left > 0 && this.#read !== this.written; left--) {
      this.#readRecord();
      this.#read = (this.#read + 1) | 0;
    }
  }

  /** Begins to read cells of the log. They belong to the same series until the returned function is called. */
  beginReading(): () => void {
    const reading = { since: this.#read };
    this.#readings.add(reading);
    return () => {
      this.#readings.delete(reading);
      this.pass();
    };
  }

  /** Says up to which record nothing is read any more of what was removed. */
  pass(): void {
    const [oldest] = this.#readings;
    Atomics.store(this.#memory.words, words.passed, oldest?.since ?? this.#read);
  }

  #readRecord(): void {
    const kind = this.#unit();
    const read = this.#kinds[kind];
    if (read === undefined) throw new Error(`the shared log has a record of an unknown kind (given ${kind})`);
    read(this.#log);
  }

  #unit(): number {
    if (this.#at === unitsPerChunk) this.#turn();
    return this.#chunk[this.#at++] as number;
  }

  #number(): number {
    const low = this.#unit();
    return low + this.#unit() * 2 ** 16;
  }

  #exemplar(): LoggedExemplar {
    const value = this.#double();
    return { value, time: this.#double(), labels: parseLabels(this.#text()) };
  }

  #double(): number {
    for (let i = 0; i < unitsOfDouble.length; i++) unitsOfDouble[i] = this.#unit();
    return double[0] as number;
  }

  #texts(count: number): string[] {
    const texts: string[] = [];
    for (let i = 0; i < count; i++) texts.push(this.#text());
    return texts;
  }

  #text(): string {
    let text = '';
    for (let left = this.#number(); left > 0; ) {
      if (this.#at === unitsPerChunk) this.#turn();
      const length = Math.min(left, unitsPerChunk - this.#at);
      text += this.#buffer.toString('utf16le', this.#at * 2, (this.#at + length) * 2);
      this.#at += length;
      left -= length;
    }
    return text;
  }

  /** Goes on in the chunk that the writer has gone on in. */
  #turn(): void {
    const dropped = this.#chunk[unitsPerChunk] as number;
    const next =
      dropped === newChunk ? new Uint16Array(this.#memory.nextChunk()) : this.#chunks.splice(0, dropped).at(-1);
    if (next === undefined) throw new Error('the shared log goes on in a chunk that is not there');
    this.#chunks.push(next);
    this.#chunk = next;
    this.#buffer = Buffer.from(next.buffer);
    this.#at = 0;
    this.#readChunks = (this.#readChunks + 1) | 0;
    Atomics.store(this.#memory.words, words.readChunks, this.#readChunks);
  }
}
