import { type CellFamily, type Cells, countValueCells } from '../../store/cells.js';
import type { HistogramView, SampleWriter } from '../../store/exposed-family.js';
import { chunkBits, chunkSize } from '../../store/numbers.js';
import { type LabelCounts, SeriesTrie } from '../../store/series-trie.js';
import { type DatedNumber, type MergeRule, mergeInto } from './merges.js';

/** A process or thread whose series are merged. */
export interface MergedSource {
  /** The value of the label `worker`, where each process has series of its own. */
  readonly worker: number;
}

/** The series of one source in one table: where its cells are, by the index of the merged series. */
export interface Column {
  readonly source: MergedSource;
  readonly cells: Cells;
  readonly createdAt: number | undefined;
  readonly changedAt: number | undefined;
  /** The first cell of the source's series, and one more, by index; 0 if it has no such series. */
  firsts: Int32Array;
}

/** What the tables of a family have in common. */
export interface TableKind {
  readonly type: CellFamily['type'];
  readonly upperBounds: readonly number[];
  readonly rule: MergeRule;
  /** Takes room for one more series; `false` if there is none. */
  takeRoom(): boolean;
  giveRoomBack(): void;
}

/** Up to how many series are looked for one by one. */
const maxSearches = 8;

/** Label values are not counted here: sources have their own limits, and the number of series is limited. */
const uncounted: LabelCounts = { release: () => undefined, originOf: (_depth, value) => value };

/** What those leave that have ended, or have removed a series that others have: one row of numbers for each series. */
class Remains {
  readonly #width: number;
  #rows = new Float64Array(0);
  #isThere = new Uint8Array(0);

  constructor(width: number) {
    this.#width = width;
  }

  has(index: number): boolean {
    return this.#isThere[index] === 1;
  }

  get(index: number, at: number): number {
    return this.#rows[index * this.#width + at] as number;
  }

  set(index: number, at: number, number: number): void {
    this.#rows[index * this.#width + at] = number;
  }

  add(index: number): void {
    if (index >= this.#isThere.length) {
      const capacity = Math.max(index + 1, this.#isThere.length * 2, 16);
      const isThere = new Uint8Array(capacity);
      const rows = new Float64Array(capacity * this.#width);
      isThere.set(this.#isThere);
      rows.set(this.#rows);
      this.#isThere = isThere;
      this.#rows = rows;
    }
    this.#isThere[index] = 1;
  }

  reset(index: number): void {
    if (!this.has(index)) return;
    this.#isThere[index] = 0;
    this.#rows.fill(0, index * this.#width, (index + 1) * this.#width);
  }
}

/** The series of a family that have labels of these names: of all sources, merged when they are written. */
export class MergedTable {
  readonly labelNames: readonly string[];
  readonly #kind: TableKind;
  readonly #trie: SeriesTrie;
  readonly #columns = new Set<Column>();
  /** How many sources have the series of each index. */
  readonly #holders: number[] = [];
  readonly #freed: number[] = [];
  /** How many cells the samples of a series are made of. The remains have one more: a time. */
  readonly #width: number;
  readonly #remains: Remains;
  /** What the ended processes had, by the index of the series and the process, where each has series of its own. */
  readonly #remainsOfEach = new Map<number, Map<number, Float64Array>>();
  #walks = 0;

  constructor(labelNames: readonly string[], kind: TableKind) {
    this.labelNames = labelNames;
    this.#kind = kind;
    this.#trie = new SeriesTrie(labelNames.length);
    this.#width = countValueCells(kind);
    this.#remains = new Remains(this.#width + 1);
  }

  /** Whether no source has series in it, and none is left. */
  get isEmpty(): boolean {
    return this.#columns.size === 0 && this.#trie.size === 0;
  }

  /** Lets a source have series in this table. */
  join(source: MergedSource, cells: Cells, { createdAt, changedAt }: CellFamily): Column {
    const column = { source, cells, createdAt, changedAt, firsts: new Int32Array(0) };
    this.#columns.add(column);
    return column;
  }

  /** Adds a series of a source; returns whether there was room for it. */
  add(column: Column, first: number, values: readonly string[]): boolean {
    // Why one empty value: a trie has at least one label.
    const key = values.length === 0 ? noValues : values;
    const index = this.#trie.lookupAll(key) ?? this.#insert(key);
    if (index === undefined) return false;
    if (index >= column.firsts.length) {
      const firsts = new Int32Array(Math.max(index + 1, Math.min(column.firsts.length * 2, this.#holders.length), 4));
      firsts.set(column.firsts);
      column.firsts = firsts;
    }
    if (column.firsts[index] === 0) this.#holders[index] = (this.#holders[index] as number) + 1;
    column.firsts[index] = first + 1;
    return true;
  }

  /** Removes the series of a source that begin at these cells: it does not have them any more. */
  remove(column: Column, firsts: ReadonlySet<number>): void {
    if (firsts.size <= maxSearches) {
      for (const first of firsts) {
        const index = column.firsts.indexOf(first + 1);
        if (index >= 0) this.#withdraw(column, index);
      }
      return;
    }
    for (let index = 0; index < column.firsts.length; index++) {
      const first = column.firsts[index] as number;
      if (first !== 0 && firsts.has(first - 1)) this.#withdraw(column, index);
    }
  }

  /** Removes all series of a source, which it does not have any more. */
  clear(column: Column): void {
    for (let index = 0; index < column.firsts.length; index++) {
      if (column.firsts[index] !== 0) this.#withdraw(column, index);
    }
  }

  /** Takes a source out that has ended: what it has counted stays. */
  end(column: Column): void {
    this.#columns.delete(column);
    for (let index = 0; index < column.firsts.length; index++) {
      if (column.firsts[index] === 0) continue;
      if (!this.#kind.rule.isLive) this.#keepCounts(column, index);
      this.#release(column, index);
    }
  }

  /** Takes a source out that will say anew what it has: nothing stays, but for the series until the next sweep. */
  drop(column: Column): void {
    this.#columns.delete(column);
    for (let index = 0; index < column.firsts.length; index++) {
      if (column.firsts[index] !== 0) this.#release(column, index);
    }
  }

  /**
   * Writes every series.
   *
   * @param isMerged chooses the sources that are merged; what ended ones have left always is. Default: all.
   */
  *write(samples: SampleWriter, isMerged: IsMerged = everySource): Generator<void> {
    const { labelNames } = this;
    const depth = labelNames.length;
    const series = this.#writerOf(
      samples,
      [...this.#columns].filter(({ source }) => isMerged(source)),
    );
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

  #insert(values: readonly string[]): number | undefined {
    if (!this.#kind.takeRoom()) return undefined;
    const index = (this.#walks === 0 ? this.#freed.pop() : undefined) ?? this.#holders.length;
    this.#holders[index] = 0;
    this.#trie.insert(values, index);
    return index;
  }

  #isUsed(index: number): boolean {
    return (this.#holders[index] as number) > 0 || this.#remains.has(index) || this.#remainsOfEach.has(index);
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
    const isShared = (this.#holders[index] as number) > 1;
    if (isShared && this.#onlyGrows) this.#keepCounts(column, index);
    this.#release(column, index);
    if (isShared) return;
    this.#remains.reset(index);
    this.#remainsOfEach.delete(index);
  }

  get #onlyGrows(): boolean {
    const { type, rule } = this.#kind;
    return rule.merge === 'sum' && (type === 'counter' || type === 'histogram' || type === 'summary');
  }

  #release(column: Column, index: number): void {
    column.firsts[index] = 0;
    this.#holders[index] = (this.#holders[index] as number) - 1;
  }

  /** Adds what a source has of a series to what ended ones have left. */
  #keepCounts(column: Column, index: number): void {
    const { merge } = this.#kind.rule;
    const first = (column.firsts[index] as number) - 1;
    if (merge === 'all') {
      const ofEach = this.#remainsOfEach.get(index) ?? new Map<number, Float64Array>();
      this.#remainsOfEach.set(index, ofEach);
      ofEach.set(column.source.worker, readRow(column.cells, first, this.#width));
      return;
    }
    const isFirst = !this.#remains.has(index);
    this.#remains.add(index);
    if (merge === 'sum') {
      for (let i = 0; i < this.#width; i++) {
        this.#remains.set(index, i, this.#remains.get(index, i) + readCell(column.cells, first + i));
      }
      const createdAt = timeOf(column, column.createdAt, first);
      const before = this.#remains.get(index, this.#width);
      if (createdAt > 0 && (before === 0 || createdAt < before)) this.#remains.set(index, this.#width, createdAt);
      return;
    }
    const number = readCell(column.cells, first);
    const changedAt = timeOf(column, column.changedAt, first);
    const merged: DatedNumber = isFirst
      ? { number, changedAt }
      : { number: this.#remains.get(index, 0), changedAt: this.#remains.get(index, 1) };
    if (!isFirst) mergeInto[merge](merged, number, changedAt);
    this.#remains.set(index, 0, merged.number);
    this.#remains.set(index, 1, merged.changedAt);
  }

  #writerOf(samples: SampleWriter, columns: readonly Column[]): (index: number) => void {
    if (samples === noSamples) return () => undefined;
    const { type, upperBounds, rule } = this.#kind;
    const write = new RowWriter(samples, type, upperBounds);
    if (rule.merge === 'all') return (index) => this.#writeEach(samples, write, columns, index);
    if (rule.merge === 'sum') return (index) => this.#writeSum(write, columns, index);
    return (index) => this.#writeChosen(samples, columns, index);
  }

  #writeSum(write: RowWriter, columns: readonly Column[], index: number): void {
    const { row } = write;
    const width = this.#width;
    let createdAt = 0;
    if (this.#remains.has(index)) {
      for (let i = 0; i < width; i++) row[i] = this.#remains.get(index, i);
      createdAt = this.#remains.get(index, width);
    } else row.fill(0);
    for (const column of columns) {
      const first = (column.firsts[index] ?? 0) - 1;
      if (first < 0) continue;
      const { chunks } = column.cells;
      for (let i = 0; i < width; i++) {
        const at = first + i;
        row[i] = (row[i] as number) + ((chunks[at >> chunkBits] as Float64Array)[at & (chunkSize - 1)] as number);
      }
      const time = timeOf(column, column.createdAt, first);
      if (time > 0 && (createdAt === 0 || time < createdAt)) createdAt = time;
    }
    write.write(this.labelNames.length, createdAt === 0 ? undefined : createdAt);
  }

  #writeChosen(samples: SampleWriter, columns: readonly Column[], index: number): void {
    const merge = mergeInto[this.#kind.rule.merge];
    let merged: DatedNumber | undefined;
    if (this.#remains.has(index)) {
      merged = { number: this.#remains.get(index, 0), changedAt: this.#remains.get(index, 1) };
    }
    for (const column of columns) {
      const first = (column.firsts[index] ?? 0) - 1;
      if (first < 0) continue;
      const number = readCell(column.cells, first);
      const changedAt = timeOf(column, column.changedAt, first);
      if (merged === undefined) merged = { number, changedAt };
      else merge(merged, number, changedAt);
    }
    if (merged !== undefined) samples.value(this.labelNames.length, merged.number);
  }

  #writeEach(samples: SampleWriter, write: RowWriter, columns: readonly Column[], index: number): void {
    const depth = this.labelNames.length;
    const label = this.labelNames.includes('worker') ? 'aggregated_worker' : 'worker';
    const ended = this.#remainsOfEach.get(index);
    const living = new Set<number>();
    for (const column of columns) {
      const first = (column.firsts[index] ?? 0) - 1;
      if (first < 0) continue;
      living.add(column.source.worker);
      for (let i = 0; i < this.#width; i++) write.row[i] = readCell(column.cells, first + i);
      const createdAt = timeOf(column, column.createdAt, first);
      samples.label(depth, label, String(column.source.worker));
      write.write(depth + 1, createdAt === 0 ? undefined : createdAt);
    }
    for (const [worker, row] of ended ?? []) {
      if (living.has(worker)) continue;
      write.row.set(row);
      samples.label(depth, label, String(worker));
      write.write(depth + 1, undefined);
    }
  }
}

/** Chooses sources. */
export type IsMerged = (source: MergedSource) => boolean;

const everySource: IsMerged = () => true;

const noValues = [''] as const;

const noSamples: SampleWriter = {
  label: () => undefined,
  value: () => undefined,
  histogram: () => undefined,
  summary: () => undefined,
  sample: () => undefined,
};

function readCell({ chunks }: Cells, index: number): number {
  return (chunks[index >> chunkBits] as Float64Array)[index & (chunkSize - 1)] as number;
}

function readRow(cells: Cells, first: number, width: number): Float64Array {
  return Float64Array.from({ length: width }, (_, i) => readCell(cells, first + i));
}

const timeOf = ({ cells }: Column, offset: number | undefined, first: number): number =>
  offset === undefined ? 0 : readCell(cells, first + offset);

/** Writes a row of merged cells as the sample of its type. */
class RowWriter {
  readonly row: Float64Array;
  readonly #samples: SampleWriter;
  readonly #type: CellFamily['type'];
  readonly #view: { -readonly [K in keyof HistogramView]: HistogramView[K] } & { cumulativeCounts: Float64Array };

  constructor(samples: SampleWriter, type: CellFamily['type'], upperBounds: readonly number[]) {
    this.#samples = samples;
    this.#type = type;
    this.row = new Float64Array(countValueCells({ type, upperBounds }));
    this.#view = {
      upperBounds: [...upperBounds, Infinity],
      cumulativeCounts: new Float64Array(upperBounds.length + 1),
      sum: 0,
      count: 0,
      createdAt: undefined,
      exemplars: undefined,
      native: undefined,
    };
  }

  write(depth: number, createdAt: number | undefined): void {
    const { row } = this;
    if (this.#type === 'summary') {
      this.#samples.summary(depth, { quantiles: [], values: [], sum: row[0] as number, count: row[1] as number });
      return;
    }
    if (this.#type !== 'histogram') {
      this.#samples.value(depth, row[0] as number, createdAt);
      return;
    }
    const view = this.#view;
    const counts = view.cumulativeCounts;
    let count = 0;
    for (let i = 0; i < counts.length; i++) {
      count += row[i] as number;
      counts[i] = count;
    }
    view.count = count;
    view.sum = row[counts.length] as number;
    view.createdAt = createdAt;
    this.#samples.histogram(depth, view);
  }
}
