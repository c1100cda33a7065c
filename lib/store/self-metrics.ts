import { type DropReason, dropReasons } from '../error.js';
import { type Family, type FamilyOptions, createFamily as familyOf } from '../families/family.js';
import type { LabelPolicies } from '../families/labels.js';
import type { NameRegister } from '../recorder/name-register.js';
import type { ConstantLabels, ExposedFamily, SampleWriter } from './exposed-family.js';
import type { NumberStore } from './number-store.js';
import { exposed, seriesRecorder } from './own-family.js';
import type { SeriesRecorder } from './series-recorder.js';
import { withLabels } from './with-labels.js';

type Declared = FamilyOptions<LabelPolicies>;

const counter = (options: Declared): Family => familyOf('counter', options, 'flowplane-metrics');
const gauge = (options: Declared): Family => familyOf('gauge', options, 'flowplane-metrics');

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

const upFamily = gauge({
  name: 'flowplane_metrics_collector_up',
  help: 'Whether the values of a metric that is computed at each scrape could be computed in this one',
  labels: { metric: {} },
});

/** A sample of what a recorder knows of one family: label values after the metric's name, and the number. */
type Told = readonly [values: readonly string[], number: number];

interface ToldFamily {
  readonly family: Family;
  tell(recorder: SeriesRecorder): readonly Told[];
}

/** What is read off the families when they are scraped: nothing is counted for it when something is observed. */
const told: readonly ToldFamily[] = [
  {
    family: gauge({
      name: 'flowplane_metrics_series',
      help: 'Series of each metric, before buckets',
      labels: { metric: {} },
    }),
    tell: ({ size }) => [[[], size]],
  },
  {
    family: gauge({
      name: 'flowplane_metrics_series_limit',
      help: 'How many series each metric may have',
      labels: { metric: {} },
    }),
    tell: ({ maxSeries }) => [[[], maxSeries]],
  },
  {
    family: counter({
      name: 'flowplane_metrics_overflowed_total',
      help: 'Fresh label values that became "other", or would have, because they are outside the bounds of the label or metric',
      labels: { metric: {}, label: {} },
    }),
    tell: ({ domains }) => [...domains].map(([label, { folded }]) => [[label], folded]),
  },
  {
    family: counter({
      name: 'flowplane_metrics_redacted_total',
      help: 'Fresh label values that are not exposed, because of what they look like',
      labels: { metric: {}, label: {}, pattern: {} },
    }),
    tell: ({ domains }) =>
      [...domains].flatMap(([label, { redacted }]) =>
        [...redacted].map(([pattern, n]) => [[label, pattern], n] as const),
      ),
  },
];

/** What a recorder tells of itself: nothing is lost without being counted. */
export class SelfMetrics {
  readonly #dropped: SeriesRecorder;
  readonly #failures: SeriesRecorder;
  readonly #up: SeriesRecorder;
  readonly #reasons = new Map<string, Set<DropReason>>();

  constructor(numbers: NumberStore, names: NameRegister) {
    this.#dropped = seriesRecorder(droppedFamily, { maxSeries: Infinity, numbers });
    // Why bounded: foreign metrics have their names from somebody else.
    this.#failures = seriesRecorder(failuresFamily, { maxSeries: 1000, numbers });
    this.#up = seriesRecorder(upFamily, { maxSeries: Infinity, numbers });
    for (const family of [droppedFamily, failuresFamily, upFamily, ...told.map(({ family }) => family)])
      names.take(family, family.name, family.site);
  }

  /** Why observations were dropped, by the family's name. */
  get reasons(): ReadonlyMap<string, ReadonlySet<DropReason>> {
    return this.#reasons;
  }

  /** Every reason is there at 0 from the start, so that `rate()` sees the first drop. */
  declare({ name }: Family): void {
    for (const reason of dropReasons) this.#dropped.getOrCreate([name, reason], true);
  }

  countDrop({ name }: Family, reason: DropReason): void {
    count(this.#dropped, [name, reason]);
    const reasons = this.#reasons.get(name) ?? new Set();
    this.#reasons.set(name, reasons.add(reason));
  }

  countFailure(metric: string): void {
    count(this.#failures, [metric]);
  }

  /** Whether a collector has given its values for this scrape. */
  collected({ name }: Family, isUp: boolean): void {
    const place = this.#up.getOrCreate([name], true);
    if (typeof place === 'number') this.#up.set(place, isUp ? 1 : 0);
  }

  /** What there is to tell of these families: of none there is nothing. */
  exposed(recorders: readonly SeriesRecorder[], labels: ConstantLabels): ExposedFamily[] {
    const counted = [this.#dropped, this.#failures, this.#up].filter(({ size }) => size > 0);
    return [
      ...counted.map((recorder) => exposed(recorder, recorder.family.name, labels)),
      ...told.flatMap((one) => toldOf(one, recorders, labels)),
    ];
  }
}

function count(recorder: SeriesRecorder, values: readonly string[]): void {
  const place = recorder.getOrCreate(values, true);
  if (typeof place === 'number') recorder.add(place, 1);
}

function toldOf(
  { family, tell }: ToldFamily,
  recorders: readonly SeriesRecorder[],
  labels: ConstantLabels,
): ExposedFamily[] {
  const samples = recorders.flatMap((recorder) =>
    tell(recorder).map(([values, number]) => [[recorder.family.name, ...values], number] as const),
  );
  if (samples.length === 0) return [];
  const { name, kind: type, help } = family;
  const names = Object.keys(family.labels);
  function* write(writer: SampleWriter): Generator<void> {
    for (const [values, number] of samples) {
      for (const [i, value] of values.entries()) writer.label(i, names[i] as string, value);
      writer.sample(values.length, '', number);
    }
    yield;
  }
  return [withLabels({ name, type, help, write }, labels)];
}
