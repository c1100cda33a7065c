import type { NumberWords } from '../store/native-pages.js';
import { wordOf } from '../store/numbers.js';
import { chunkBits, chunkSize, numbersOf, sequenceOf, sequencesOf } from '../store/shared-cells.js';

/** How many times a row that changes while it is read is read again at once. */
const maxTries = 1000;
/** How many times it is read again after a pause then. Why so many: the thread that writes may wait for a processor. */
const maxPauses = 50;
const pauseMilliseconds = 1;
/** The most words that are read of one histogram, far more than it can have: pages that change may lead in a circle. */
const maxWords = 1_000_000;

/** The cells of a store that another thread writes. */
export class SharedCells implements NumberWords {
  readonly #chunks: Float64Array[] = [];
  readonly #words: Int32Array[] = [];
  readonly #sequences: Int32Array[] = [];
  /** How many words may be read yet. */
  #leftWords = maxWords;

  add(chunk: SharedArrayBuffer): void {
    this.#chunks.push(numbersOf(chunk));
    this.#words.push(new Int32Array(chunk, 0, chunkSize * 2));
    this.#sequences.push(sequencesOf(chunk));
  }

  get(index: number): number {
    return (this.#chunks[index >> chunkBits] as Float64Array)[index & (chunkSize - 1)] as number;
  }

  /** A word of the cells from `first` on: each cell can hold two whole numbers of 32 bits instead of one number. */
  getWord(first: number, word: number): number {
    if (--this.#leftWords < 0) throw new Error('The pages of a histogram have no end.');
    return (this.#words[first >> chunkBits] as Int32Array)[wordOf(first) + word] as number;
  }

  /**
   * Reads what belongs to the row from `first` on, all of one instant. Returns whether that succeeded: it does not where the
   * other thread has stopped in the middle of a change.
   *
   * @param read may be called several times. What it throws counts as a reading that has failed.
   */
  readTogether(first: number, read: () => void): boolean {
    const sequences = this.#sequences[first >> chunkBits] as Int32Array;
    const at = sequenceOf(first);
    for (let pauses = 0; pauses <= maxPauses; pauses++) {
      if (pauses > 0) Atomics.wait(sequences, at, Atomics.load(sequences, at), pauseMilliseconds);
      for (let tries = 0; tries < maxTries; tries++) {
        const before = Atomics.load(sequences, at);
        // Why it adds: to read it again only would not keep the processor from reading the cells later than that.
        if (this.#try(read) && (before & 1) === 0 && Atomics.add(sequences, at, 0) === before) return true;
      }
    }
    return false;
  }

  #try(read: () => void): boolean {
    this.#leftWords = maxWords;
    try {
      read();
      return true;
    } catch {
      // Why: what changes while it is read may lead to cells that are not there.
      return false;
    }
  }
}
