import { type DropReason, dropReasons } from '../error.js';
import { createFamily, type Family, type FamilyOptions } from '../families/family.js';
import type { LabelPolicies } from '../families/labels.js';
import type { NameRegister } from '../recorder/name-register.js';
import type { ConstantLabels, ExposedFamily, SampleWriter } from './exposed-family.js';
import type { NumberStore } from './numbers.js';
import { createSeriesRecorder, type SeriesRecorder, toExposedFamily } from './series-recorders.js';
import type { SeriesTable } from './series-table.js';
import { withLabels } from './with-labels.js';

type Options = FamilyOptions<LabelPolicies>;

const counter = (options: Options): Family => createFamily('counter', options, 'flowplane-metrics');
const gauge = (options: Options): Family => createFamily('gauge', options, 'flowplane-metrics');

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

/** A sample that is derived from a family's series: the label values after the metric's name, and the number. */
type DerivedSample = readonly [values: readonly string[], number: number];

interface DerivedFamily {
  readonly family: Family;
  derive(series: SeriesTable): readonly DerivedSample[];
}

/** What is derived from the families when they are scraped: nothing is counted for it at an observation. */
const derivedFamilies: readonly DerivedFamily[] = [
  {
    family: gauge({
      name: 'flowplane_metrics_series',
      help: 'Series of each metric, before buckets',
      labels: { metric: {} },
    }),
    derive: ({ size }) => [[[], size]],
  },
  {
    family: gauge({
      name: 'flowplane_metrics_series_limit',
      help: 'How many series each metric may have',
      labels: { metric: {} },
    }),
    derive: ({ maxSeries }) => [[[], maxSeries]],
  },
  {
    family: counter({
      name: 'flowplane_metrics_overflowed_total',
      help: 'Fresh label values that became "other", or would have, because they are outside the bounds of the label or metric',
      labels: { metric: {}, label: {} },
    }),
    derive: ({ guards }) => [...guards].map(([label, { folded }]) => [[label], folded]),
  },
  {
    family: counter({
      name: 'flowplane_metrics_redacted_total',
      help: 'Fresh label values that are not exposed, because of what they look like',
      labels: { metric: {}, label: {}, pattern: {} },
    }),
    derive: ({ guards }) =>
      [...guards].flatMap(([label, { redacted }]) =>
        [...redacted].map(([pattern, number]) => [[label, pattern], number] as const),
      ),
  },
];

const ownFamilies = [droppedFamily, failuresFamily, upFamily, ...derivedFamilies.map(({ family }) => family)];

/** The metrics of a recorder about itself: every lost observation is counted. */
export class SelfMetrics {
  readonly #dropped: SeriesRecorder;
  readonly #failures: SeriesRecorder;
  readonly #up: SeriesRecorder;
  readonly #reasons = new Map<string, Set<DropReason>>();

  constructor(numbers: NumberStore, names: NameRegister) {
    this.#dropped = createSeriesRecorder(droppedFamily, { maxSeries: Infinity, numbers });
    // Why limited: the names of external metrics come from elsewhere.
    this.#failures = createSeriesRecorder(failuresFamily, { maxSeries: 1000, numbers });
    this.#up = createSeriesRecorder(upFamily, { maxSeries: Infinity, numbers });
    for (const family of ownFamilies) names.take(family, family.name, family.site);
  }

  /** Why observations were dropped, by the family's name. */
  get reasons(): ReadonlyMap<string, ReadonlySet<DropReason>> {
    return this.#reasons;
  }

  /** Creates a series at 0 for each reason, so that `rate()` sees the first drop. */
  declare({ name }: Family): void {
    for (const reason of dropReasons) this.#dropped.getOrCreate([name, reason], true);
  }

  countDrop({ name }: Family, reason: DropReason, drops = 1): void {
    increment(this.#dropped, [name, reason], drops);
    const reasons = this.#reasons.get(name) ?? new Set();
    this.#reasons.set(name, reasons.add(reason));
  }

  countFailure(metric: string): void {
    increment(this.#failures, [metric]);
  }

  /** Records whether a collector gave its values for this scrape. */
  setCollectorUp({ name }: Family, isUp: boolean): void {
    const series = this.#up.getOrCreate([name], true);
    if (typeof series === 'number') this.#up.set(series, isUp ? 1 : 0);
  }

  /** These metrics as they are exposed, about the families with these series. A metric without samples is left out. */
  toExposedFamilies(tables: readonly SeriesTable[], labels: ConstantLabels): ExposedFamily[] {
    const counted = [this.#dropped, this.#failures, this.#up].filter(({ series }) => series.size > 0);
    return [
      ...counted.map((recorder) => toExposedFamily(recorder, recorder.series.family.name, labels)),
      ...derivedFamilies.flatMap((one) => deriveFamily(one, tables, labels)),
    ];
  }
}

function increment(recorder: SeriesRecorder, values: readonly string[], by = 1): void {
  const series = recorder.getOrCreate(values, true);
  if (typeof series === 'number') recorder.add(series, by);
}

function deriveFamily(
  { family, derive }: DerivedFamily,
  tables: readonly SeriesTable[],
  labels: ConstantLabels,
): ExposedFamily[] {
  const samples = tables.flatMap((series) =>
    derive(series).map(([values, number]) => [[series.family.name, ...values], number] as const),
  );
  if (samples.length === 0) return [];
  const { name, kind: type, help } = family;
  const names = Object.keys(family.labels);
  function* write(writer: SampleWriter): Generator<void> {
    for (const [values, number] of samples) {
      for (const [i, value] of values.entries()) writer.label(i, names[i] as string, value);
      writer.value(values.length, number);
    }
    yield;
  }
  return [withLabels({ name, type, help, write }, labels)];
}
