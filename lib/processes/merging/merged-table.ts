import type { CellFamily, CountedSeries } from '../../store/cells.js';
import type { SampleWriter } from '../../store/exposed-family.js';
import { SeriesTrie, uncounted } from '../../store/series-trie.js';
import { ChosenSeries } from './chosen-series.js';
import { Column, type IsMerged, type MergedSource, type SourceCells } from './column.js';
import { layoutOf, type RowLayout } from './row-layout.js';
import { SeparateSeries } from './separate-series.js';
import type { SeriesKind, SeriesMerge } from './series-merge.js';
import { SummedSeries } from './summed-series.js';

/** What the tables of a family have in common. */
export interface TableKind extends SeriesKind {
  /** Takes room for one more series; `false` if there is none. */
  takeRoom(): boolean;
  giveRoomBack(): void;
}

/** Up to how many series are looked for one by one. */
const maxSearches = 8;

/** The series of a family that have labels of these names: of all sources, merged when they are written. */
export class MergedTable {
  readonly labelNames: readonly string[];
  readonly #kind: TableKind;
  readonly #layout: RowLayout;
  readonly #trie: SeriesTrie;
  readonly #merge: SeriesMerge;
  readonly #columns = new Set<Column>();
  /** How many columns there have been. */
  #joined = 0;
  /** How many sources have the series of each index. */
  readonly #holders: number[] = [];
  readonly #freed: number[] = [];
  #walks = 0;

  constructor(labelNames: readonly string[], kind: TableKind) {
    this.labelNames = labelNames;
    this.#kind = kind;
    this.#layout = layoutOf(kind);
    this.#trie = new SeriesTrie(labelNames.length);
    this.#merge = createMerge(kind, labelNames);
  }

  /** Whether no source has series in it, and none is left. */
  get isEmpty(): boolean {
    return this.#columns.size === 0 && this.#trie.size === 0;
  }

  /** Lets a source have series in this table. */
  join(source: MergedSource, cells: SourceCells, family: CellFamily): Column {
    const column = new Column(source, cells, family);
    this.#columns.add(column);
    this.#joined++;
    return column;
  }

  /** Adds a series of a source; returns whether there was room for it. */
  add(column: Column, first: number, values: readonly string[]): boolean {
    // Why one empty value: a trie has at least one label.
    const key = values.length === 0 ? noValues : values;
    const index = this.#trie.lookupAll(key) ?? this.#insert(key);
    if (index === undefined) return false;
    if (column.firstCellOf(index) < 0) this.#holders[index] = (this.#holders[index] as number) + 1;
    column.set(index, first, this.#holders.length);
    return true;
  }

  /** Removes the series of a source that begin at these cells: it does not have them any more. */
  remove(column: Column, firsts: ReadonlySet<number>): void {
    if (firsts.size <= maxSearches) {
      for (const first of firsts) {
        const index = column.indexOf(first);
        if (index >= 0) this.#withdraw(column, index);
      }
      return;
    }
    for (const index of column.indexes()) if (firsts.has(column.firstCellOf(index))) this.#withdraw(column, index);
  }

  /** A series of a source begins again at 0: what it has counted stays, so that the sum does not fall. */
  restart(column: Column, first: number, counted: CountedSeries): void {
    const index = column.indexOf(first);
    if (index >= 0 && this.#onlyGrows && !this.#kind.rule.isLive) this.#merge.keepCounted?.(column, index, counted);
  }

  /** Removes all series of a source, which it does not have any more. */
  clear(column: Column): void {
    for (const index of column.indexes()) this.#withdraw(column, index);
  }

  /** Takes a source out that has ended: what it has counted stays. */
  end(column: Column): void {
    this.#columns.delete(column);
    for (const index of column.indexes()) {
      if (!this.#kind.rule.isLive) this.#merge.keep(column, index);
      this.#release(column, index);
    }
  }

  /**
   * A source has said anew what it has, in columns that are not former ones. Why compared: what it has removed meanwhile, or
   * begun again at 0, must not make the sum fall. Returns whether it has removed something.
   */
  supersede(source: MergedSource): boolean {
    let hasRemoved = false;
    const all = [...this.#columns].filter((column) => column.source === source);
    const former = all.filter(({ isFormer }) => isFormer);
    const present = all.filter(({ isFormer }) => !isFormer);
    for (const column of former) {
      for (const index of column.indexes()) {
        const isRemoved = this.#isRemoved(index, former, present);
        hasRemoved ||= isRemoved;
        this.#leaveFormer(index, former, isRemoved);
      }
    }
    for (const column of former) this.#columns.delete(column);
    return hasRemoved;
  }

  /** Takes a source out whose numbers count only while it is there: nothing stays, but for the series until the next sweep. */
  drop(column: Column): void {
    this.#columns.delete(column);
    for (const index of column.indexes()) this.#release(column, index);
  }

  /**
   * Writes every series.
   *
   * @param isMerged chooses the sources that are merged; what ended ones have left always is. Default: all.
   */
  *write(samples: SampleWriter, isMerged: IsMerged = everySource): Generator<void> {
    const { labelNames } = this;
    const depth = labelNames.length;
    const series = samples === noSamples ? () => undefined : this.#createWriter(samples, isMerged);
    const values: string[] = [];
    const unused: string[][] = [];
    this.#walks++;
    try {
      yield* this.#trie.walk({
        label: (at, value) => {
          values[at] = value;
          if (depth > 0) samples.label(at, labelNames[at] as string, value);
        },
        series: (index) => {
          if (this.#isUsed(index)) series(index);
          else unused.push([...values]);
        },
      }) as Iterable<void>;
    } finally {
      this.#walks--;
      this.#removeUnused(unused);
    }
  }

  /** Removes the series that no source has, and of which nothing is left. */
  sweep(): void {
    for (const _ of this.write(noSamples));
  }

  /**
   * Creates what writes the series of the sources that are there then.
   *
   * Why not of those at first: in the midst of a walk, one may say anew what it has, in columns that were not there before.
   */
  #createWriter(samples: SampleWriter, isMerged: IsMerged): (index: number) => void {
    let joined = -1;
    let write = (_index: number): void => undefined;
    return (index) => {
      if (joined !== this.#joined) {
        joined = this.#joined;
        const columns = [...this.#columns].filter(({ source }) => isMerged(source));
        write = this.#merge.createWriter(samples, columns);
      }
      write(index);
    };
  }

  #insert(values: readonly string[]): number | undefined {
    if (!this.#kind.takeRoom()) return undefined;
    const index = (this.#walks === 0 ? this.#freed.pop() : undefined) ?? this.#holders.length;
    this.#holders[index] = 0;
    this.#trie.insert(values, index);
    return index;
  }

  #isUsed(index: number): boolean {
    return (this.#holders[index] as number) > 0 || this.#merge.hasRemains(index);
  }

  #removeUnused(unused: readonly (readonly string[])[]): void {
    // Why not while another walk goes on: it must see all of what is there, and each series once.
    if (this.#walks > 0) return;
    for (const values of unused) {
      const index = this.#trie.lookupAll(values);
      if (index === undefined || this.#isUsed(index)) continue;
      this.#trie.remove(values, uncounted, false);
      this.#freed.push(index);
      this.#kind.giveRoomBack();
    }
  }

  /** A source has removed a series. What it has counted stays where others have the series, so that the sum does not fall. */
  #withdraw(column: Column, index: number): void {
    const isShared = this.#isHeldByAnother(column, index);
    if (isShared && this.#onlyGrows) this.#merge.keep(column, index);
    this.#release(column, index);
    if (!isShared) this.#merge.reset(index);
  }

  #leaveFormer(index: number, former: readonly Column[], isRemoved: boolean): void {
    for (const column of former) {
      if (column.firstCellOf(index) < 0) continue;
      if (isRemoved) this.#withdraw(column, index);
      else this.#release(column, index);
    }
  }

  /** Whether a source has removed a series between what it had and what it has. */
  #isRemoved(index: number, former: readonly Column[], present: readonly Column[]): boolean {
    if (!present.some((column) => column.firstCellOf(index) >= 0)) return true;
    if (!this.#onlyGrows) return false;
    // Why compared: one that was created again may have counted more since then than before.
    const created = creationOf(former, index);
    if (created > 0 && creationOf(present, index) > created) return true;
    const { firstCount, endOfCounts } = this.#layout;
    const end = this.#kind.type === 'counter' ? 1 : endOfCounts;
    for (let at = firstCount; at < end; at++) {
      if (sumOfCells(present, index, at) < sumOfCells(former, index, at)) return true;
    }
    return false;
  }

  /** Whether another source has this series. Why not another column: a source has a second one of what it counted before. */
  #isHeldByAnother({ source }: Column, index: number): boolean {
    if ((this.#holders[index] as number) < 2) return false;
    for (const other of this.#columns) if (other.source !== source && other.firstCellOf(index) >= 0) return true;
    return false;
  }

  get #onlyGrows(): boolean {
    const { type, rule } = this.#kind;
    return rule.merge === 'sum' && (type === 'counter' || type === 'histogram' || type === 'summary');
  }

  #release(column: Column, index: number): void {
    column.delete(index);
    this.#holders[index] = (this.#holders[index] as number) - 1;
  }
}

function createMerge(kind: SeriesKind, labelNames: readonly string[]): SeriesMerge {
  const { merge } = kind.rule;
  if (merge === 'all') return new SeparateSeries(kind, labelNames);
  return merge === 'sum' ? new SummedSeries(kind, labelNames.length) : new ChosenSeries(kind, labelNames.length);
}

/** What columns have in one cell of a series. Why several: what it had counted before it began at 0 again is in one of its own. */
function sumOfCells(columns: readonly Column[], index: number, at: number): number {
  let sum = 0;
  for (const column of columns) {
    const first = column.firstCellOf(index);
    if (first >= 0) sum += column.readCell(first + at);
  }
  return sum;
}

/** When the first of these columns says that a series was created, in seconds since the epoch; 0 where none says so. */
function creationOf(columns: readonly Column[], index: number): number {
  let earliest = 0;
  for (const column of columns) {
    const first = column.firstCellOf(index);
    const time = first >= 0 ? column.createdAt(first) : 0;
    if (time > 0 && (earliest === 0 || time < earliest)) earliest = time;
  }
  return earliest;
}

const everySource: IsMerged = () => true;

const noValues = [''] as const;

const noSamples: SampleWriter = {
  label: () => undefined,
  value: () => undefined,
  histogram: () => undefined,
  summary: () => undefined,
  sample: () => undefined,
};
