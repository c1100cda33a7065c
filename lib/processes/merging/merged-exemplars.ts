import type { CellExemplars } from '../../store/cells.js';
import type { Exemplar } from '../../store/exposed-family.js';
import { PooledExemplars } from '../../store/pooled-exemplars.js';
import type { Column } from './column.js';
import type { RowLayout } from './row-layout.js';

/**
 * The exemplars of what ended sources have left.
 *
 * Why they stay: a consumer refuses an exemplar that is older than the last one of its series.
 */
export class LeftExemplars {
  readonly #layout: RowLayout;
  /** Those of a series begin at its index, multiplied by the number of its cells. */
  readonly #pooled = new PooledExemplars();

  constructor(layout: RowLayout) {
    this.#layout = layout;
  }

  get pooled(): CellExemplars {
    return this.#pooled;
  }

  firstCellOf(index: number): number {
    return index * this.#layout.width;
  }

  /** Keeps those of a series of a source. */
  keep({ exemplars }: Column, first: number, index: number): void {
    const { width, exemplarCells } = this.#layout;
    if (exemplars === undefined || exemplars.isEmpty || exemplarCells === 0) return;
    const own = this.firstCellOf(index);
    for (let i = 0; i < exemplarCells; i++) this.#take(own + i, false, exemplars.readCell(first + i));
    // Why only there: a native histogram has its exemplars where the sum of the classic one is.
    for (let i = exemplarCells; i < width; i++) {
      for (const one of exemplars.readSeveral(first + i)) this.#take(own + i, true, one);
    }
  }

  /** Those of the native histogram of a series. */
  ofNative(index: number): readonly Exemplar[] {
    return this.#pooled.readSeveral(this.firstCellOf(index) + this.#layout.sumCell);
  }

  reset(index: number): void {
    this.#pooled.free(this.firstCellOf(index), this.#layout.width);
  }

  #take(index: number, isOneOfSeveral: boolean, exemplar: Exemplar | undefined): void {
    if (exemplar === undefined) return;
    const { labels, value, timestamp = 0 } = exemplar;
    this.#pooled.take({ index, isOneOfSeveral, source: { labels }, value, time: Math.round(timestamp * 1000) });
  }
}

/** Finds the newest exemplar of each cell of a series. */
export class NewestExemplars {
  readonly #cells: number;
  readonly #times: Float64Array;
  #found: (Exemplar | undefined)[] | undefined;

  constructor({ exemplarCells }: RowLayout) {
    this.#cells = exemplarCells;
    this.#times = new Float64Array(exemplarCells);
  }

  /**
   * The newest exemplar of each cell of what these sources have of a series, and of what ended ones have left of it;
   * `undefined` where there is none at all.
   */
  find(columns: readonly Column[], index: number, left?: LeftExemplars): (Exemplar | undefined)[] | undefined {
    this.#found = undefined;
    this.#times.fill(0);
    if (left !== undefined) this.#compare(left.pooled, left.firstCellOf(index));
    for (const column of columns) {
      const first = column.firstCellOf(index);
      if (first >= 0) this.#compare(column.exemplars, first);
    }
    return this.#found;
  }

  #compare(exemplars: CellExemplars | undefined, first: number): void {
    if (exemplars === undefined || exemplars.isEmpty) return;
    for (let i = 0; i < this.#cells; i++) {
      const time = exemplars.timeOf(first + i);
      if (time <= (this.#times[i] as number)) continue;
      this.#times[i] = time;
      this.#found ??= Array.from({ length: this.#cells });
      this.#found[i] = exemplars.readCell(first + i);
    }
  }
}
