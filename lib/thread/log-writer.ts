import type { CellFamily, CellLog, LoggedExemplar } from '../store/cells.js';
import { formatFamily, formatLabels, isAtLeast, newChunk, records, unitsPerChunk, words } from './shared-log.js';

/** What the owner of the writer gives to it. */
export interface LogWriterEvents {
  /** The reader must get this chunk. */
  onChunk(chunk: SharedArrayBuffer): void;
  /** The reader has fallen behind too far: nothing more is written. */
  onEnd(): void;
}

const createChunk = (): Uint16Array => new Uint16Array(new SharedArrayBuffer((unitsPerChunk + 1) * 2));

// Why shared: it is written and read in one go.
const double = new Float64Array(1);
const unitsOfDouble = new Uint16Array(double.buffer);

/** So many chunks may wait for the reader, 32 MiB, beside those that are there from the start. */
const maxUnread = 256;

/**
 * So many chunks that were read are kept, 2 MiB. Why: a chunk that is dropped stays until both threads have collected their
 * garbage. Why no more: what many series needed once, when the copy began, is not needed again.
 */
const maxSpare = 16;

/** Writes the log of a store for its copy in another thread. Chunks that were read are written again. */
export class LogWriter implements CellLog {
  readonly takesNative = true;
  readonly takesUndated = true;
  readonly readsProcess = true;
  readonly #words: Int32Array;
  readonly #events: LogWriterEvents;
  /** The chunks that the reader has, the oldest first; the last one is being written. */
  readonly #chunks: Uint16Array[] = [];
  /** How many chunks were dropped or written again: the number of the oldest one. */
  #oldest = 0;
  #chunk: Uint16Array;
  #at = 0;
  #written = 0;
  #hasEnded = false;
  #changes = 0;
  #settled = 0;
  /** Whether a record has begun and not ended. */
  #isWriting = false;
  /** The families of which not all series are written. */
  readonly #incomplete = new Set<number>();
  /** How many chunks there may be. Why changed where a family is complete: all of it must have its place. */
  #maxChunks = maxUnread;
  /** Whether everything is written that the store had when the log began: that must have its place too. */
  #isReplayed = false;

  constructor(sharedWords: Int32Array, events: LogWriterEvents) {
    this.#words = sharedWords;
    this.#events = events;
    this.#chunk = createChunk();
    this.#chunks.push(this.#chunk);
  }

  /** The first chunk. */
  get first(): SharedArrayBuffer {
    return (this.#chunks[0] as Uint16Array).buffer as SharedArrayBuffer;
  }

  /** How many records were written. */
  get written(): number {
    return this.#written;
  }

  opened(id: number, family: CellFamily): void {
    if (!this.#begin(records.opened)) return;
    this.#incomplete.add(id);
    this.#number(id);
    this.#text(formatFamily(family));
    this.#end();
  }

  completed(id: number): void {
    this.#writeNumbers(records.completed, id);
    this.#incomplete.delete(id);
    this.#maxChunks = this.#chunks.length + maxUnread;
  }

  /** The log now has what the store had when it began, but for families that are told in slices. */
  replayed(): void {
    this.#isReplayed = true;
    this.#maxChunks = this.#chunks.length + maxUnread;
  }

  closed(id: number): void {
    this.#incomplete.delete(id);
    this.#writeNumbers(records.closed, id);
  }

  created(id: number, first: number, values: readonly string[]): void {
    if (!this.#begin(records.created)) return;
    this.#number(id);
    this.#number(first);
    for (let i = 0; i < values.length; i++) this.#text(values[i] as string);
    this.#end();
  }

  removed(id: number, first: number): void {
    this.#writeNumbers(records.removed, id, first);
  }

  cleared(id: number): void {
    this.#writeNumbers(records.cleared, id);
  }

  named(name: string): void {
    this.writeTexts(records.named, name);
  }

  exemplar(index: number, exemplar: LoggedExemplar): void {
    if (!this.#begin(records.exemplar)) return;
    this.#number(index);
    this.#exemplar(exemplar);
    this.#end();
  }

  nativeExemplars(index: number, exemplars: readonly LoggedExemplar[]): void {
    if (!this.#begin(records.nativeExemplars)) return;
    this.#number(index);
    this.#number(exemplars.length);
    for (const exemplar of exemplars) this.#exemplar(exemplar);
    this.#end();
  }

  exemplarRemoved(index: number): void {
    this.#writeNumbers(records.exemplarRemoved, index);
  }

  changed(): void {
    this.#changes++;
    if (this.#settled !== 0) this.settle(0);
  }

  /** How often something has changed: the series, or what the store computes. */
  get changes(): number {
    return this.#changes;
  }

  /** The number of the answer that is right until something changes; 0 if none is. */
  get settled(): number {
    return this.#settled;
  }

  settle(answer: number): void {
    this.#settled = answer;
    Atomics.store(this.#words, words.settled, answer);
  }

  /** Writes a record that is made of texts. */
  writeTexts(kind: number, ...texts: readonly string[]): void {
    if (!this.#begin(kind)) return;
    for (const text of texts) this.#text(text);
    this.#end();
  }

  #writeNumbers(kind: number, ...numbers: readonly number[]): void {
    if (!this.#begin(kind)) return;
    for (const number of numbers) this.#number(number);
    this.#end();
  }

  #begin(kind: number): boolean {
    // Why: the stack was exhausted in the middle of a record, which cannot be read.
    if (this.#isWriting) this.#giveUp();
    if (this.#hasEnded) return false;
    this.#isWriting = true;
    this.#unit(kind);
    return true;
  }

  #end(): void {
    this.#isWriting = false;
    if (this.#hasEnded) return;
    this.#written = (this.#written + 1) | 0;
    Atomics.store(this.#words, words.written, this.#written);
    this.changed();
  }

  #unit(unit: number): void {
    if (this.#at === unitsPerChunk) this.#turn();
    this.#chunk[this.#at++] = unit;
  }

  #number(number: number): void {
    this.#unit(number & 0xffff);
    this.#unit(number >>> 16);
  }

  #exemplar({ labels, value, time }: LoggedExemplar): void {
    this.#double(value);
    this.#double(time);
    this.#text(formatLabels(labels));
  }

  #double(number: number): void {
    double[0] = number;
    for (const unit of unitsOfDouble) this.#unit(unit);
  }

  #text(text: string): void {
    const { length } = text;
    this.#number(length);
    if (this.#at + length > unitsPerChunk) {
      for (let i = 0; i < length; i++) this.#unit(text.charCodeAt(i));
      return;
    }
    const chunk = this.#chunk;
    const at = this.#at;
    for (let i = 0; i < length; i++) chunk[at + i] = text.charCodeAt(i);
    this.#at = at + length;
  }

  /** Goes on in another chunk: one that was read, else a new one. */
  #turn(): void {
    const read = this.#hasEnded ? 0 : (Atomics.load(this.#words, words.readChunks) - this.#oldest) | 0;
    const taken = read === 0 ? newChunk : Math.max(1, read - maxSpare);
    this.#chunk[unitsPerChunk] = taken;
    const next = taken === newChunk ? this.#addChunk() : (this.#chunks.splice(0, taken).at(-1) as Uint16Array);
    this.#oldest = (this.#oldest + taken) | 0;
    this.#chunks.push(next);
    this.#chunk = next;
    this.#at = 0;
  }

  #addChunk(): Uint16Array {
    const isBeginning = !this.#isReplayed || this.#incomplete.size > 0;
    if (this.#chunks.length >= this.#maxChunks && !isBeginning) this.#giveUp();
    const chunk = createChunk();
    if (!this.#hasEnded) this.#events.onChunk(chunk.buffer as SharedArrayBuffer);
    return chunk;
  }

  #giveUp(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#chunks.length = 0;
    Atomics.store(this.#words, words.hasEnded, 1);
    this.#events.onEnd();
  }

  /** Whether the reader reads nothing any more of what was removed before this many records were written. */
  isPassed(written: number): boolean {
    return isAtLeast(Atomics.load(this.#words, words.passed), written);
  }
}
