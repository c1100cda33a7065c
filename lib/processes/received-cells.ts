import type { Cells } from '../store/cells.js';
import { chunkBits, chunkSize } from '../store/numbers.js';

/** So many cells a chunk has at least. */
const leastCells = 32;

/**
 * A copy of the cells of a source that is elsewhere. Its last chunk is only as large as it must be, as there may be a thousand
 * sources with a few series each.
 */
export class ReceivedCells implements Cells {
  readonly chunks: Float64Array[] = [];
  /** The same memory, as words of half a number. */
  readonly #words: Int32Array[] = [];
  // Why not 0: no store gives a series the first cell.
  #length = 1;

  get length(): number {
    return this.#length;
  }

  /** Makes room for all cells below this index. */
  extendTo(length: number): void {
    if (length <= this.#length) return;
    this.#length = length;
    const last = (length - 1) >> chunkBits;
    for (let i = 0; i <= last; i++) this.#extendChunk(i, i < last ? chunkSize : length - (i << chunkBits));
  }

  set(index: number, number: number): void {
    const chunk = this.chunks[index >> chunkBits];
    if (chunk !== undefined) chunk[index & (chunkSize - 1)] = number;
  }

  /** Sets both words of a number: they may be two whole numbers of 32 bits instead. */
  setWords(index: number, low: number, high: number): void {
    const words = this.#words[index >> chunkBits] as Int32Array;
    const at = (index & (chunkSize - 1)) * 2;
    words[at] = low;
    words[at + 1] = high;
  }

  #extendChunk(i: number, needed: number): void {
    const known = this.chunks[i];
    if (known !== undefined && known.length >= needed) return;
    let size = leastCells;
    while (size < needed) size *= 2;
    const chunk = new Float64Array(size);
    if (known !== undefined) chunk.set(known);
    this.chunks[i] = chunk;
    this.#words[i] = new Int32Array(chunk.buffer);
  }
}
