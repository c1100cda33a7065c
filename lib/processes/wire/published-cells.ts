import type { Cells } from '../../store/cells.js';
import { chunkBits, chunkSize } from '../../store/numbers.js';

/**
 * Takes a cell that has changed. The two words that its number is made of begin at `word`: they may be no number at all, but
 * whole numbers of 32 bits, which a number would not carry unchanged where they look like NaN.
 */
export type WriteCell = (index: number, number: number, words: Int32Array, word: number) => void;

/** A chunk of numbers and what was published of it, both as 32-bit words: the bits are compared. */
interface Chunk {
  readonly numbers: Float64Array;
  readonly words: Int32Array;
  readonly published: Float64Array;
  readonly publishedWords: Int32Array;
}

const wordsOf = ({ buffer, byteOffset, length }: Float64Array): Int32Array =>
  new Int32Array(buffer, byteOffset, length * 2);

/**
 * What was published of the cells of a source, to find those that have changed since then. A comparison costs a nanosecond a
 * cell; so nothing has to be noted when a number changes.
 */
export class PublishedCells {
  readonly #cells: Cells;
  readonly #chunks: Chunk[] = [];

  constructor(cells: Cells) {
    this.#cells = cells;
  }

  /** Counts cells as published with the number 0: a new series has them. */
  clear(first: number, width: number): void {
    const published = this.#chunks[first >> chunkBits]?.published;
    const at = first & (chunkSize - 1);
    published?.fill(0, at, at + width);
  }

  /** Gives every cell that differs from what was published last, in ascending order, and counts it as published. */
  publish(write: WriteCell): void {
    const { chunks, length } = this.#cells;
    for (const [i, numbers] of chunks.entries()) {
      const chunk = this.#chunkAt(i, numbers);
      publishChunk(chunk, i << chunkBits, Math.min(chunkSize, length - (i << chunkBits)), write);
    }
  }

  #chunkAt(i: number, numbers: Float64Array): Chunk {
    const known = this.#chunks[i];
    // Why compared: a chunk moves once, into shared memory, where a thread begins to read it.
    if (known?.numbers === numbers) return known;
    const published = known?.published ?? new Float64Array(chunkSize);
    const chunk = { numbers, words: wordsOf(numbers), published, publishedWords: wordsOf(published) };
    this.#chunks[i] = chunk;
    return chunk;
  }
}

// Why bits: NaN differs from itself, and −0 equals 0.
function publishChunk(
  { numbers, words, publishedWords }: Chunk,
  offset: number,
  length: number,
  write: WriteCell,
): void {
  for (let i = 0; i < length; i++) {
    const word = i * 2;
    if (words[word] === publishedWords[word] && words[word + 1] === publishedWords[word + 1]) continue;
    publishedWords[word] = words[word] as number;
    publishedWords[word + 1] = words[word + 1] as number;
    write(offset + i, numbers[i] as number, words, word);
  }
}
