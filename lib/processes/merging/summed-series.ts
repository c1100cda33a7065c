import type { CountedSeries } from '../../store/cells.js';
import type { Exemplar, NativeHistogramView, SampleWriter } from '../../store/exposed-family.js';
import { NativeSum } from '../../store/merge-native.js';
import { chunkBits, chunkSize } from '../../store/numbers.js';
import type { Column } from './column.js';
import { ExactSum } from './exact-sum.js';
import { NewestExemplars } from './merged-exemplars.js';
import { layoutOf, type RowLayout } from './row-layout.js';
import { RowWriter } from './row-writer.js';
import type { SeriesKind, SeriesMerge } from './series-merge.js';
import { SummedRemains } from './summed-remains.js';

/** Adds up what all sources have. Of exemplars the newest counts, of creations the earliest. */
export class SummedSeries implements SeriesMerge {
  readonly #kind: SeriesKind;
  readonly #depth: number;
  readonly #layout: RowLayout;
  readonly #remains: SummedRemains;

  /** @param depth how many labels a series has. */
  constructor(kind: SeriesKind, depth: number) {
    this.#kind = kind;
    this.#depth = depth;
    this.#layout = layoutOf(kind);
    this.#remains = new SummedRemains(this.#layout);
  }

  hasRemains(index: number): boolean {
    return this.#remains.has(index);
  }

  keep(column: Column, index: number): void {
    this.#remains.keep(column, index);
  }

  keepCounted(column: Column, index: number, counted: CountedSeries): void {
    this.#remains.keepCounted(column, index, counted);
  }

  reset(index: number): void {
    this.#remains.reset(index);
  }

  createWriter(samples: SampleWriter, columns: readonly Column[]): (index: number) => void {
    const { type, upperBounds } = this.#kind;
    const writer = new RowWriter(samples, type, upperBounds);
    const sums = new Sums(this.#layout, this.#remains, columns);
    return (index) => {
      const createdAt = sums.add(index, writer.row);
      // Why compared: where one of several processes counts no native buckets, they would not add up to the count.
      const added = sums.addNative(index);
      const native = added !== undefined && countNative(added) === countRow(writer.row) ? added : undefined;
      const exemplars = sums.findExemplars(index);
      writer.write(this.#depth, createdAt === 0 ? undefined : createdAt, { native, exemplars });
    };
  }
}

/** The sums of these sources and of what ended ones have left. */
class Sums {
  readonly #layout: RowLayout;
  readonly #remains: SummedRemains;
  readonly #columns: readonly Column[];
  // Why apart: most series have nothing but cells, and there are many.
  readonly #withNative: readonly Column[];
  readonly #withExemplars: readonly Column[];
  readonly #exact = new ExactSum();
  #native: NativeSum | undefined;
  #newest: NewestExemplars | undefined;

  constructor(layout: RowLayout, remains: SummedRemains, columns: readonly Column[]) {
    this.#layout = layout;
    this.#remains = remains;
    this.#columns = columns;
    this.#withNative = columns.filter(({ maxBuckets }) => maxBuckets !== undefined);
    this.#withExemplars = columns.filter(({ hasExemplars }) => hasExemplars);
  }

  /** Writes the sum of each cell into a row. Returns when the series was created; 0 where nobody says so. */
  add(index: number, row: Float64Array): number {
    const { sumCell, firstCount, endOfCounts } = this.#layout;
    const exact = this.#exact;
    let createdAt = this.#remains.begin(index, row, exact);
    for (const column of this.#columns) {
      const first = column.firstCellOf(index);
      if (first < 0) continue;
      const { chunks } = column.cells;
      for (let i = firstCount; i < endOfCounts; i++) {
        const at = first + i;
        row[i] = (row[i] as number) + ((chunks[at >> chunkBits] as Float64Array)[at & (chunkSize - 1)] as number);
      }
      exact.add(column.readCell(first + sumCell));
      const time = column.createdAt(first);
      if (time > 0 && (createdAt === 0 || time < createdAt)) createdAt = time;
    }
    row[sumCell] = exact.total;
    return createdAt;
  }

  /** The sum of the native histograms, of the sources that have any. It is filled again by the next call. */
  addNative(index: number): NativeHistogramView | undefined {
    if (this.#withNative.length === 0 && this.#remains.hasNoNative) return undefined;
    this.#native ??= new NativeSum(
      Math.max(...this.#withNative.map(({ maxBuckets = 0 }) => maxBuckets), 0) || Infinity,
    );
    const sum = this.#native;
    sum.clear();
    let isEmpty = true;
    const add = (native: NativeHistogramView | undefined): void => {
      if (native === undefined) return;
      sum.add(native);
      isEmpty = false;
    };
    add(this.#remains.readNative(index));
    for (const column of this.#withNative) {
      const first = column.firstCellOf(index);
      if (first >= 0) add(column.readNative(first, this.#layout.width));
    }
    return isEmpty ? undefined : sum.view;
  }

  /** The newest exemplar of each cell; `undefined` where there is none at all. */
  findExemplars(index: number): (Exemplar | undefined)[] | undefined {
    const left = this.#remains.exemplars;
    if (this.#withExemplars.length === 0 && left.pooled.isEmpty) return undefined;
    this.#newest ??= new NewestExemplars(this.#layout);
    return this.#newest.find(this.#withExemplars, index, this.#remains.has(index) ? left : undefined);
  }
}

/** How many observations the row of a histogram has, whose last cell is the sum. */
const countRow = (row: Float64Array): number => row.subarray(0, -1).reduce((count, one) => count + one, 0);

function countNative({ zeroCount, positive, negative }: NativeHistogramView): number {
  let count = zeroCount;
  for (const { size, counts } of [positive, negative]) for (let i = 0; i < size; i++) count += counts[i] as number;
  return count;
}
