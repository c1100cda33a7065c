import { Slices } from '../async/slices.js';

/** An index shifted by this is the number of its chunk. */
export const chunkBits = 12;
/** How many numbers a chunk has. */
export const chunkSize = 1 << chunkBits;

/** Where the first word of a number is in its chunk. */
export const wordOf = (index: number): number => (index & (chunkSize - 1)) << 1;

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
    if (this.freed.size > 0 || this.reclaims.length > 0) {
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
    // Why without a call: a scrape reads all numbers, before the compiler has joined the two.
    return (this.chunks[index >> chunkBits] as Float64Array)[index & (chunkSize - 1)] as number;
  }

  set(index: number, value: number): void {
    this.chunkOf(index)[index & (chunkSize - 1)] = value;
  }

  add(index: number, by: number): void {
    const chunk = this.chunkOf(index);
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

  private grow(): void {
    const chunk = new Float64Array(chunkSize);
    this.chunks.push(chunk);
    this.wordChunks.push(new Int32Array(chunk.buffer));
  }

  private reuse(width: number): number | undefined {
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

  private chunkOf(index: number): Float64Array {
    return this.chunks[index >> chunkBits] as Float64Array;
  }
}
