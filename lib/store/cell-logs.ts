import { defaultAggregator } from '../families/family.js';
import { kinds } from '../families/kinds.js';
import type { CellFamily, CellLog } from './cells.js';
import type { ConstantLabels } from './exposed-family.js';
import type { SeriesTable } from './series-table.js';

/** A family that is told to the followers of a store. */
interface LoggedFamily {
  readonly id: number;
  readonly table: SeriesTable;
  readonly family: CellFamily;
  /** The values of the constant labels, which come first. */
  readonly constant: readonly string[];
}

/** Tells the followers of a store which series there are. A table that nobody follows is told of nothing. */
export class CellLogs {
  readonly #logs = new Set<CellLog>();
  readonly #logged = new Map<string, LoggedFamily>();
  readonly #hasCreatedSamples: boolean;
  #lastId = 0;

  /** @param hasCreatedSamples whether the samples of the store show when their series was created. */
  constructor(hasCreatedSamples: boolean) {
    this.#hasCreatedSamples = hasCreatedSamples;
  }

  /** Whether anybody follows. */
  get areThere(): boolean {
    return this.#logs.size > 0;
  }

  /** Whether the family of this exposed name is told to the followers. */
  isLogged(name: string): boolean {
    return this.#logged.has(name);
  }

  /** Tells a log everything that is logged, and what changes, until the returned function is called. */
  subscribe(log: CellLog): () => void {
    this.#logs.add(log);
    for (const logged of this.#logged.values()) tellAll(logged, log);
    return () => {
      this.#logs.delete(log);
      if (!this.areThere) for (const name of [...this.#logged.keys()]) this.close(name);
    };
  }

  /** Begins to tell the series of a table. */
  open(table: SeriesTable, name: string, constant: ConstantLabels): void {
    const own = Object.keys(table.family.labels);
    const added = constant.filter(([label]) => !own.includes(label));
    const logged: LoggedFamily = {
      id: ++this.#lastId,
      table,
      family: {
        ...toCellFamily(table, name, [...added.map(([label]) => label), ...own]),
        hasCreatedSamples: this.#hasCreatedSamples,
      },
      constant: added.map(([, value]) => value),
    };
    this.#logged.set(name, logged);
    for (const log of this.#logs) tellAll(logged, log);
    const { id } = logged;
    table.log = {
      created: (series, values) => {
        for (const log of this.#logs) log.created(id, series, withConstant(logged, values));
      },
      removed: (series) => {
        for (const log of this.#logs) log.removed(id, series);
      },
      cleared: () => {
        for (const log of this.#logs) log.cleared(id);
      },
    };
  }

  /** Tells no more of the family of this exposed name. */
  close(name: string): void {
    const logged = this.#logged.get(name);
    if (logged === undefined) return;
    this.#logged.delete(name);
    logged.table.log = undefined;
    for (const log of this.#logs) log.closed(logged.id);
  }

  /** Tells all that is logged anew, with these constant labels. */
  reopen(constant: ConstantLabels): void {
    for (const [name, { table }] of [...this.#logged]) {
      this.close(name);
      this.open(table, name, constant);
    }
  }
}

function toCellFamily({ family, createdAtOffset }: SeriesTable, name: string, labelNames: string[]): CellFamily {
  const { kind, help, unit, aggregator = defaultAggregator(kind), buckets } = family;
  const upperBounds = kinds[kind].hasBuckets ? buckets : [];
  return { name, type: kind, help, unit, aggregator, labelNames, upperBounds, createdAt: createdAtOffset };
}

function tellAll(logged: LoggedFamily, log: CellLog): void {
  const { id, table, family } = logged;
  log.opened(id, family);
  const values: string[] = [];
  const width = Object.keys(table.family.labels).length;
  table.visit({
    label: (depth, value) => {
      values[depth] = value;
    },
    series: (series) => log.created(id, series, withConstant(logged, values.slice(0, width))),
  });
}

const withConstant = ({ constant }: LoggedFamily, values: readonly string[]): readonly string[] =>
  constant.length === 0 ? values : [...constant, ...values];
