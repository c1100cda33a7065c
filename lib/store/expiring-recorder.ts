import type { DropReason } from '../error.js';
import type { FamilyRecorder, SeriesId } from '../recorder/metrics-recorder.js';
import type { SeriesRecorder } from './series-recorder.js';

/**
 * A family whose series are removed when nothing has observed them for so long. It stands before the family's recorder, so
 * that a family which never expires pays nothing.
 *
 * No clock is read when a series is observed: it is noted, and when the family is looked at, what was noted is as old as
 * that. So a series never goes too early, and is gone at the latest one look after its time.
 */
export class ExpiringRecorder implements FamilyRecorder {
  readonly #series: SeriesRecorder;
  readonly #seconds: number;
  readonly #observed = new Set<SeriesId>();
  #lastSeen = new Map<SeriesId, number>();

  constructor(series: SeriesRecorder, seconds: number) {
    this.#series = series;
    this.#seconds = seconds;
  }

  /** Removes what has expired by now, in seconds on the recorder's clock. */
  sweep(now: number): void {
    const stillSeen = new Map<SeriesId, number>();
    this.#series.removeWhere((place) => {
      // Why as of now where it was never seen: it is an initial series, which nothing has observed yet.
      const seen = this.#observed.has(place) ? now : (this.#lastSeen.get(place) ?? now);
      if (now - seen >= this.#seconds && !this.#series.isHeld(place)) return true;
      stillSeen.set(place, seen);
      return false;
    });
    this.#lastSeen = stillSeen;
    this.#observed.clear();
  }

  clear(): void {
    this.#lastSeen.clear();
    this.#observed.clear();
    this.#series.clear();
  }

  lookup(a: unknown, b: unknown, c: unknown): SeriesId | undefined {
    const place = this.#series.lookup(a, b, c);
    if (place !== undefined) this.#observed.add(place);
    return place;
  }

  getOrCreate(values: readonly unknown[], allowOverflow: boolean): SeriesId | DropReason {
    const place = this.#series.getOrCreate(values, allowOverflow);
    if (typeof place === 'number') this.#observed.add(place);
    return place;
  }

  add(place: SeriesId, by: number): void {
    this.#series.add(place, by);
  }

  set(place: SeriesId, value: number): void {
    this.#series.set(place, value);
  }

  observe(place: SeriesId, value: number): void {
    this.#series.observe(place, value);
  }

  acquire(place: SeriesId): void {
    this.#series.acquire(place);
  }

  release(place: SeriesId): void {
    this.#observed.add(place);
    this.#series.release(place);
  }
}
