import type { CellFamily, CellLog } from '../../store/cells.js';
import type { Change } from './frame.js';

/** What has come and gone in an area since the last frame, until it is written. */
export class PendingChanges implements CellLog {
  #changes: Change[] = [];

  /** How many there are. */
  get count(): number {
    return this.#changes.length;
  }

  opened(id: number, family: CellFamily): void {
    this.#changes.push((log) => log.opened(id, family));
  }

  closed(id: number): void {
    this.#changes.push((log) => log.closed(id));
  }

  created(id: number, first: number, values: readonly string[]): void {
    // Why a copy: the list is lent.
    const kept = [...values];
    this.#changes.push((log) => log.created(id, first, kept));
  }

  removed(id: number, first: number): void {
    this.#changes.push((log) => log.removed(id, first));
  }

  cleared(id: number): void {
    this.#changes.push((log) => log.cleared(id));
  }

  /** Tells a log all of them, and forgets them. */
  flushInto(log: CellLog): void {
    const changes = this.#changes;
    this.#changes = [];
    for (const change of changes) change(log);
  }
}
