import type { DropReason } from '../error.js';
import type { FamilyRecorder, SeriesId } from '../recorder/metrics-recorder.js';
import type { SeriesRecorder } from './series-recorders.js';

/**
 * Removes series that nothing has observed for a time. It stands before the family's recorder, so that a family that never
 * expires pays nothing.
 *
 * No clock is read at an observation: the series is noted, and the next sweep takes everything that was noted as observed at
 * that moment. So a series never expires too early, and is gone at the latest one sweep after its time.
 */
export class ExpiringRecorder implements FamilyRecorder {
  readonly #recorder: SeriesRecorder;
  readonly #seconds: number;
  readonly #observed = new Set<SeriesId>();
  #lastObserved = new Map<SeriesId, number>();

  constructor(recorder: SeriesRecorder, seconds: number) {
    this.#recorder = recorder;
    this.#seconds = seconds;
  }

  /** Removes what has expired by now, in seconds on the recorder's clock. */
  sweep(now: number): void {
    const remaining = new Map<SeriesId, number>();
    this.#recorder.series.removeWhere((series) => {
      // Why "now" for a series without an entry: it is an initial series, which nothing has observed yet.
      const observed = this.#observed.has(series) ? now : (this.#lastObserved.get(series) ?? now);
      if (now - observed >= this.#seconds && !this.#recorder.isHeld(series)) return true;
      remaining.set(series, observed);
      return false;
    });
    this.#lastObserved = remaining;
    this.#observed.clear();
  }

  clear(): void {
    this.#lastObserved.clear();
    this.#observed.clear();
    this.#recorder.series.clear();
  }

  lookup(a: unknown, b: unknown, c: unknown): SeriesId | undefined {
    const series = this.#recorder.lookup(a, b, c);
    if (series !== undefined) this.#observed.add(series);
    return series;
  }

  getOrCreate(values: readonly unknown[], allowOverflow: boolean): SeriesId | DropReason {
    const series = this.#recorder.getOrCreate(values, allowOverflow);
    if (typeof series === 'number') this.#observed.add(series);
    return series;
  }

  add(series: SeriesId, by: number): void {
    this.#recorder.add(series, by);
  }

  set(series: SeriesId, value: number): void {
    this.#recorder.set(series, value);
  }

  observe(series: SeriesId, value: number): void {
    this.#recorder.observe(series, value);
  }

  acquire(series: SeriesId): void {
    this.#recorder.acquire(series);
  }

  release(series: SeriesId): void {
    this.#observed.add(series);
    this.#recorder.release(series);
  }
}
