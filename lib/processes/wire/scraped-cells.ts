import { runInSlices } from '../../async/slices.js';
import type { Aggregator } from '../../families/family.js';
import { type CellFamily, type CellLog, type CellSource, countValueCells } from '../../store/cells.js';
import type { ExposedFamily, HistogramView, SampleWriter, SummaryView } from '../../store/exposed-family.js';
import { NumberStore } from '../../store/numbers.js';

/**
 * Families that are exposed, as cells: for what is computed at each scrape, and for what can be scraped and is no store of
 * ours. Each update replaces what was there.
 *
 * Series of a family with different label names are families of their own here. Quantiles, and single samples that are part
 * of no whole histogram or summary, have no cells: nothing could merge them.
 */
export class ScrapedCells implements CellSource {
  readonly cells = new NumberStore();
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
  set(family: CellFamily, values: readonly string[], numbers: readonly number[], createdAt?: number): void {
    const scraped = this.#open(family);
    const row = this.#rowOf(scraped, values, numbers);
    row.update = this.#update;
    scraped.update = this.#update;
    let isChanged = false;
    for (const [i, number] of numbers.entries()) {
      isChanged ||= !Object.is(this.#numberAt(row.first + i), number);
      this.cells.set(row.first + i, number);
    }
    const { createdAt: created, changedAt: changed } = scraped.cells;
    if (created !== undefined && createdAt !== undefined) this.cells.set(row.first + created, createdAt);
    if (changed !== undefined && isChanged) this.cells.set(row.first + changed, Date.now() / 1000);
  }

  #numberAt(index: number): number {
    return this.cells.get(index);
  }

  #open(family: CellFamily): ScrapedFamily {
    const key = JSON.stringify([family.name, family.type, family.labelNames, family.upperBounds]);
    let scraped = this.#families.get(key);
    if (scraped === undefined) {
      scraped = { id: ++this.#lastId, cells: family, rows: new Map(), update: 0 };
      this.#families.set(key, scraped);
      for (const log of this.#logs) log.opened(scraped.id, family);
    }
    return scraped;
  }

  #rowOf(family: ScrapedFamily, values: readonly string[], numbers: readonly number[]): Row {
    const key = JSON.stringify(values);
    const known = family.rows.get(key);
    if (known !== undefined && !this.#hasFallen(family, known, numbers)) return known;
    // Why a new series where a number that only grows has fallen: what it had counts on where processes are merged.
    if (known !== undefined) this.#remove(family, key, known);
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

  #removeOld(key: string, family: ScrapedFamily): void {
    if (family.update !== this.#update) {
      for (const { first } of family.rows.values()) this.cells.free(first, countCells(family.cells));
      this.#families.delete(key);
      for (const log of this.#logs) log.closed(family.id);
      return;
    }
    for (const [values, row] of family.rows) if (row.update !== this.#update) this.#remove(family, values, row);
  }

  #remove(family: ScrapedFamily, key: string, { first }: Row): void {
    family.rows.delete(key);
    this.cells.free(first, countCells(family.cells));
    for (const log of this.#logs) log.removed(family.id, first);
  }
}

interface ScrapedFamily {
  readonly id: number;
  readonly cells: CellFamily;
  readonly rows: Map<string, Row>;
  /** The number of the last update that had it. */
  update: number;
}

interface Row {
  readonly first: number;
  readonly values: readonly string[];
  update: number;
}

const countCells = (family: CellFamily): number =>
  countValueCells(family) + Number(family.createdAt !== undefined) + Number(family.changedAt !== undefined);

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

  value(depth: number, value: number, createdAt?: number): void {
    this.#set(depth, [value], createdAt);
  }

  histogram(depth: number, { upperBounds, cumulativeCounts, sum, createdAt }: HistogramView): void {
    if (this.#upperBounds.length !== upperBounds.length - 1) this.#upperBounds = upperBounds.slice(0, -1);
    const numbers: number[] = [];
    for (let i = 0, before = 0; i < upperBounds.length; i++) {
      const count = cumulativeCounts[i] as number;
      numbers.push(count - before);
      before = count;
    }
    numbers.push(sum);
    this.#set(depth, numbers, createdAt);
  }

  summary(depth: number, { sum, count }: SummaryView): void {
    this.#set(depth, [sum, count]);
  }

  sample(): void {}

  #set(depth: number, numbers: readonly number[], createdAt?: number): void {
    const names: string[] = [];
    const values: string[] = [];
    for (let i = 0; i < depth; i++) {
      if (this.#values[i] === '') continue;
      names.push(this.#names[i] as string);
      values.push(this.#values[i] as string);
    }
    this.#target.set(this.#cellFamilyOf(names, createdAt !== undefined), values, numbers, createdAt);
  }

  #cellFamilyOf(labelNames: readonly string[], hasCreationTime: boolean): CellFamily {
    const key = `${labelNames.join(' ')} ${hasCreationTime}`;
    let family = this.#cellFamilies.get(key);
    if (family === undefined) {
      const { name, type, help, unit, hasCreatedSamples } = this.#family;
      const upperBounds = type === 'histogram' ? this.#upperBounds : [];
      const width = countValueCells({ type, upperBounds });
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
      };
      this.#cellFamilies.set(key, family);
    }
    return family;
  }
}
