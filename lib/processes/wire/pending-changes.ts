import type { CellFamily, CellLog } from '../../store/cells.js';
import type { Change } from './frame.js';

/**
 * So many changes are kept. Why: a publisher that waits for a busy aggregator must not need more and more memory, and all that
 * there is takes less then.
 */
const maxPending = 100_000;

/** What has come and gone in an area since the last frame, until it is written. */
export class PendingChanges implements CellLog {
  readonly takesNative = true;
  #changes: Change[] = [];
  /** Why without a limit at first: everything that is there comes at once. */
  #max = Infinity;
  /** Whether there were too many to keep them: then everything is to be written anew. */
  isIncomplete = false;

  /** How many there are. */
  get count(): number {
    return this.#changes.length;
  }

  opened(id: number, family: CellFamily): void {
    this.#add((log) => log.opened(id, family));
  }

  closed(id: number): void {
    this.#add((log) => log.closed(id));
  }

  created(id: number, first: number, values: readonly string[]): void {
    // Why a copy: the list is lent.
    const kept = [...values];
    this.#add((log) => log.created(id, first, kept));
  }

  removed(id: number, first: number): void {
    this.#add((log) => log.removed(id, first));
  }

  cleared(id: number): void {
    this.#add((log) => log.cleared(id));
  }

  /** Tells a log all of them, and forgets them. */
  flushInto(log: CellLog): void {
    const changes = this.#changes;
    this.#changes = [];
    this.#max = maxPending;
    for (const change of changes) change(log);
  }

  #add(change: Change): void {
    if (this.isIncomplete) return;
    this.#changes.push(change);
    if (this.#changes.length <= this.#max) return;
    this.isIncomplete = true;
    this.#changes = [];
  }
}
