import { type DropReason, dropReasons } from '../definition/drop-reason.js';
import { type Family, type FamilyOptions, family as familyOf } from '../definition/family.js';
import type { Policies } from '../definition/label-policy.js';
import type { ExposedFamily } from '../exposition/exposed-family.js';
import type { NameRegister } from '../recorder/name-register.js';
import type { NumberStore } from '../series/number-store.js';
import { type ConstantLabels, exposed, seriesRecorder } from './own-family.js';
import type { SeriesRecorder } from './series-recorder.js';

const counter = (options: FamilyOptions<Policies>): Family => familyOf('counter', options, 'flowplane-metrics');

const droppedFamily = counter({
  name: 'flowplane_metrics_dropped_total',
  help: 'Observations that were not recorded, by metric and reason',
  labels: { metric: {}, reason: { oneOf: dropReasons } },
});

const failuresFamily = counter({
  name: 'flowplane_metrics_collector_failures_total',
  help: 'Metrics that were left out of a scrape, because computing them failed, took too long or their name is taken',
  labels: { metric: {} },
});

/** What a recorder tells of itself: nothing is lost without being counted. */
export class SelfMetrics {
  readonly #dropped: SeriesRecorder;
  readonly #failures: SeriesRecorder;
  readonly #reasons = new Map<string, Set<DropReason>>();

  constructor(numbers: NumberStore, names: NameRegister) {
    this.#dropped = seriesRecorder(droppedFamily, { maxSeries: Infinity, hash: undefined, numbers });
    // Why bounded: foreign metrics have their names from somebody else.
    this.#failures = seriesRecorder(failuresFamily, { maxSeries: 1000, hash: undefined, numbers });
    for (const family of [droppedFamily, failuresFamily]) names.take(family, family.name, family.site);
  }

  /** Why observations were dropped, by the family's name. */
  get reasons(): ReadonlyMap<string, ReadonlySet<DropReason>> {
    return this.#reasons;
  }

  /** Every reason is there at 0 from the start, so that `rate()` sees the first drop. */
  declare({ name }: Family): void {
    for (const reason of dropReasons) this.#dropped.place([name, reason], true);
  }

  countDrop({ name }: Family, reason: DropReason): void {
    count(this.#dropped, [name, reason]);
    const reasons = this.#reasons.get(name) ?? new Set();
    this.#reasons.set(name, reasons.add(reason));
  }

  countFailure(metric: string): void {
    count(this.#failures, [metric]);
  }

  /** What there is to tell: a recorder without families has nothing. */
  exposed(labels: ConstantLabels): ExposedFamily[] {
    const telling = [this.#dropped, this.#failures].filter(({ size }) => size > 0);
    return telling.map((recorder) => exposed(recorder, recorder.family.name, labels));
  }
}

function count(recorder: SeriesRecorder, values: readonly string[]): void {
  const place = recorder.place(values, true);
  if (typeof place === 'number') recorder.add(place, 1);
}
