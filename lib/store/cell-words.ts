import type { Cells } from './cells.js';
import type { NumberWords } from './native-pages.js';
import { chunkBits, chunkSize, wordOf } from './numbers.js';

/** The cells of a source as words too. What is not there counts as 0: another process may send anything. */
export class CellWords implements NumberWords {
  readonly #cells: Cells;
  /** Each chunk, and the same memory as words. */
  readonly #chunks: { readonly numbers: Float64Array; readonly words: Int32Array }[] = [];

  constructor(cells: Cells) {
    this.#cells = cells;
  }

  get(index: number): number {
    return this.#cells.chunks[index >> chunkBits]?.[index & (chunkSize - 1)] ?? 0;
  }

  getWord(first: number, word: number): number {
    return this.#wordsOf(first >> chunkBits)?.[wordOf(first) + word] ?? 0;
  }

  #wordsOf(i: number): Int32Array | undefined {
    const numbers = this.#cells.chunks[i];
    if (numbers === undefined) return undefined;
    const known = this.#chunks[i];
    if (known?.numbers === numbers) return known.words;
    const words = new Int32Array(numbers.buffer, numbers.byteOffset, numbers.length * 2);
    this.#chunks[i] = { numbers, words };
    return words;
  }
}
