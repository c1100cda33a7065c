const chunkBits = 12;
const chunkSize = 1 << chunkBits;

/**
 * The numbers of all series of a recorder, in typed arrays. A series is named by the index of its first number.
 *
 * Why in chunks: the store grows without copying or blocking, and a number never moves. Why one store for all families: what
 * every call touches stays in the processor's cache.
 */
export class NumberStore {
  private readonly chunks: Float64Array[] = [];
  private readonly freed = new Map<number, number[]>();
  private next = 0;

  /** Reserves this many numbers side by side, at most 4,096, all at 0; returns the index of the first one. */
  allocate(width: number): number {
    const reused = this.freed.get(width)?.pop();
    if (reused !== undefined) return reused;
    const leftInChunk = chunkSize - (this.next & (chunkSize - 1));
    if (leftInChunk < width) this.next += leftInChunk;
    const first = this.next;
    this.next += width;
    while (this.chunks.length << chunkBits < this.next) this.chunks.push(new Float64Array(chunkSize));
    return first;
  }

  /** Takes back numbers that `allocate` reserved; another series may get them. */
  free(first: number, width: number): void {
    for (let i = first; i < first + width; i++) this.set(i, 0);
    const freed = this.freed.get(width);
    if (freed === undefined) this.freed.set(width, [first]);
    else freed.push(first);
  }

  get(index: number): number {
    return this.chunkOf(index)[index & (chunkSize - 1)] as number;
  }

  set(index: number, value: number): void {
    this.chunkOf(index)[index & (chunkSize - 1)] = value;
  }

  add(index: number, by: number): void {
    const chunk = this.chunkOf(index);
    chunk[index & (chunkSize - 1)] = (chunk[index & (chunkSize - 1)] as number) + by;
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

  private chunkOf(index: number): Float64Array {
    return this.chunks[index >> chunkBits] as Float64Array;
  }
}
