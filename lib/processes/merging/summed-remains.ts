import type { CountedSeries } from '../../store/cells.js';
import type { NativeHistogramView } from '../../store/exposed-family.js';
import { copyNative, mergeNative } from '../../store/merge-native.js';
import type { Column } from './column.js';
import { ExactSum } from './exact-sum.js';
import { LeftExemplars } from './merged-exemplars.js';
import { NumberRows } from './number-rows.js';
import type { RowLayout } from './row-layout.js';

/** What ended sources have left of series that are added up. */
export class SummedRemains {
  readonly exemplars: LeftExemplars;
  readonly #layout: RowLayout;
  /** A row has the cells, when the series was created, and what rounding has taken away from the sum. */
  readonly #rows: NumberRows;
  readonly #native = new Map<number, NativeHistogramView>();
  readonly #exact = new ExactSum();
  readonly #read: Float64Array;

  constructor(layout: RowLayout) {
    this.#layout = layout;
    this.#rows = new NumberRows(layout.width + 2);
    this.#read = new Float64Array(layout.width);
    this.exemplars = new LeftExemplars(layout);
  }

  /** Whether something is left of a series. */
  has(index: number): boolean {
    return this.#rows.has(index);
  }

  /** Whether no series has anything left in native buckets. */
  get hasNoNative(): boolean {
    return this.#native.size === 0;
  }

  /** Adds what a source has of a series. */
  keep(column: Column, index: number): void {
    const first = column.firstCellOf(index);
    column.readRow(first, this.#read);
    this.#add(index, this.#read, column.createdAt(first));
    this.#addNative(index, column.readNative(first, this.#layout.width), column.maxBuckets);
    this.exemplars.keep(column, first, index);
  }

  /** Adds what a source had counted of a series before it began at 0 again. */
  keepCounted(column: Column, index: number, { cells, native }: CountedSeries): void {
    this.#add(index, cells, column.createdAtOf(cells));
    this.#addNative(index, native, column.maxBuckets);
  }

  /** Writes the cells of a series into a row; begins its exact sum. Returns when it was created; 0 where nobody says so. */
  begin(index: number, row: Float64Array, exact: ExactSum): number {
    if (!this.has(index)) {
      row.fill(0);
      exact.begin(0, 0);
      return 0;
    }
    const { width, sumCell } = this.#layout;
    for (let i = 0; i < width; i++) row[i] = this.#rows.get(index, i);
    exact.begin(row[sumCell] as number, this.#rows.get(index, width + 1));
    return this.#rows.get(index, width);
  }

  /** What is left of the native histogram of a series. */
  readNative(index: number): NativeHistogramView | undefined {
    const left = this.#native.get(index);
    return left && { ...left, exemplars: this.exemplars.ofNative(index) };
  }

  reset(index: number): void {
    this.#rows.delete(index);
    this.#native.delete(index);
    this.exemplars.reset(index);
  }

  #add(index: number, cells: ArrayLike<number>, createdAt: number): void {
    const rows = this.#rows;
    const { width, sumCell } = this.#layout;
    rows.add(index);
    const exact = this.#exact;
    exact.begin(rows.get(index, sumCell), rows.get(index, width + 1));
    exact.add(cells[sumCell] as number);
    for (let i = 0; i < width; i++) rows.set(index, i, rows.get(index, i) + (cells[i] as number));
    rows.set(index, sumCell, exact.rounded);
    rows.set(index, width + 1, exact.lost);
    const before = rows.get(index, width);
    if (createdAt > 0 && (before === 0 || createdAt < before)) rows.set(index, width, createdAt);
  }

  #addNative(index: number, native: NativeHistogramView | undefined, maxBuckets: number | undefined): void {
    if (native === undefined) return;
    const before = this.#native.get(index);
    this.#native.set(index, before === undefined ? copyNative(native) : mergeNative(before, native, maxBuckets));
  }
}
