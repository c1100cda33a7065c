import { Slices } from '../async/slices.js';
import type { CellReader } from './cells.js';
import {
  chunkBits,
  chunkSize,
  createSharedChunk,
  HeldCells,
  numbersOf,
  sequenceOf,
  sequencesOf,
} from './shared-cells.js';

export { chunkBits, chunkSize };

/** Where the first word of a number is in its chunk. */
export const wordOf = (index: number): number => (index & (chunkSize - 1)) << 1;

/** Processors on which another one sees all writes in their order. */
const keepsOrder = ['x64', 'ia32'].includes(process.arch);

/** Writes a number that another thread must not see before what was written before, nor after what is written later. */
function writeInOrder(words: Int32Array, at: number, number: number): void {
  // Why not always atomically: on these processors that takes longer than an observation, and every plain write does so.
  if (keepsOrder) words[at] = number;
  // Why an exchange: an ARM processor may let what is written after a mere store be seen first.
  else Atomics.exchange(words, at, number);
}

/**
 * The numbers of all series of a recorder, in typed arrays. A series is named by the index of its first number.
 *
 * Why in chunks: the store grows without copying or blocking, and a number never moves. Why one store for all families: what
 * every call touches stays in the processor's cache.
 */
export class NumberStore {
  readonly chunks: Float64Array[] = [];
  /** The same memory, as words of half a number. */
  private readonly wordChunks: Int32Array[] = [];
  private readonly freed = new Map<number, number[]>();
  /** What frees numbers in steps, and has not ended. */
  private readonly reclaims: Iterator<void>[] = [];
  private isReclaiming = false;
  /** What was given back while another thread reads; `undefined` while none does. */
  private held: HeldCells | undefined;
  /** Whether another thread reads the numbers. Those that belong together change between `beginChange` and `endChange` then. */
  isShared = false;
  /**
   * The sequence numbers of each chunk, while another thread reads the numbers. Why kept when none does any more: that may be
   * so in the middle of a change, which ends afterwards.
   */
  private sequences: Int32Array[] = [];
  // Why not from 0 on: that may stand for no number.
  private next = 1;

  /** Every number that was ever reserved is below this index. */
  get length(): number {
    return this.next;
  }

  /** Makes room for all numbers below this index, which others reserve: it is a copy of their store. */
  extendTo(length: number): void {
    this.next = Math.max(this.next, length);
    while (this.chunks.length << chunkBits < this.next) this.grow();
  }

  /** Reserves this many numbers side by side, at most 4,096, all at 0; returns the index of the first one. */
  allocate(width: number): number {
    if (this.freed.size > 0 || this.reclaims.length > 0 || this.held !== undefined) {
      const reused = this.reuse(width);
      if (reused !== undefined) return reused;
    }
    const leftInChunk = chunkSize - (this.next & (chunkSize - 1));
    if (leftInChunk < width) this.next += leftInChunk;
    const first = this.next;
    this.extendTo(first + width);
    return first;
  }

  /** Takes back numbers that `allocate` reserved; another series may get them. */
  free(first: number, width: number): void {
    if (this.held === undefined) this.giveBack(first, width);
    else this.held.hold(first, width);
  }

  /**
   * Lets a thread read the numbers, which are in shared memory from now on, until the returned function is called. Numbers
   * that are given back meanwhile stay as they are until the reader has come past that.
   *
   * Why not always in shared memory: the garbage collector does not count it, and would keep that of short-lived recorders.
   */
  share(reader: CellReader): () => void {
    this.held ??= new HeldCells((first, width) => this.giveBack(first, width));
    this.moveToSharedMemory();
    this.isShared = true;
    this.held.addReader(reader);
    for (const { buffer } of this.chunks) reader.grown(buffer as SharedArrayBuffer);
    return () => this.unshare(reader);
  }

  private unshare(reader: CellReader): void {
    const { held } = this;
    held?.removeReader(reader);
    if (held === undefined || held.readers.size > 0) return;
    this.held = undefined;
    this.isShared = false;
  }

  private moveToSharedMemory(): void {
    for (const [i, { buffer }] of this.chunks.entries()) {
      if (buffer instanceof SharedArrayBuffer) continue;
      const shared = createSharedChunk();
      numbersOf(shared).set(this.chunks[i] as Float64Array);
      this.setChunk(i, numbersOf(shared));
    }
    this.sequences = this.chunks.map(({ buffer }) => sequencesOf(buffer as SharedArrayBuffer));
  }

  private setChunk(i: number, chunk: Float64Array): void {
    this.chunks[i] = chunk;
    this.wordChunks[i] = new Int32Array(chunk.buffer, chunk.byteOffset, chunkSize * 2);
  }

  private giveBack(first: number, width: number): void {
    for (let i = first; i < first + width; i++) this.set(i, 0);
    const freed = this.freed.get(width);
    if (freed === undefined) this.freed.set(width, [first]);
    else freed.push(first);
  }

  /**
   * Runs steps that free numbers: the first one at once, the others in slices, or where numbers are needed before. So it takes
   * no time from the caller however many there are, and a program that never lets the event loop turn needs no more memory.
   */
  reclaim(steps: Iterable<void>): void {
    const iterator = steps[Symbol.iterator]();
    if (iterator.next().done) return;
    this.reclaims.push(iterator);
    if (this.isReclaiming) return;
    this.isReclaiming = true;
    this.reclaimInSlices().catch(() => {
      // Why nothing more: the stack of the caller is exhausted. What needs numbers takes the steps, or the next reclaim.
      this.isReclaiming = false;
    });
  }

  get(index: number): number {
    // Why here and below without a call: a scrape reads all numbers, before the compiler has joined the two.
    return (this.chunks[index >> chunkBits] as Float64Array)[index & (chunkSize - 1)] as number;
  }

  set(index: number, value: number): void {
    (this.chunks[index >> chunkBits] as Float64Array)[index & (chunkSize - 1)] = value;
  }

  add(index: number, by: number): void {
    const chunk = this.chunks[index >> chunkBits] as Float64Array;
    chunk[index & (chunkSize - 1)] = (chunk[index & (chunkSize - 1)] as number) + by;
  }

  /** A word of the numbers that `allocate` reserved together: each number can hold two whole numbers of 32 bits instead. */
  getWord(first: number, word: number): number {
    return this.wordsOf(first)[wordOf(first) + word] as number;
  }

  setWord(first: number, word: number, value: number): void {
    this.wordsOf(first)[wordOf(first) + word] = value;
  }

  /** The chunk of a number as words; `wordOf` says which of them are its own. */
  wordsOf(index: number): Int32Array {
    return this.wordChunks[index >> chunkBits] as Int32Array;
  }

  /**
   * Adds to a number and to the one after it, which `allocate` has reserved with it.
   *
   * Why it calls nothing: where the stack is exhausted, either both have changed or none.
   */
  addToBoth(index: number, by: number): void {
    const chunk = this.chunks[index >> chunkBits] as Float64Array;
    const first = index & (chunkSize - 1);
    chunk[first] = (chunk[first] as number) + by;
    chunk[first + 1] = (chunk[first + 1] as number) + by;
  }

  /** Adds 1 to one number of the row from `first` on, and a value to another one: a thread that reads the row sees both or none. */
  addTogether(first: number, count: number, sum: number, value: number): void {
    // Why not by the two methods below: an observation would take half as long again.
    const sequences = this.sequences[first >> chunkBits] as Int32Array;
    const at = sequenceOf(first);
    const odd = (sequences[at] as number) | 1;
    writeInOrder(sequences, at, odd);
    this.add(count, 1);
    this.add(sum, value);
    writeInOrder(sequences, at, odd + 1);
  }

  /**
   * Numbers of the row from `first` on change together until `endChange`: a thread that reads the row meanwhile reads it again.
   */
  beginChange(first: number): void {
    const sequences = this.sequences[first >> chunkBits] as Int32Array;
    const at = sequenceOf(first);
    // Why not just one more: where the stack was exhausted in between, it is odd still.
    writeInOrder(sequences, at, (sequences[at] as number) | 1);
  }

  /** The numbers of the row from `first` on belong together again. */
  endChange(first: number): void {
    const sequences = this.sequences[first >> chunkBits] as Int32Array;
    const at = sequenceOf(first);
    writeInOrder(sequences, at, ((sequences[at] as number) | 1) + 1);
  }

  private grow(): void {
    const { held } = this;
    if (held === undefined) {
      this.setChunk(this.chunks.length, new Float64Array(chunkSize));
      return;
    }
    const shared = createSharedChunk();
    this.sequences.push(sequencesOf(shared));
    this.setChunk(this.chunks.length, numbersOf(shared));
    for (const reader of held.readers) reader.grown(shared);
  }

  private reuse(width: number): number | undefined {
    this.held?.releaseSome();
    const reused = this.freed.get(width)?.pop();
    if (reused !== undefined || this.reclaims.length === 0) return reused;
    this.reclaimStep();
    return this.freed.get(width)?.pop();
  }

  private async reclaimInSlices(): Promise<void> {
    const slices = new Slices();
    await slices.pause();
    for (; this.reclaims.length > 0; this.reclaimStep()) if (slices.isOver) await slices.pause();
    this.isReclaiming = false;
  }

  private reclaimStep(): void {
    if (this.reclaims[0]?.next().done) this.reclaims.shift();
  }
}
