import { runInSlices } from '../async/slices.js';
import type { SeriesId } from '../recorder/metrics-recorder.js';
import type { CellFamily, CellLog, Taker } from './cells.js';
import type { NativeHistogramView } from './exposed-family.js';
import type { SeriesLog, SeriesTable } from './series-table.js';
import type { SeriesVisitor } from './series-trie.js';

/** What is told to the logs of a store of one of its families. */
export interface OpenedFamily {
  readonly id: number;
  readonly table: SeriesTable;
  readonly family: CellFamily;
  /** The values of the constant labels, which come first. */
  readonly constant: readonly string[];
}

/** Tells the logs of a store which series one of its families has. */
export class LoggedFamily implements SeriesLog {
  readonly #opened: OpenedFamily;
  /** Each log, and what takes its changes: the log itself, or what still tells it of the series that were there before. */
  readonly #targets = new Map<CellLog, CellLog | SlicedTelling>();
  /** Whether the most recent value counts, although the cells do not say when it was set. */
  readonly #isUndated: boolean;

  constructor(opened: OpenedFamily) {
    this.#opened = opened;
    opened.table.log = this;
    this.#isUndated = opened.family.aggregator.endsWith('mostrecent');
  }

  /** Whether this log knows all of it, or, where this is no log of it, a log would that takes this. */
  isTold(taker: Taker): boolean {
    const target = this.#targets.get(taker as CellLog);
    return target === undefined ? this.#isFor(taker) : target === taker;
  }

  /** Tells a log all series, and from then on what changes. */
  add(log: CellLog): void {
    if (!this.#isFor(log)) return;
    log.opened(this.#opened.id, this.#opened.family);
    if (log.completed === undefined || this.#opened.table.size <= maxAtOnce) this.#tellAll(log);
    else this.#tellInSlices(log, log.completed.bind(log));
  }

  /** Tells this log nothing any more. */
  remove(log: CellLog): void {
    const target = this.#targets.get(log);
    if (target instanceof SlicedTelling) target.cancel();
    this.#targets.delete(log);
  }

  /** Tells all logs that the family is gone, and nothing any more. */
  close(): void {
    this.#opened.table.log = undefined;
    for (const log of [...this.#targets.keys()]) {
      this.remove(log);
      log.closed(this.#opened.id);
    }
  }

  created(series: SeriesId, values: readonly string[]): void {
    const { id } = this.#opened;
    for (const target of this.#targets.values()) target.created(id, series, withConstant(this.#opened, values));
  }

  removed(series: SeriesId): void {
    for (const target of this.#targets.values()) target.removed(this.#opened.id, series);
  }

  restarted(series: SeriesId, cells: Float64Array, native: NativeHistogramView | undefined): void {
    const findValues = (): readonly string[] | undefined => findSeries(this.#opened, series);
    for (const log of this.#targets.keys()) log.restarted?.(this.#opened.id, series, { cells, native, findValues });
  }

  cleared(): void {
    for (const target of this.#targets.values()) target.cleared(this.#opened.id);
  }

  changed(): void {
    for (const log of this.#targets.keys()) log.changed?.();
  }

  #isFor({ takesNative = false, takesUndated = false }: Taker): boolean {
    return (takesNative || this.#opened.family.native === undefined) && (takesUndated || !this.#isUndated);
  }

  #tellAll(log: CellLog): void {
    this.#opened.table.visit(createTeller(this.#opened, log));
    log.completed?.(this.#opened.id);
    this.#targets.set(log, log);
  }

  #tellInSlices(log: CellLog, onCompleted: (id: number) => void): void {
    const telling = new SlicedTelling(this.#opened, log);
    this.#targets.set(log, telling);
    const end = (hasSucceeded: boolean): void => {
      if (this.#targets.get(log) !== telling) return;
      if (!hasSucceeded) this.#tellAll(log);
      else {
        onCompleted(this.#opened.id);
        this.#targets.set(log, log);
      }
    };
    // Why caught: then the family is never completed, and is computed for the log.
    telling.run(end).catch(() => undefined);
  }
}

/** So many series are told at once: that takes less than a millisecond. */
const maxAtOnce = 2000;

/** So often it is tried to tell a family in slices. */
const maxTries = 3;

/**
 * Tells a log the series of a large family in slices, so that the event loop stays free. Series that come meanwhile are told
 * afterwards, so that all are in the order of the store; where one goes, it begins again.
 */
class SlicedTelling implements Pick<CellLog, 'created' | 'removed' | 'cleared'> {
  readonly #opened: OpenedFamily;
  readonly #log: CellLog;
  #later: (readonly [first: number, values: readonly string[]])[] = [];
  #hasLost = false;
  #isCancelled = false;

  constructor(opened: OpenedFamily, log: CellLog) {
    this.#opened = opened;
    this.#log = log;
  }

  created(_id: number, first: number, values: readonly string[]): void {
    // Why a copy: the list is lent.
    this.#later.push([first, [...values]]);
  }

  removed(): void {
    this.#hasLost = true;
  }

  cleared(): void {
    this.#hasLost = true;
  }

  cancel(): void {
    this.#isCancelled = true;
  }

  /** @param onEnd is called at once when everything is told; or with `false` when series went at every try. */
  async run(onEnd: (hasSucceeded: boolean) => void): Promise<void> {
    const { id, family } = this.#opened;
    for (let tries = 0; tries < maxTries; tries++) {
      await runInSlices(this.#steps());
      if (this.#isCancelled) return;
      if (!this.#hasLost) {
        for (const [first, values] of this.#later) this.#log.created(id, first, values);
        onEnd(true);
        return;
      }
      this.#later = [];
      this.#hasLost = false;
      this.#log.closed(id);
      this.#log.opened(id, family);
    }
    onEnd(false);
  }

  *#steps(): Generator<void> {
    // Why a loop that ends the walk: while one goes on, the table keeps the numbers of every series that is removed.
    for (const _ of this.#opened.table.walk(createTeller(this.#opened, this.#log))) {
      yield;
      // Why asked before each further step: after a pause the log may know the family no more.
      if (this.#isCancelled || this.#hasLost) return;
    }
  }
}

/** Tells a log each series that is visited. */
function createTeller(opened: OpenedFamily, log: Pick<CellLog, 'created'>): SeriesVisitor {
  const values: string[] = [];
  const width = Object.keys(opened.table.family.labels).length;
  return {
    label: (depth, value) => {
      values[depth] = value;
    },
    series: (series) => log.created(opened.id, series, withConstant(opened, values.slice(0, width))),
  };
}

/** The label values of a series; `undefined` if the family does not have it. */
function findSeries(opened: OpenedFamily, wanted: SeriesId): readonly string[] | undefined {
  let found: readonly string[] | undefined;
  const teller = createTeller(opened, {
    created: (_, series, values) => {
      if (series === wanted) found = [...values];
    },
  });
  opened.table.visit(teller);
  return found;
}

const withConstant = ({ constant }: OpenedFamily, values: readonly string[]): readonly string[] =>
  constant.length === 0 ? values : [...constant, ...values];
