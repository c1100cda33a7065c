import { CellWords } from '../../store/cell-words.js';
import type { CellExemplars, CellFamily, Cells } from '../../store/cells.js';
import type { NativeHistogramView } from '../../store/exposed-family.js';
import { NativeReader } from '../../store/native-pages.js';
import { chunkBits, chunkSize } from '../../store/numbers.js';

/** A process or thread whose series are merged. */
export interface MergedSource {
  /** The value of the label `worker`, where each process has series of its own. */
  readonly worker: number;
}

/** Chooses sources. */
export type IsMerged = (source: MergedSource) => boolean;

/** What is read of a source. */
export interface SourceCells {
  readonly cells: Cells;
  readonly exemplars?: CellExemplars | undefined;
}

/** The series of one source in one table: where its cells are, by the index of the merged series. */
export class Column {
  readonly source: MergedSource;
  readonly cells: Cells;
  readonly exemplars: CellExemplars | undefined;
  /** How many buckets its native histograms may have; `undefined` where the source counts none. */
  readonly maxBuckets: number | undefined;
  /** Whether the source has said since what it has: this is what it had. */
  isFormer = false;
  readonly #createdAt: number | undefined;
  readonly #changedAt: number | undefined;
  readonly #native: NativeReader | undefined;
  /** The first cell of the source's series, and one more, by index; 0 if it has no such series. */
  #firsts = new Int32Array(0);

  constructor(source: MergedSource, { cells, exemplars }: SourceCells, family: CellFamily) {
    this.source = source;
    this.cells = cells;
    this.exemplars = exemplars;
    this.#createdAt = family.createdAt;
    this.#changedAt = family.changedAt;
    this.maxBuckets = family.native?.maxBuckets;
    this.#native = family.native && new NativeReader(new CellWords(cells), family.native);
  }

  /** Whether it may have exemplars now. */
  get hasExemplars(): boolean {
    return this.exemplars?.isEmpty === false;
  }

  /** The indexes of the series that the source has. */
  *indexes(): Generator<number, void> {
    for (let index = 0; index < this.#firsts.length; index++) if (this.#firsts[index] !== 0) yield index;
  }

  /** Where the cells of a series begin; −1 if the source does not have it. */
  firstCellOf(index: number): number {
    return (this.#firsts[index] ?? 0) - 1;
  }

  /** The index of the series whose cells begin here; −1 if there is none. */
  indexOf(first: number): number {
    return this.#firsts.indexOf(first + 1);
  }

  /** @param room how many series the table has: so many places are enough. */
  set(index: number, first: number, room: number): void {
    if (index >= this.#firsts.length) {
      const firsts = new Int32Array(Math.max(index + 1, Math.min(this.#firsts.length * 2, room), 4));
      firsts.set(this.#firsts);
      this.#firsts = firsts;
    }
    this.#firsts[index] = first + 1;
  }

  delete(index: number): void {
    this.#firsts[index] = 0;
  }

  readCell(index: number): number {
    return (this.cells.chunks[index >> chunkBits] as Float64Array)[index & (chunkSize - 1)] as number;
  }

  /** Reads the cells of a series into a row. */
  readRow(first: number, row: Float64Array): void {
    for (let i = 0; i < row.length; i++) row[i] = this.readCell(first + i);
  }

  /** When the series that begins here was created, in seconds since the epoch; 0 where its cells do not say so. */
  createdAt(first: number): number {
    return this.#createdAt === undefined ? 0 : this.readCell(first + this.#createdAt);
  }

  /** When the series that begins here last changed, in seconds since the epoch; 0 where no cell has that time. */
  changedAt(first: number): number {
    return this.#changedAt === undefined ? 0 : this.readCell(first + this.#changedAt);
  }

  /** When a series was created of which these cells have been read. */
  createdAtOf(cells: ArrayLike<number>): number {
    return this.#createdAt === undefined ? 0 : (cells[this.#createdAt] as number);
  }

  /** What a series has in native buckets; lent. `width` is the number of cells of its classic ones and the sum. */
  readNative(first: number, width: number): NativeHistogramView | undefined {
    if (this.#native === undefined) return undefined;
    let count = 0;
    for (let i = 0; i < width - 1; i++) count += this.readCell(first + i);
    return this.#native.read(first, count, this.exemplars?.readSeveral(first + width - 1));
  }
}
