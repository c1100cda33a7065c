import type { CellFamily, CountedSeries } from '../../store/cells.js';
import type { SampleWriter } from '../../store/exposed-family.js';
import type { Column } from './column.js';
import type { MergeRule } from './merges.js';

/** What the series of all tables of a family are, and how they are merged. */
export interface SeriesKind extends Pick<CellFamily, 'type' | 'upperBounds'> {
  readonly rule: MergeRule;
}

/** Makes one series of those of several sources, which are known by the same index, and keeps what ended ones have left. */
export interface SeriesMerge {
  /** Whether something is left of a series. */
  hasRemains(index: number): boolean;
  /** A source will not have a series any more: adds what it has to what is left. */
  keep(column: Column, index: number): void;
  /** A source begins a series again at 0: adds what it had counted to what is left. Absent: nothing is added up. */
  keepCounted?(column: Column, index: number, counted: CountedSeries): void;
  /** Nothing is left of a series any more. */
  reset(index: number): void;
  /** What writes a series of these sources, and what is left of it. */
  createWriter(samples: SampleWriter, columns: readonly Column[]): (index: number) => void;
}
