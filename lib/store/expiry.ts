import { runInSlices } from '../async/slices.js';
import type { DropReason } from '../error.js';
import type { Family } from '../families/family.js';
import type { ExemplarLabels, FamilyRecorder, SeriesId } from '../recorder/metrics-recorder.js';
import type { NumberStore } from './numbers.js';
import { createSeriesRecorder, type SeriesOptions, type SeriesRecorder } from './series-recorders.js';
import { notDated } from './series-table.js';

/**
 * Removes series that nothing has observed for a time. It stands before the family's recorder, so that a family that never
 * expires pays nothing.
 *
 * No clock is read at an observation: the series is noted, and the next sweep takes everything that was noted as observed at
 * that moment. So a series never expires too early, and is gone at the latest one sweep after its time.
 */
export class ExpiringRecorder implements FamilyRecorder {
  readonly recorder: SeriesRecorder;
  readonly #seconds: number;
  readonly #numbers: NumberStore;
  /** Where the numbers of a series say when it was observed. */
  readonly #observedAt: number;
  #isSweeping = false;
  #sweeping: Promise<void> | undefined;

  constructor(family: Family, seconds: number, options: SeriesOptions) {
    this.#seconds = seconds;
    this.#numbers = options.numbers;
    this.recorder = createSeriesRecorder(family, { ...options, expires: true });
    this.#observedAt = this.recorder.series.observedAt;
  }

  /**
   * Removes in slices what has expired, by the recorder's clock in seconds; the first slice before this returns. One sweep
   * waits for the other, so that a scrape shows nothing that an earlier one has found expired.
   */
  async sweep(clock: () => number): Promise<void> {
    while (this.#isSweeping) await this.#sweeping;
    this.#sweeping = runInSlices(this.#sweep(clock));
    await this.#sweeping;
  }

  clear(): void {
    this.recorder.series.clear();
  }

  *#sweep(clock: () => number): Generator<void> {
    this.#isSweeping = true;
    try {
      let now = clock();
      for (const _ of this.recorder.series.removeWhere((series) => this.#isExpired(series, now))) {
        yield;
        now = clock();
      }
    } finally {
      this.#isSweeping = false;
    }
  }

  #isExpired(series: SeriesId, now: number): boolean {
    const observed = this.#numbers.get(series + this.#observedAt);
    // Why a held series too: the call that holds it goes on.
    if (observed === notDated || this.recorder.isHeld(series)) {
      this.#numbers.set(series + this.#observedAt, now);
      return false;
    }
    return now - observed >= this.#seconds;
  }

  #note(series: SeriesId): void {
    this.#numbers.set(series + this.#observedAt, notDated);
  }

  lookup(a: unknown, b: unknown, c: unknown): SeriesId | undefined {
    const series = this.recorder.lookup(a, b, c);
    if (series !== undefined) this.#note(series);
    return series;
  }

  getOrCreate(values: readonly unknown[], allowOverflow: boolean): SeriesId | DropReason {
    const series = this.recorder.getOrCreate(values, allowOverflow);
    if (typeof series === 'number') this.#note(series);
    return series;
  }

  add(series: SeriesId, by: number, exemplar?: ExemplarLabels): void {
    this.recorder.add(series, by, exemplar);
  }

  set(series: SeriesId, value: number): void {
    this.recorder.set(series, value);
  }

  observe(series: SeriesId, value: number, exemplar?: ExemplarLabels): void {
    this.recorder.observe(series, value, exemplar);
  }

  acquire(series: SeriesId): void {
    this.recorder.acquire(series);
  }

  release(series: SeriesId): void {
    this.#note(series);
    this.recorder.release(series);
  }
}
