import type { CountedSeries } from '../../store/cells.js';
import type { SampleWriter } from '../../store/exposed-family.js';
import { copyNative } from '../../store/merge-native.js';
import type { Column } from './column.js';
import { NewestExemplars } from './merged-exemplars.js';
import { layoutOf, type RowLayout } from './row-layout.js';
import { RowWriter } from './row-writer.js';
import type { SeriesKind, SeriesMerge } from './series-merge.js';

/** What a process leaves of a series that is its own. */
interface LeftSeries extends Pick<CountedSeries, 'cells' | 'native'> {
  readonly createdAt: number | undefined;
}

/** Merges nothing: each source has a series of its own, with one label more. */
export class SeparateSeries implements SeriesMerge {
  readonly #kind: SeriesKind;
  readonly #depth: number;
  readonly #label: string;
  readonly #layout: RowLayout;
  /** What ended sources had, by the index of the series and the number of the source. */
  readonly #remains = new Map<number, Map<number, LeftSeries>>();

  constructor(kind: SeriesKind, labelNames: readonly string[]) {
    this.#kind = kind;
    this.#depth = labelNames.length;
    this.#label = labelNames.includes('worker') ? 'aggregated_worker' : 'worker';
    this.#layout = layoutOf(kind);
  }

  hasRemains(index: number): boolean {
    return this.#remains.has(index);
  }

  keep(column: Column, index: number): void {
    const { width } = this.#layout;
    const first = column.firstCellOf(index);
    const cells = new Float64Array(width);
    column.readRow(first, cells);
    const native = column.readNative(first, width);
    const ofEach = this.#remains.get(index) ?? new Map<number, LeftSeries>();
    this.#remains.set(index, ofEach);
    const createdAt = column.createdAt(first) || undefined;
    ofEach.set(column.source.worker, { cells, native: native && copyNative(native), createdAt });
  }

  reset(index: number): void {
    this.#remains.delete(index);
  }

  createWriter(samples: SampleWriter, columns: readonly Column[]): (index: number) => void {
    const { type, upperBounds } = this.#kind;
    const writer = new RowWriter(samples, type, upperBounds);
    const newest = new NewestExemplars(this.#layout);
    const label = (worker: number): void => samples.label(this.#depth, this.#label, String(worker));
    return (index) => {
      const living = new Set<number>();
      for (const column of columns) {
        const first = column.firstCellOf(index);
        if (first < 0) continue;
        living.add(column.source.worker);
        label(column.source.worker);
        column.readRow(first, writer.row);
        const native = column.readNative(first, this.#layout.width);
        const exemplars = newest.find([column], index);
        writer.write(this.#depth + 1, column.createdAt(first) || undefined, { native, exemplars });
      }
      for (const [worker, { cells, native, createdAt }] of this.#remains.get(index) ?? []) {
        if (living.has(worker)) continue;
        label(worker);
        writer.row.set(cells);
        writer.write(this.#depth + 1, createdAt, { native });
      }
    };
  }
}
