import type { SampleWriter } from '../../store/exposed-family.js';
import type { Column } from './column.js';
import { type DatedNumber, mergeInto } from './merges.js';
import { NumberRows } from './number-rows.js';
import type { SeriesKind, SeriesMerge } from './series-merge.js';

/** Chooses one number of all sources: the least, the greatest, or the most recent. */
export class ChosenSeries implements SeriesMerge {
  readonly #merge: (merged: DatedNumber, number: number, changedAt: number) => void;
  readonly #depth: number;
  /** What ended sources have left: a number, and when it changed. */
  readonly #remains = new NumberRows(2);

  /** @param depth how many labels a series has. */
  constructor({ rule }: SeriesKind, depth: number) {
    this.#merge = mergeInto[rule.merge];
    this.#depth = depth;
  }

  hasRemains(index: number): boolean {
    return this.#remains.has(index);
  }

  keep(column: Column, index: number): void {
    const chosen = this.#choose(this.#left(index), column, index);
    if (chosen === undefined) return;
    this.#remains.add(index);
    this.#remains.set(index, 0, chosen.number);
    this.#remains.set(index, 1, chosen.changedAt);
  }

  reset(index: number): void {
    this.#remains.delete(index);
  }

  createWriter(samples: SampleWriter, columns: readonly Column[]): (index: number) => void {
    return (index) => {
      let chosen = this.#left(index);
      for (const column of columns) chosen = this.#choose(chosen, column, index);
      if (chosen !== undefined) samples.value(this.#depth, chosen.number);
    };
  }

  #left(index: number): DatedNumber | undefined {
    if (!this.#remains.has(index)) return undefined;
    return { number: this.#remains.get(index, 0), changedAt: this.#remains.get(index, 1) };
  }

  /** What was chosen before, or the number that this source has. */
  #choose(before: DatedNumber | undefined, column: Column, index: number): DatedNumber | undefined {
    const first = column.firstCellOf(index);
    if (first < 0) return before;
    const [number, changedAt] = [column.readCell(first), column.changedAt(first)];
    if (before === undefined) return { number, changedAt };
    this.#merge(before, number, changedAt);
    return before;
  }
}
