import { runInSlices } from '../async/slices.js';
import type { DropReason } from '../error.js';
import type { Family } from '../families/family.js';
import type { FamilyRecorder, SeriesId } from '../recorder/metrics-recorder.js';
import { createSeriesRecorder, type SeriesOptions, type SeriesRecorder } from './series-recorders.js';

/** After how many series a sweep looks whether it has lasted long enough. */
const seriesPerStep = 128;

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
  #observed = new Set<SeriesId>();
  /** When each series was observed, the longest ago first. */
  #lastObserved = new Map<SeriesId, number>();
  #isSweeping = false;
  #sweeping: Promise<void> | undefined;

  constructor(family: Family, seconds: number, options: SeriesOptions) {
    this.#seconds = seconds;
    // Why: an initial series, which nothing has observed yet, expires as if the next sweep had observed it.
    const onCreate = (series: SeriesId): void => void this.#observed.add(series);
    this.recorder = createSeriesRecorder(family, { ...options, onCreate });
  }

  /**
   * Removes in slices what has expired by now, in seconds on the recorder's clock; the first slice before this returns. One
   * sweep waits for the other, so that a scrape shows nothing that an earlier one has found expired.
   */
  async sweep(now: number): Promise<void> {
    while (this.#isSweeping) await this.#sweeping;
    this.#sweeping = runInSlices(this.#sweep(now));
    await this.#sweeping;
  }

  clear(): void {
    this.#lastObserved = new Map();
    this.#observed = new Set();
    this.recorder.series.clear();
  }

  *#sweep(now: number): Generator<void> {
    this.#isSweeping = true;
    try {
      yield* this.#dateObserved(now);
      const expired = new Set<SeriesId>();
      yield* this.#takeExpired(now, expired);
      if (expired.size > 0) yield* this.recorder.series.removeWhere((series) => this.#isExpired(series, expired));
    } finally {
      this.#isSweeping = false;
    }
  }

  *#dateObserved(now: number): Generator<void> {
    const observed = this.#observed;
    const lastObserved = this.#lastObserved;
    this.#observed = new Set();
    let dated = 0;
    for (const series of observed) {
      // Why deleted first: what is set anew comes last.
      lastObserved.delete(series);
      lastObserved.set(series, now);
      if (++dated % seriesPerStep === 0) yield;
    }
  }

  *#takeExpired(now: number, expired: Set<SeriesId>): Generator<void> {
    const lastObserved = this.#lastObserved;
    for (const [series, observed] of lastObserved) {
      if (now - observed < this.#seconds) return;
      lastObserved.delete(series);
      expired.add(series);
      if (expired.size % seriesPerStep === 0) yield;
    }
  }

  #isExpired(series: SeriesId, expired: Set<SeriesId>): boolean {
    // Why deleted: another series may get the numbers of this one before the sweep has ended.
    if (!expired.delete(series) || this.#observed.has(series)) return false;
    const isHeld = this.recorder.isHeld(series);
    if (isHeld) this.#observed.add(series);
    return !isHeld;
  }

  lookup(a: unknown, b: unknown, c: unknown): SeriesId | undefined {
    const series = this.recorder.lookup(a, b, c);
    if (series !== undefined) this.#observed.add(series);
    return series;
  }

  getOrCreate(values: readonly unknown[], allowOverflow: boolean): SeriesId | DropReason {
    const series = this.recorder.getOrCreate(values, allowOverflow);
    if (typeof series === 'number') this.#observed.add(series);
    return series;
  }

  add(series: SeriesId, by: number): void {
    this.recorder.add(series, by);
  }

  set(series: SeriesId, value: number): void {
    this.recorder.set(series, value);
  }

  observe(series: SeriesId, value: number): void {
    this.recorder.observe(series, value);
  }

  acquire(series: SeriesId): void {
    this.recorder.acquire(series);
  }

  release(series: SeriesId): void {
    this.#observed.add(series);
    this.recorder.release(series);
  }
}
