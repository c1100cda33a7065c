import type { DropReason } from '../definition/drop-reason.js';
import type { Family } from '../definition/family.js';
import type { PlacedMetric } from '../definition/placed.js';
import { labelText } from '../labels/label-text.js';
import type { FamilyRecorder, Place } from '../recorder/metrics-recorder.js';
import { NumberStore } from '../series/number-store.js';
import { SeriesTable } from '../series/series-table.js';

/**
 * Records into a user's own prom-client metric: the numbers are there, and here only what its label sets are called.
 *
 * What the metric throws counts as a fault of the observation; what it holds is its owner's, so nothing here exposes it.
 */
export class PlacedRecorder extends SeriesTable implements FamilyRecorder {
  readonly #metric: PlacedMetric;
  readonly #labels: object[] = [];

  constructor(family: Family, metric: PlacedMetric, maxSeries: number) {
    super(family, { maxSeries, numbers: new NumberStore(), width: 1, hash: undefined });
    this.#metric = metric;
  }

  override place(values: readonly unknown[], folds: boolean): Place | DropReason {
    const place = super.place(values, folds);
    if (typeof place === 'number') this.#labels[place] ??= this.#named(values);
    return place;
  }

  add(place: Place, by: number): void {
    this.#metric.inc(this.#at(place), by);
  }

  set(place: Place, value: number): void {
    this.#metric.set(this.#at(place), value);
  }

  observe(place: Place, value: number): void {
    this.#metric.observe(this.#at(place), value);
  }

  enter(place: Place): void {
    this.#metric.inc(this.#at(place), 1);
  }

  leave(place: Place): void {
    this.#metric.dec(this.#at(place), 1);
  }

  // Why a copy: both clients keep the object that they are given.
  #at(place: Place): object {
    return { ...this.#labels[place] };
  }

  // Why as text: what is no string would be written into their exposition as it is.
  #named(values: readonly unknown[]): object {
    const named = this.#metric.labelNames.map((name, i) => [name, labelText(values[i]) ?? '']);
    return Object.fromEntries(named.filter(([, text]) => text !== ''));
  }
}
