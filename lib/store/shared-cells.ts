import type { CellReader } from './cells.js';

/** An index shifted by this is the number of its chunk. */
export const chunkBits = 12;
/** How many numbers a chunk has. */
export const chunkSize = 1 << chunkBits;

/** So many numbers beside each other have one sequence number. */
const sequenceBits = 6;
const sequencesPerChunk = chunkSize >> sequenceBits;
const numberBytes = chunkSize * Float64Array.BYTES_PER_ELEMENT;

/** Memory for one chunk of numbers and their sequence numbers. */
export const createSharedChunk = (): SharedArrayBuffer =>
  new SharedArrayBuffer(numberBytes + sequencesPerChunk * Int32Array.BYTES_PER_ELEMENT);

/** The numbers of a shared chunk. */
export const numbersOf = (chunk: SharedArrayBuffer): Float64Array => new Float64Array(chunk, 0, chunkSize);

/**
 * The sequence numbers of a shared chunk. One is odd while numbers that belong together change, and is another one
 * afterwards: so a thread that reads them knows whether they are of one instant.
 */
export const sequencesOf = (chunk: SharedArrayBuffer): Int32Array => new Int32Array(chunk, numberBytes);

/** Where among those of its chunk the sequence number of these numbers is. */
export const sequenceOf = (first: number): number => (first & (chunkSize - 1)) >> sequenceBits;

/** Numbers that were given back together, and up to where each reader must have come before they can be used again. */
interface Batch {
  readonly cells: number[];
  readonly marks: Map<CellReader, number>;
}

/** So many are held together. Why few: a call that needs numbers takes them back. */
const maxBatch = 64;

/**
 * Numbers that were given back, but which a reader in another thread may still take for those of the series that had them.
 * They are used again once every reader has come past that.
 */
export class HeldCells {
  readonly readers = new Set<CellReader>();
  readonly #closed: Batch[] = [];
  #open: number[] = [];
  readonly #release: (first: number, width: number) => void;

  /** @param release takes numbers that nobody reads any more. */
  constructor(release: (first: number, width: number) => void) {
    this.#release = release;
  }

  addReader(reader: CellReader): void {
    this.readers.add(reader);
  }

  /** A reader has gone. With the last one, everything is released. */
  removeReader(reader: CellReader): void {
    this.readers.delete(reader);
    if (this.readers.size > 0) return;
    this.#close();
    for (const batch of this.#closed.splice(0)) this.#releaseAll(batch);
  }

  /** Holds numbers that were given back. */
  hold(first: number, width: number): void {
    this.#open.push(first, width);
    if (this.#open.length >= maxBatch * 2) this.#close();
  }

  /** Releases the numbers that were held first, unless a reader may still read them. */
  releaseSome(): void {
    if (this.#closed.length === 0 && this.#open.length > 0) this.#close();
    const [first] = this.#closed;
    if (first === undefined || this.#isRead(first)) return;
    this.#closed.shift();
    this.#releaseAll(first);
  }

  #close(): void {
    const marks = new Map([...this.readers].map((reader) => [reader, reader.mark()]));
    this.#closed.push({ cells: this.#open, marks });
    this.#open = [];
  }

  #isRead({ marks }: Batch): boolean {
    for (const [reader, mark] of marks) if (this.readers.has(reader) && !reader.hasPassed(mark)) return true;
    return false;
  }

  #releaseAll({ cells }: Batch): void {
    for (let i = 0; i < cells.length; i += 2) this.#release(cells[i] as number, cells[i + 1] as number);
  }
}
