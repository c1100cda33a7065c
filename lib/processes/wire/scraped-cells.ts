import { runInSlices } from '../../async/slices.js';
import type { Aggregator } from '../../families/family.js';
import { maxBucketsAtMost, narrowestSchema } from '../../families/native-histogram.js';
import {
  type CellExemplar,
  type CellFamily,
  type CellLog,
  type CellSource,
  type CountedSeries,
  countCells,
  countValueCells,
} from '../../store/cells.js';
import type {
  Exemplar,
  ExposedFamily,
  HistogramView,
  NativeHistogramView,
  SampleWriter,
  SummaryView,
} from '../../store/exposed-family.js';
import { NativeHistograms } from '../../store/native-histograms.js';
import { nativeWidth } from '../../store/native-pages.js';
import { NumberStore } from '../../store/numbers.js';
import { ScrapedExemplars } from '../../store/pooled-exemplars.js';

/** The numbers of one series. */
export interface ScrapedSeries {
  /** What its samples are made of, as the cells of its family are. */
  readonly numbers: readonly number[];
  readonly createdAt?: number | undefined;
  readonly native?: NativeHistogramView | undefined;
  /** By the numbers; those without a time are left out. */
  readonly exemplars?: readonly (Exemplar | undefined)[] | undefined;
}

/**
 * Families that are exposed, as cells: for what is computed at each scrape, and for what can be scraped and is no store of
 * ours. Each update replaces what was there.
 *
 * Series of a family with different label names are families of their own here. Quantiles, and single samples that are part
 * of no whole histogram or summary, have no cells: nothing could merge them.
 */
export class ScrapedCells implements CellSource {
  readonly cells = new NumberStore();
  readonly exemplars = new ScrapedExemplars();
  readonly #logs = new Set<CellLog>();
  readonly #families = new Map<string, ScrapedFamily>();
  #lastId = 0;
  #update = 0;

  subscribe(log: CellLog): () => void {
    this.#logs.add(log);
    for (const family of this.#families.values()) {
      log.opened(family.id, family.cells);
      for (const { first, values } of family.rows.values()) log.created(family.id, first, values);
    }
    return () => void this.#logs.delete(log);
  }

  /** Replaces what is there by these families. Not to be called before an earlier call has settled. */
  async update(families: readonly ExposedFamily[]): Promise<void> {
    await runInSlices(this.#steps(families));
  }

  /** The same, however long it takes: for a process that ends. */
  updateNow(families: readonly ExposedFamily[]): void {
    for (const _ of this.#steps(families));
  }

  *#steps(families: readonly ExposedFamily[]): Generator<void> {
    this.#update++;
    for (const family of families) yield* family.write(new CellsOfSamples(family, this));
    for (const [key, family] of this.#families) this.#removeOld(key, family);
  }

  /** Sets the numbers of a series, which is created if it is new. */
  set(family: CellFamily, values: readonly string[], series: ScrapedSeries): void {
    const { numbers, createdAt, native } = series;
    const scraped = this.#open(family);
    const row = this.#rowOf(scraped, values);
    if (this.#hasFallen(scraped, row, numbers)) this.#logRestart(scraped, row);
    row.update = this.#update;
    scraped.update = this.#update;
    let isChanged = false;
    for (const [i, number] of numbers.entries()) {
      isChanged ||= !Object.is(this.cells.get(row.first + i), number);
      this.cells.set(row.first + i, number);
    }
    this.#takeExemplars(row.first, series);
    if (native !== undefined && isChanged) scraped.native?.replace(row.first, native);
    const { createdAt: created, changedAt: changed } = scraped.cells;
    if (created !== undefined && createdAt !== undefined) this.cells.set(row.first + created, createdAt);
    if (changed !== undefined && isChanged) this.cells.set(row.first + changed, Date.now() / 1000);
  }

  /** Removes a series. */
  delete(family: CellFamily, values: readonly string[]): void {
    const scraped = this.#families.get(familyKey(family));
    const key = JSON.stringify(values);
    const row = scraped?.rows.get(key);
    if (scraped !== undefined && row !== undefined) this.#remove(scraped, key, row);
  }

  #takeExemplars(first: number, { numbers, native, exemplars = [] }: ScrapedSeries): void {
    for (const [i, exemplar] of exemplars.entries()) {
      if (exemplar !== undefined) this.exemplars.take(toCellExemplar(exemplar, first + i, false));
    }
    const sum = first + numbers.length - 1;
    for (const exemplar of native?.exemplars ?? []) this.exemplars.take(toCellExemplar(exemplar, sum, true));
  }

  #open(family: CellFamily): ScrapedFamily {
    const key = familyKey(family);
    let scraped = this.#families.get(key);
    if (scraped === undefined) {
      const id = ++this.#lastId;
      scraped = { id, cells: family, native: this.#createNative(family), rows: new Map(), update: 0 };
      this.#families.set(key, scraped);
      for (const log of this.#logs) log.opened(scraped.id, family);
    }
    return scraped;
  }

  #createNative({ native }: CellFamily): NativeHistograms | undefined {
    if (native === undefined) return undefined;
    const settings = { ...native, maxZeroThreshold: 0, resetAfterSeconds: Infinity };
    return new NativeHistograms(this.cells, native.offset, settings, () => 0);
  }

  #rowOf(family: ScrapedFamily, values: readonly string[]): Row {
    const key = JSON.stringify(values);
    const known = family.rows.get(key);
    if (known !== undefined) return known;
    const row: Row = { first: this.cells.allocate(countCells(family.cells)), values: [...values], update: 0 };
    family.rows.set(key, row);
    for (const log of this.#logs) log.created(family.id, row.first, values);
    return row;
  }

  #hasFallen({ cells: { type } }: ScrapedFamily, { first }: Row, numbers: readonly number[]): boolean {
    if (type === 'gauge' || type === 'unknown') return false;
    // Why not the last one of a histogram: a sum may fall.
    const counts = type === 'histogram' ? numbers.length - 1 : numbers.length;
    for (let i = type === 'summary' ? 1 : 0; i < counts; i++) {
      if ((numbers[i] as number) < this.cells.get(first + i)) return true;
    }
    return false;
  }

  /** Why: where processes are merged, what a series has counted before it began again at 0 counts on. */
  #logRestart({ id, cells: family, native }: ScrapedFamily, { first, values }: Row): void {
    const cells = Float64Array.from({ length: countCells(family) }, (_, i) => this.cells.get(first + i));
    let count = 0;
    for (let i = 0; i < family.upperBounds.length + 1; i++) count += cells[i] as number;
    const counted: CountedSeries = { cells, native: native?.read(first, count), findValues: () => values };
    for (const log of this.#logs) log.restarted?.(id, first, counted);
  }

  #removeOld(key: string, family: ScrapedFamily): void {
    if (family.update !== this.#update) {
      for (const row of family.rows.values()) this.#free(family, row);
      this.#families.delete(key);
      for (const log of this.#logs) log.closed(family.id);
      return;
    }
    for (const [values, row] of family.rows) if (row.update !== this.#update) this.#remove(family, values, row);
  }

  #remove(family: ScrapedFamily, key: string, row: Row): void {
    family.rows.delete(key);
    this.#free(family, row);
    for (const log of this.#logs) log.removed(family.id, row.first);
  }

  #free({ cells: family, native }: ScrapedFamily, { first }: Row): void {
    native?.release(first);
    this.exemplars.free(first, countCells(family));
    this.cells.free(first, countCells(family));
  }
}

const familyKey = ({ name, type, labelNames, upperBounds, native }: CellFamily): string =>
  JSON.stringify([name, type, labelNames, upperBounds, native !== undefined]);

interface ScrapedFamily {
  readonly id: number;
  readonly cells: CellFamily;
  readonly native: NativeHistograms | undefined;
  readonly rows: Map<string, Row>;
  /** The number of the last update that had it. */
  update: number;
}

interface Row {
  readonly first: number;
  readonly values: readonly string[];
  update: number;
}

function toCellExemplar(exemplar: Exemplar, index: number, isOneOfSeveral: boolean): CellExemplar {
  const { labels, value, timestamp = 0 } = exemplar;
  return { index, isOneOfSeveral, source: { labels: { ...labels } }, value, time: Math.round(timestamp * 1000) };
}

/** Counters of these names are of one process, and their sum means nothing. */
const ofOneProcess = /^(process|nodejs)_/;

function aggregatorOf({ name, type, aggregator }: ExposedFamily): Aggregator {
  if (aggregator !== undefined) return aggregator;
  const isOwn = type === 'gauge' || type === 'unknown' || (type === 'counter' && ofOneProcess.test(name));
  return isOwn ? 'liveall' : 'sum';
}

/** Writes the samples of one family into cells. */
class CellsOfSamples implements SampleWriter {
  readonly #family: ExposedFamily;
  readonly #target: ScrapedCells;
  readonly #aggregator: Aggregator;
  readonly #names: string[] = [];
  readonly #values: string[] = [];
  /** By the names of the labels, and whether the series say when they were created. */
  readonly #cellFamilies = new Map<string, CellFamily>();
  #upperBounds: readonly number[] = [];

  constructor(family: ExposedFamily, target: ScrapedCells) {
    this.#family = family;
    this.#target = target;
    this.#aggregator = aggregatorOf(family);
  }

  label(depth: number, name: string, value: string): void {
    this.#names[depth] = name;
    this.#values[depth] = value;
  }

  value(depth: number, value: number, createdAt?: number, exemplar?: Exemplar): void {
    this.#set(depth, { numbers: [value], createdAt, exemplars: [exemplar] });
  }

  histogram(depth: number, view: HistogramView): void {
    const { upperBounds, cumulativeCounts, sum, createdAt, native, exemplars } = view;
    if (this.#upperBounds.length !== upperBounds.length - 1) this.#upperBounds = upperBounds.slice(0, -1);
    const numbers: number[] = [];
    for (let i = 0, before = 0; i < upperBounds.length; i++) {
      const count = cumulativeCounts[i] as number;
      numbers.push(count - before);
      before = count;
    }
    numbers.push(sum);
    this.#set(depth, { numbers, createdAt, native, exemplars });
  }

  summary(depth: number, { sum, count }: SummaryView): void {
    this.#set(depth, { numbers: [sum, count] });
  }

  sample(): void {}

  #set(depth: number, series: ScrapedSeries): void {
    const names: string[] = [];
    const values: string[] = [];
    for (let i = 0; i < depth; i++) {
      if (this.#values[i] === '') continue;
      names.push(this.#names[i] as string);
      values.push(this.#values[i] as string);
    }
    this.#target.set(this.#cellFamilyOf(names, series), values, series);
  }

  #cellFamilyOf(labelNames: readonly string[], { createdAt, native }: ScrapedSeries): CellFamily {
    const hasCreationTime = createdAt !== undefined;
    // Why as JSON: a name in UTF-8 may have any character.
    const key = JSON.stringify([labelNames, hasCreationTime, native !== undefined]);
    let family = this.#cellFamilies.get(key);
    if (family === undefined) {
      const { name, type, help, unit, hasCreatedSamples } = this.#family;
      const upperBounds = type === 'histogram' ? this.#upperBounds : [];
      const offset = countValueCells({ type, upperBounds });
      const width = native === undefined ? offset : offset + nativeWidth;
      family = {
        name,
        type,
        help,
        unit,
        aggregator: this.#aggregator,
        labelNames,
        upperBounds,
        hasCreatedSamples,
        createdAt: hasCreationTime ? width : undefined,
        changedAt: this.#aggregator.endsWith('mostrecent') ? width + Number(hasCreationTime) : undefined,
        native: native && { offset, schema: narrowestSchema, zeroThreshold: 0, maxBuckets: maxBucketsAtMost },
      };
      this.#cellFamilies.set(key, family);
    }
    return family;
  }
}
