import type { Cells } from '../../store/cells.js';
import { chunkBits, chunkSize } from '../../store/numbers.js';

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
  publish(write: (index: number, number: number) => void): void {
    const { chunks, length } = this.#cells;
    for (let i = this.#chunks.length; i < chunks.length; i++) this.#chunks.push(toChunk(chunks[i] as Float64Array));
    for (const [i, chunk] of this.#chunks.entries()) {
      publishChunk(chunk, i << chunkBits, Math.min(chunkSize, length - (i << chunkBits)), write);
    }
  }
}

function toChunk(numbers: Float64Array): Chunk {
  const published = new Float64Array(chunkSize);
  return { numbers, words: wordsOf(numbers), published, publishedWords: wordsOf(published) };
}

// Why bits: NaN differs from itself, and −0 equals 0.
function publishChunk(
  { numbers, words, published, publishedWords }: Chunk,
  offset: number,
  length: number,
  write: (index: number, number: number) => void,
): void {
  for (let i = 0; i < length; i++) {
    const word = i * 2;
    if (words[word] === publishedWords[word] && words[word + 1] === publishedWords[word + 1]) continue;
    const number = numbers[i] as number;
    published[i] = number;
    write(offset + i, number);
  }
}
