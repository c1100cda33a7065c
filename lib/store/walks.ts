import type { SeriesId } from '../recorder/metrics-recorder.js';
import type { SeriesTrie, SeriesVisitor } from './series-trie.js';

/** The walks through the series of one family, which may last while series come and go. */
export class Walks {
  /** How many walks have begun and not ended. */
  #walks = 0;
  /** How many walks have begun at all. */
  #begun = 0;
  /** Whether a series was removed while a walk goes on. */
  #wasRemoved = false;
  /** The series that were created after that, with the number of walks that had begun by then. */
  #reborn: Map<SeriesId, number> | undefined;

  /** Whether a walk goes on. */
  get areGoingOn(): boolean {
    return this.#walks > 0;
  }

  noteRemoved(): void {
    this.#wasRemoved ||= this.areGoingOn;
  }

  noteCreated(series: SeriesId): void {
    if (this.#wasRemoved) this.#reborn?.set(series, this.#begun);
  }

  /** Visits every series in steps. No label values are visited twice, also where a series is removed and comes again. */
  *walk(trie: SeriesTrie, visitor: SeriesVisitor): Generator<void> {
    this.#walks++;
    this.#reborn ??= new Map();
    try {
      yield* trie.walk(visitor, { series: this.#reborn, walk: ++this.#begun });
    } finally {
      this.#walks--;
      if (!this.areGoingOn) {
        this.#wasRemoved = false;
        this.#reborn.clear();
      }
    }
  }
}
