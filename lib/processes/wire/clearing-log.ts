import { type CellFamily, type CellLog, countCells } from '../../store/cells.js';

/**
 * Passes on what a log is told, and clears the cells of each series before it is created: the number that another series has
 * had there must never count as one of its own. Both ends of a connection do so, and so have the same numbers.
 */
export class ClearingLog implements CellLog {
  readonly takesNative = true;
  readonly #widths = new Map<number, number>();
  readonly #clear: (first: number, width: number) => void;
  /** Where everything is passed on to. */
  log: CellLog | undefined;

  constructor(clear: (first: number, width: number) => void, log?: CellLog) {
    this.#clear = clear;
    this.log = log;
  }

  opened(id: number, family: CellFamily): void {
    this.#widths.set(id, countCells(family));
    this.log?.opened(id, family);
  }

  closed(id: number): void {
    this.#widths.delete(id);
    this.log?.closed(id);
  }

  created(id: number, first: number, values: readonly string[]): void {
    this.#clear(first, this.#widths.get(id) ?? 0);
    this.log?.created(id, first, values);
  }

  removed(id: number, first: number): void {
    this.log?.removed(id, first);
  }

  cleared(id: number): void {
    this.log?.cleared(id);
  }
}
