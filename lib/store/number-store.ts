const chunkBits = 12;
const chunkSize = 1 << chunkBits;

/**
 * The numbers of all series of a recorder, in typed arrays, by place.
 *
 * Why chunks: growing copies nothing and blocks nobody, and a number never moves. Why one store for all families: what
 * every call touches stays in the processor's cache.
 */
export class NumberStore {
  private readonly chunks: Float64Array[] = [];
  private readonly freed = new Map<number, number[]>();
  private next = 0;

  /** The first of so many places side by side, at most 4,096, their numbers at 0. */
  allocate(width: number): number {
    const reused = this.freed.get(width)?.pop();
    if (reused !== undefined) return reused;
    const room = chunkSize - (this.next & (chunkSize - 1));
    if (room < width) this.next += room;
    const place = this.next;
    this.next += width;
    while (this.chunks.length << chunkBits < this.next) this.chunks.push(new Float64Array(chunkSize));
    return place;
  }

  /** Takes places back that `allocate` gave; they may be given again, for another series. */
  free(place: number, width: number): void {
    for (let i = place; i < place + width; i++) this.set(i, 0);
    const freed = this.freed.get(width);
    if (freed === undefined) this.freed.set(width, [place]);
    else freed.push(place);
  }

  get(place: number): number {
    return this.chunk(place)[place & (chunkSize - 1)] as number;
  }

  set(place: number, value: number): void {
    this.chunk(place)[place & (chunkSize - 1)] = value;
  }

  add(place: number, by: number): void {
    const chunk = this.chunk(place);
    chunk[place & (chunkSize - 1)] = (chunk[place & (chunkSize - 1)] as number) + by;
  }

  private chunk(place: number): Float64Array {
    return this.chunks[place >> chunkBits] as Float64Array;
  }
}
