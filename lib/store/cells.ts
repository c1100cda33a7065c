import type { Aggregator } from '../families/family.js';
import type { ExposedFamily, ExposedType, ScrapeLimits } from './exposed-family.js';

/**
 * A family whose series are rows of numbers, so called cells, that lie side by side: what a reader must know of it to make
 * samples of the cells again.
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
  /** Whether a format that has no other place for it shows by a sample more when each series was created. */
  readonly hasCreatedSamples?: boolean | undefined;
  /** Which cell of a series says, in seconds since the epoch, when it was created; absent if none does. */
  readonly createdAt?: number | undefined;
  /** Which cell of a series says, in seconds since the epoch, when it last changed; absent if none does. */
  readonly changedAt?: number | undefined;
}

/** How many cells the samples of a series are made of. */
export function countValueCells({ type, upperBounds }: Pick<CellFamily, 'type' | 'upperBounds'>): number {
  if (type === 'histogram') return upperBounds.length + 2;
  return type === 'summary' ? 2 : 1;
}

/** How many cells a series has, its times included. */
export function countCells({ createdAt = -1, changedAt = -1, ...kind }: CellFamily): number {
  return Math.max(countValueCells(kind), createdAt + 1, changedAt + 1);
}

/** Is told which families and series are there, and where their cells are, in the order in which that changes. */
export interface CellLog {
  /** A family is there. Its id is not used again while it is. */
  opened(id: number, family: CellFamily): void;
  /** A family is gone, with all its series. */
  closed(id: number): void;
  /** A series with these label values is there; its cells begin at `first`. The list is lent. */
  created(id: number, first: number, values: readonly string[]): void;
  /** The series whose cells begin at `first` is gone. One that is not known is to be ignored. */
  removed(id: number, first: number): void;
  /** All series of a family are gone. */
  cleared(id: number): void;
}

/** Where cells are, by their index. */
export interface Cells {
  /** Chunks of 4,096 cells. A chunk never moves; its numbers change at any time. */
  readonly chunks: readonly Float64Array[];
  /** Every cell that a series has, or has had, is below this index. */
  readonly length: number;
}

/** Series as cells: a store, or a copy of one. Whatever merges, sends or shows series in another place reads this. */
export interface CellSource {
  readonly cells: Cells;
  /**
   * Tells the log everything that is there, and from then on what changes, until the returned function is called. Nothing is
   * written for a source that nobody follows.
   */
  subscribe(log: CellLog): () => void;
}

/** A store that can be read as cells, but for what is computed when it is asked for. */
export interface CellStore extends CellSource {
  /** Ends what is due before a reading: expired series are gone afterwards. */
  prepareReading(): Promise<void>;
  /** The families that are not among the cells: computed gauges, metrics from elsewhere, and the store's about itself. */
  computedFamilies(limits?: ScrapeLimits): Promise<readonly ExposedFamily[]>;
}

/** Whether what can be scraped can be read as cells too. */
export const isCellStore = (given: object): given is CellStore =>
  typeof (given as Partial<CellStore>).subscribe === 'function' &&
  typeof (given as Partial<CellStore>).computedFamilies === 'function';
