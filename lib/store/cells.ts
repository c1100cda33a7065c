import type { Aggregator } from '../families/family.js';
import type { ExemplarSource } from './exemplar-pool.js';
import type { Exemplar, ExposedFamily, ExposedType, NativeHistogramView, ScrapeLimits } from './exposed-family.js';
import { type NativeLayout, nativeWidth } from './native-pages.js';

/**
 * A family whose series are rows of numbers that lie side by side, called cells: what a reader must know to turn the cells
 * into samples again.
 *
 * The cells of a counter, a gauge or a family of unknown type are its value. Those of a histogram are one count for each upper
 * bound, not cumulative, one for what is above them all, and the sum. Those of a summary are the sum and the count.
 */
export interface CellFamily {
  /** The exposed name, with the recorder's prefix. */
  readonly name: string;
  readonly type: ExposedType;
  readonly help: string;
  readonly unit: string | undefined;
  readonly aggregator: Aggregator;
  readonly labelNames: readonly string[];
  /** The finite upper bounds of a histogram; otherwise none. */
  readonly upperBounds: readonly number[];
  /** Whether OpenMetrics, which has no other place for it, shows in one more sample when each series was created. */
  readonly hasCreatedSamples?: boolean | undefined;
  /** Which cell of a series says, in seconds since the epoch, when it was created; absent if none does. */
  readonly createdAt?: number | undefined;
  /** Which cell of a series says, in seconds since the epoch, when it last changed; absent if none does. */
  readonly changedAt?: number | undefined;
  /** Where the cells of native histograms are, whose pages are cells too; absent if the family has none. */
  readonly native?: NativeLayout | undefined;
}

/** How many cells the samples of a series are made of. */
export function countValueCells({ type, upperBounds }: Pick<CellFamily, 'type' | 'upperBounds'>): number {
  if (type === 'histogram') return upperBounds.length + 2;
  return type === 'summary' ? 2 : 1;
}

/** How many cells a series has, its times included, without the pages of its native histogram. */
export function countCells({ createdAt = -1, changedAt = -1, native, ...kind }: CellFamily): number {
  const nativeEnd = native === undefined ? 0 : native.offset + nativeWidth;
  return Math.max(countValueCells(kind), createdAt + 1, changedAt + 1, nativeEnd);
}

/** What a series has counted until it begins again at 0. Its numbers are lent. */
export interface CountedSeries {
  /** Its cells, as its family says. */
  readonly cells: ArrayLike<number>;
  readonly native: NativeHistogramView | undefined;
  /** Its label values, also later; `undefined` once it is gone. To find them may take as long as to visit its family. */
  findValues(): readonly string[] | undefined;
}

/** Is notified of families and series, and of where their cells are, in the order of the changes. */
export interface CellLog {
  /** Whether it takes families with native histograms. Absent: no, so that they have to be computed for it. */
  readonly takesNative?: boolean;
  /**
   * Whether it takes gauges whose most recent value counts, although their cells have no time of change. Absent: no, so that
   * they have to be computed for it.
   */
  readonly takesUndated?: boolean;
  /** Whether it reads the metrics of the process by itself. Absent: no, so that they have to be computed for it. */
  readonly readsProcess?: boolean;
  /** A family is there. Its id is not used again while it is. */
  opened(id: number, family: CellFamily): void;
  /**
   * The log now has all series that the family had when it was opened. Absent: it gets them at once, however many they are;
   * otherwise it gets many in slices, and the family may be closed and opened again before they are complete.
   */
  completed?(id: number): void;
  /** A family is gone, with all its series. */
  closed(id: number): void;
  /** A series with these label values is there; its cells begin at `first`. The list is lent. */
  created(id: number, first: number, values: readonly string[]): void;
  /** The series whose cells begin at `first` is gone. One that is not known is to be ignored. */
  removed(id: number, first: number): void;
  /**
   * The series whose cells begin at `first` begins again at 0, as a native histogram with too many buckets does. Absent: the
   * log does not need what it has counted before.
   */
  restarted?(id: number, first: number, counted: CountedSeries): void;
  /** All series of a family are gone. */
  cleared(id: number): void;
  /**
   * The source exposes a family of this name after those that were listed before, whether its series are among the cells or
   * have to be computed. Absent: the log does not need the order.
   */
  named?(name: string): void;
  /** This is the exemplar of the number in a cell from now on. Absent: the log needs no exemplars. */
  exemplar?(index: number, exemplar: LoggedExemplar): void;
  /** These are the exemplars of a native histogram from now on, which are known by the cell of its sum. */
  nativeExemplars?(index: number, exemplars: readonly LoggedExemplar[]): void;
  /** The number in a cell has no exemplar any more. */
  exemplarRemoved?(index: number): void;
  /**
   * A computed family has changed although no series has: an observation was lost, for example. Absent: the log does not
   * need to know.
   */
  changed?(): void;
}

/** Which families a log takes. */
export type Taker = Pick<CellLog, 'takesNative' | 'takesUndated' | 'readsProcess'>;

/** An exemplar of the number in a cell. */
export interface LoggedExemplar {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

/** A reader of cells in another thread. */
export interface CellReader {
  /** There is one more chunk of numbers, in shared memory. */
  grown(chunk: SharedArrayBuffer): void;
  /** Where the log of the series stands that the reader follows: whatever was removed until now is in it before this. */
  mark(): number;
  /** Whether the reader has come so far in the log, and reads nothing any more of what was removed before that. */
  hasPassed(mark: number): boolean;
}

/** Where cells are, by their index. */
export interface Cells {
  /**
   * Chunks of 4,096 cells, the last one of fewer where nobody needs them, whose numbers change at any time. A chunk may move,
   * into shared memory or where it grows, so look it up at each reading.
   */
  readonly chunks: readonly Float64Array[];
  /** Every cell that a series has, or has had, is below this index. */
  readonly length: number;
}

/** An example of what a cell has counted. */
export interface CellExemplar {
  /** The cell of the counter or bucket; that of the sum where it belongs to a native histogram. */
  readonly index: number;
  /** Whether the cell has several: those of a native histogram. */
  readonly isOneOfSeveral: boolean;
  readonly source: ExemplarSource;
  readonly value: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
}

/** The examples of what cells have counted. */
export interface CellExemplars {
  readonly isEmpty: boolean;
  /** When the exemplar of a counter or bucket was taken, in milliseconds since the epoch; 0 if there is none. */
  timeOf(index: number): number;
  /** The exemplar of a counter or bucket. */
  readCell(index: number): Exemplar | undefined;
  /** Those of a native histogram in the order of their times, by the index of its sum. */
  readSeveral(index: number): readonly Exemplar[];
}

/** The examples of what the cells of a source have counted, which can be published. */
export interface SourceExemplars extends CellExemplars {
  /** Visits every exemplar that came at this time or later, in milliseconds since the epoch; the oldest of a cell first. */
  visitSince(time: number, visit: (exemplar: CellExemplar) => void): void;
}

/** Series as cells: a store, or a copy of one. What merges, sends or shows series in another thread or process reads this. */
export interface CellSource {
  readonly cells: Cells;
  /** Examples of what the cells have counted; absent if there are none. */
  readonly exemplars?: SourceExemplars | undefined;
  /**
   * Replays all families and series to the log, and then each change, until the returned function is called. A source without
   * a log writes nothing.
   */
  subscribe(log: CellLog): () => void;
}

/** A store whose series can be read as cells. Families that are computed at each scrape are read separately. */
export interface CellStore extends CellSource {
  /** Makes the cells current before they are read: removes the series that have expired. */
  prepareReading(): Promise<void>;
  /** Whether it exposes the metrics of the process too, where those can be read. */
  readonly hasProcessMetrics: boolean;
  /** Counts all exemplars as read, so that each number may take another one: a reading of the store itself does so. */
  markExemplarsRead(): void;
  /** Lets a reader in another thread read the cells, until the returned function is called. */
  shareCells(reader: CellReader): () => void;
  /**
   * The families that are not among the cells: computed gauges, metrics of other libraries, and the store's about itself.
   *
   * @param taker the log that has the other families, or what it takes. Default: one that takes neither native histograms
   *   nor undated gauges.
   */
  computedFamilies(limits?: ScrapeLimits, taker?: Taker): Promise<readonly ExposedFamily[]>;
  /**
   * Whether nothing but the store's metrics about itself is computed. Then `computedFamilies` gives the same families
   * again, and `prepareReading` has nothing to do, until the next notification of this log.
   */
  isSettled(log: CellLog): boolean;
}
