import { narrowestSchema } from '../../families/native-histogram.js';
import {
  type CellFamily,
  type CellLog,
  type CellSource,
  type CountedSeries,
  countValueCells,
} from '../../store/cells.js';
import type { NativeHistogramView } from '../../store/exposed-family.js';
import { copyNative, mergeNative } from '../../store/merge-native.js';
import { nativeWidth } from '../../store/native-pages.js';
import { isLastingSum } from '../merging/merges.js';
import { ScrapedCells } from './scraped-cells.js';

/** The total that one series has counted before it began again at 0, over all its restarts. */
interface Before {
  readonly numbers: number[];
  createdAt: number | undefined;
  native: NativeHistogramView | undefined;
  values: readonly string[] | undefined;
  findValues: CountedSeries['findValues'];
}

interface RestartingFamily {
  readonly family: CellFamily;
  /** The family of these totals. */
  readonly before: CellFamily;
  readonly series: Map<number, Before>;
}

/**
 * Keeps, for each series that began again at 0, the total that it had counted before. These totals are cells beside those
 * of the source; the sum of both never falls.
 *
 * Why totals, and not a message for each restart: a reader that connects again then gets all of them, and none twice.
 */
export class CountedBefore implements CellLog {
  readonly takesNative = true;
  readonly #cells: ScrapedCells;
  readonly #families = new Map<number, RestartingFamily>();
  readonly #changed = new Set<readonly [RestartingFamily, Before]>();

  /** @param cells keeps the totals. Other sources, which have other families, may keep theirs there too. */
  constructor(cells: ScrapedCells) {
    this.#cells = cells;
  }

  opened(id: number, family: CellFamily): void {
    if (isLastingSum(family)) this.#families.set(id, { family, before: toBefore(family), series: new Map() });
  }

  closed(id: number): void {
    this.cleared(id);
    this.#families.delete(id);
  }

  created(): void {}

  removed(id: number, first: number): void {
    const restarting = this.#families.get(id);
    const before = restarting?.series.get(first);
    if (restarting !== undefined && before !== undefined) this.#drop(restarting, first, before);
  }

  cleared(id: number): void {
    const restarting = this.#families.get(id);
    for (const [first, before] of restarting?.series ?? []) {
      this.#drop(restarting as RestartingFamily, first, before);
    }
  }

  restarted(id: number, first: number, { cells, native, findValues }: CountedSeries): void {
    const restarting = this.#families.get(id);
    if (restarting === undefined) return;
    const { family, series } = restarting;
    const createdAt = family.createdAt === undefined ? undefined : cells[family.createdAt];
    const numbers = Array.from({ length: countValueCells(family) }, (_, i) => cells[i] as number);
    const known = series.get(first);
    if (known === undefined) {
      const before = { numbers, createdAt, native: native && copyNative(native), values: undefined, findValues };
      series.set(first, before);
      this.#changed.add([restarting, before]);
      return;
    }
    for (const [i, number] of numbers.entries()) known.numbers[i] = (known.numbers[i] as number) + number;
    known.native = addNative(known.native, native, family.native?.maxBuckets);
    this.#changed.add([restarting, known]);
  }

  /** Writes the totals that have changed into the cells. Why not at the restart: to find the labels would delay the call. */
  settle(): void {
    for (const [{ before: family }, before] of this.#changed) {
      before.values ??= before.findValues();
      if (before.values !== undefined) this.#cells.set(family, before.values, before);
    }
    this.#changed.clear();
  }

  #drop({ before: family, series }: RestartingFamily, first: number, before: Before): void {
    series.delete(first);
    for (const changed of this.#changed) if (changed[1] === before) this.#changed.delete(changed);
    if (before.values !== undefined) this.#cells.delete(family, before.values);
  }
}

function addNative(
  a: NativeHistogramView | undefined,
  b: NativeHistogramView | undefined,
  maxBuckets: number | undefined,
): NativeHistogramView | undefined {
  if (a === undefined) return b && copyNative(b);
  return b === undefined ? a : mergeNative(a, b, maxBuckets);
}

/** The layout of the totals. Why the narrowest schema: totals become coarser when they are merged. */
function toBefore(family: CellFamily): CellFamily {
  const offset = countValueCells(family);
  const native = family.native && { ...family.native, offset, schema: narrowestSchema, zeroThreshold: 0 };
  const createdAt = native === undefined ? offset : offset + nativeWidth;
  return { ...family, native, createdAt: family.createdAt === undefined ? undefined : createdAt, changedAt: undefined };
}

/** Keeps the totals that the series of these sources have counted before they began again at 0. */
export function followRestarts(sources: readonly CellSource[], cells: ScrapedCells): FollowedRestarts {
  const all = sources.map((source) => {
    const log = new CountedBefore(cells);
    return { log, unsubscribe: source.subscribe(log) };
  });
  return {
    settle: () => {
      for (const { log } of all) log.settle();
    },
    close: () => {
      for (const { unsubscribe } of all) unsubscribe();
    },
  };
}

/** What `followRestarts` has begun. */
export interface FollowedRestarts {
  settle(): void;
  close(): void;
}
