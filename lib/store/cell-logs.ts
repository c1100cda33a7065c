import { defaultAggregator } from '../families/family.js';
import { kinds } from '../families/kinds.js';
import { type CellFamily, type CellLog, countValueCells, type Taker } from './cells.js';
import type { ConstantLabels } from './exposed-family.js';
import { LoggedFamily } from './logged-family.js';
import type { SeriesTable } from './series-table.js';

/** Notifies the followers of a store when series are created or removed. Without a follower, nothing is recorded. */
export class CellLogs {
  readonly #logs = new Set<CellLog>();
  readonly #logged = new Map<string, LoggedFamily>();
  readonly #hasCreatedSamples: boolean;
  /** The constant labels that the followers know, as text. */
  #constant = '';
  #lastId = 0;
  /** The exposed names of the families that the followers know, in the order of exposition. */
  readonly names: string[] = [];

  /** @param hasCreatedSamples whether the samples of the store show when their series was created. */
  constructor(hasCreatedSamples: boolean) {
    this.#hasCreatedSamples = hasCreatedSamples;
  }

  /** Whether anybody follows. */
  get areThere(): boolean {
    return this.#logs.size > 0;
  }

  /** Whether this log, or one that takes the same, has the whole family of this exposed name. */
  isLogged(name: string, taker: Taker): boolean {
    return this.#logged.get(name)?.isTold(taker) === true;
  }

  /** Replays everything that is logged to a log, and then each change, until the returned function is called. */
  subscribe(log: CellLog): () => void {
    this.#logs.add(log);
    for (const name of this.names) log.named?.(name);
    for (const logged of this.#logged.values()) logged.add(log);
    return () => {
      this.#logs.delete(log);
      for (const logged of this.#logged.values()) logged.remove(log);
      if (this.areThere) return;
      for (const name of [...this.#logged.keys()]) this.close(name);
      this.names.length = 0;
    };
  }

  /** Notifies the followers that computed families have changed. */
  changed(): void {
    for (const log of this.#logs) log.changed?.();
  }

  /** Adds the names of families, in the order of exposition. */
  addNames(added: readonly string[]): void {
    for (const name of added) this.names.push(name);
    for (const log of this.#logs) for (const name of added) log.named?.(name);
  }

  /** From now on the followers get the series of exactly these tables, by exposed name and with these constant labels. */
  update(wanted: ReadonlyMap<string, SeriesTable>, constant: ConstantLabels): void {
    const spelled = JSON.stringify(constant);
    const areOthers = spelled !== this.#constant;
    this.#constant = spelled;
    for (const name of [...this.#logged.keys()]) if (areOthers || !wanted.has(name)) this.close(name);
    for (const [name, table] of wanted) if (!this.#logged.has(name)) this.#open(table, name, constant);
  }

  #open(table: SeriesTable, name: string, constant: ConstantLabels): void {
    const own = Object.keys(table.family.labels);
    const added = constant.filter(([label]) => !own.includes(label));
    const family = {
      ...toCellFamily(table, name, [...added.map(([label]) => label), ...own]),
      hasCreatedSamples: this.#hasCreatedSamples,
    };
    const logged = new LoggedFamily({ id: ++this.#lastId, table, family, constant: added.map(([, value]) => value) });
    this.#logged.set(name, logged);
    for (const log of this.#logs) logged.add(log);
  }

  /** Stops logging the family of this exposed name. */
  close(name: string): void {
    const logged = this.#logged.get(name);
    if (logged === undefined) return;
    this.#logged.delete(name);
    logged.close();
  }
}

function toCellFamily(
  { family, createdAtOffset, options }: SeriesTable,
  name: string,
  labelNames: string[],
): CellFamily {
  const { kind, help, unit, aggregator = defaultAggregator(kind), buckets } = family;
  const upperBounds = kinds[kind].hasBuckets ? buckets : [];
  const cellFamily = { name, type: kind, help, unit, aggregator, labelNames, upperBounds, createdAt: createdAtOffset };
  if (options.native === undefined || !kinds[kind].hasBuckets) return cellFamily;
  const { schema, zeroThreshold, maxBuckets } = options.native;
  return { ...cellFamily, native: { offset: countValueCells(cellFamily), schema, zeroThreshold, maxBuckets } };
}
