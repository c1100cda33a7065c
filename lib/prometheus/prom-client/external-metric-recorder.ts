import type { ExternalMetricOperations } from '../../families/external-metric.js';
import type { Family } from '../../families/family.js';
import type { FamilyRecorder, SeriesId } from '../../recorder/metrics-recorder.js';
import { NumberStore } from '../../store/number-store.js';
import { SeriesTable, type TableOptions } from '../../store/series-table.js';

/**
 * Records into a user's own prom-client metric: the numbers are there, and here only what its label sets are called.
 *
 * What the metric throws counts as a fault of the observation; what it holds is its owner's, so nothing here exposes it.
 */
export class ExternalMetricRecorder extends SeriesTable implements FamilyRecorder {
  readonly #metric: ExternalMetricOperations;
  readonly #labels: object[] = [];

  constructor(family: Family, metric: ExternalMetricOperations, options: Pick<TableOptions, 'maxSeries' | 'watch'>) {
    super(family, { ...options, numbers: new NumberStore(), width: 1 });
    this.#metric = metric;
  }

  protected override born(values: readonly string[]): SeriesId {
    const place = super.born(values);
    const named = this.#metric.labelNames.map((name, i) => [name, values[i] ?? ''] as const);
    this.#labels[place] = Object.fromEntries(named.filter(([, text]) => text !== ''));
    return place;
  }

  add(place: SeriesId, by: number): void {
    this.#metric.inc(this.#at(place), by);
  }

  set(place: SeriesId, value: number): void {
    this.#metric.set(this.#at(place), value);
  }

  observe(place: SeriesId, value: number): void {
    this.#metric.observe(this.#at(place), value);
  }

  acquire(place: SeriesId): void {
    this.#metric.inc(this.#at(place), 1);
  }

  release(place: SeriesId): void {
    this.#metric.dec(this.#at(place), 1);
  }

  // Why a copy: both clients keep the object that they are given.
  #at(place: SeriesId): object {
    return { ...this.#labels[place] };
  }
}
