import { type DropReason, dropReasons } from '../error.js';
import { createFamily, type Family, type FamilyOptions } from '../families/family.js';
import type { LabelPolicies } from '../families/labels.js';
import type { NameRegister } from '../recorder/name-register.js';
import { exemplarDropReasons } from './exemplar-labels.js';
import type { DroppedExemplars, Exemplars } from './exemplars.js';
import type { ConstantLabels, ExposedFamily, SampleWriter } from './exposed-family.js';
import { isNearlyReached, type SampleLimit } from './limits.js';
import type { NumberStore } from './numbers.js';
import { createSeriesRecorder, type SeriesRecorder, toExposedFamily } from './series-recorders.js';
import type { SeriesTable } from './series-table.js';
import { withLabels } from './with-labels.js';

type Options = FamilyOptions<LabelPolicies>;

const counter = (options: Options): Family => createFamily('counter', options, 'flowplane-metrics');
const gauge = (options: Options): Family => createFamily('gauge', options, 'flowplane-metrics');

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

/** How many observations were dropped, by the family's name and the reason. */
type Drops = ReadonlyMap<string, ReadonlyMap<DropReason, number>>;

/** What the derived families are derived from. */
interface RecorderState {
  readonly drops: Drops;
  readonly droppedExemplars: DroppedExemplars;
  readonly tables: readonly SeriesTable[];
  /** Those of the tables that have most of the series that they may have. */
  readonly nearlyFull: readonly SeriesTable[];
  readonly sampleLimit: SampleLimit;
  /** When all of that was created, in seconds since the epoch. */
  readonly createdAt: number;
}

/** A derived sample: the values of its labels and the number. */
type DerivedSample = readonly [labels: readonly string[], number: number];

/** The label `metric` of what is about all metrics. Why empty: such a label is not written, and no constant label takes its place. */
const noMetric = '';

interface DerivedFamily {
  readonly family: Family;
  derive(state: RecorderState): readonly DerivedSample[];
}

/**
 * What is derived when it is scraped: nothing is counted for it at an observation that is recorded. A series of one metric
 * appears when there is something to say of it. Why: most metrics lose nothing, and 13 series of each would be a third of
 * the answer. The series of the whole recorder are there from the start, so that `rate()` sees the first loss.
 */
const derivedFamilies: readonly DerivedFamily[] = [
  {
    family: counter({
      name: 'flowplane_metrics_losses_total',
      help: 'Lost observations, by reason',
      labels: { reason: { oneOf: dropReasons } },
    }),
    derive: ({ drops }) => {
      const ofAll = [...drops.values()];
      return dropReasons.map((reason) => [[reason], ofAll.reduce((sum, one) => sum + (one.get(reason) ?? 0), 0)]);
    },
  },
  {
    family: counter({
      name: 'flowplane_metrics_dropped_total',
      help: 'Lost observations, by metric and reason',
      labels: { metric: {}, reason: { oneOf: dropReasons } },
    }),
    derive: ({ drops }) => listByReason(drops),
  },
  {
    family: counter({
      name: 'flowplane_metrics_exemplars_dropped_total',
      help: 'Exemplars given by hand that cannot be exposed, by metric and reason; their observations are recorded',
      labels: { metric: {}, reason: { oneOf: exemplarDropReasons } },
    }),
    derive: ({ droppedExemplars }) => listByReason(droppedExemplars),
  },
  {
    family: gauge({
      name: 'flowplane_metrics_series',
      help: 'Series of a metric with 80 % of its limit; without metric: all samples',
      labels: { metric: {} },
    }),
    derive: ({ nearlyFull, sampleLimit }) => [
      [[noMetric], sampleLimit.used],
      ...nearlyFull.map(({ family: { name }, size }) => [[name], size] as const),
    ],
  },
  {
    family: gauge({
      name: 'flowplane_metrics_series_limit',
      help: 'The limit of flowplane_metrics_series',
      labels: { metric: {} },
    }),
    derive: ({ nearlyFull, sampleLimit }) => [
      [[noMetric], sampleLimit.max],
      ...nearlyFull.map(({ family: { name }, maxSeries }) => [[name], maxSeries] as const),
    ],
  },
  {
    family: counter({
      name: 'flowplane_metrics_overflowed_total',
      help: 'Fresh label values that became "other", or would have, because they are outside the bounds of the label or metric',
      labels: { metric: {}, label: {} },
    }),
    derive: ({ tables }) =>
      tables.flatMap(({ family: { name }, guards }) =>
        [...guards]
          .filter(([, { folded }]) => folded > 0)
          .map(([label, { folded }]) => [[name, label], folded] as const),
      ),
  },
  {
    family: counter({
      name: 'flowplane_metrics_redacted_total',
      help: 'Fresh label values that are not exposed, because of what they look like',
      labels: { metric: {}, label: {}, pattern: {} },
    }),
    derive: ({ tables }) =>
      tables.flatMap(({ family: { name }, guards }) =>
        [...guards].flatMap(([label, { redacted }]) =>
          [...redacted].map(([pattern, number]) => [[name, label, pattern], number] as const),
        ),
      ),
  },
];

function listByReason(counts: ReadonlyMap<string, ReadonlyMap<string, number>>): DerivedSample[] {
  return [...counts].flatMap(([metric, reasons]) => [...reasons].map(([reason, n]) => [[metric, reason], n] as const));
}

const noExemplars: DroppedExemplars = new Map();

/** What the metrics of a recorder about itself need of it. */
interface Store {
  readonly numbers: NumberStore;
  readonly names: NameRegister;
  readonly sampleLimit: SampleLimit;
  readonly exemplars: Exemplars | undefined;
  /** The time in seconds since the epoch. */
  readonly wallClock: () => number;
  /** Is called when something has been counted. */
  onChange(): void;
}

/** The families of a recorder about itself. */
export const selfFamilies: readonly Family[] = [
  failuresFamily,
  upFamily,
  ...derivedFamilies.map(({ family }) => family),
];

/** The metrics of a recorder about itself: every lost observation is counted. */
export class SelfMetrics {
  readonly #drops = new Map<string, Map<DropReason, number>>();
  readonly #sampleLimit: SampleLimit;
  readonly #exemplars: Exemplars | undefined;
  readonly #numbers: NumberStore;
  readonly #wallClock: () => number;
  /** Why made when they are first needed: few stores have collectors, and few collectors fail. */
  #failures: SeriesRecorder | undefined;
  #up: SeriesRecorder | undefined;
  readonly #onChange: () => void;
  /** Since when everything that is derived was counted. */
  readonly #createdAt: number;

  constructor({ numbers, names, sampleLimit, exemplars, wallClock, onChange }: Store) {
    this.#sampleLimit = sampleLimit;
    this.#exemplars = exemplars;
    this.#onChange = onChange;
    this.#numbers = numbers;
    this.#wallClock = wallClock;
    this.#createdAt = wallClock();
    names.reserve('flowplane_metrics_', () => {
      for (const family of selfFamilies) names.take(family, family.name, family.site);
    });
  }

  get drops(): Drops {
    return this.#drops;
  }

  countDrop({ name }: Family, reason: DropReason, drops = 1): void {
    let ofFamily = this.#drops.get(name);
    if (ofFamily === undefined) {
      ofFamily = new Map();
      this.#drops.set(name, ofFamily);
    }
    ofFamily.set(reason, (ofFamily.get(reason) ?? 0) + drops);
    this.#onChange();
  }

  countFailure(metric: string): void {
    const [numbers, wallClock] = [this.#numbers, this.#wallClock];
    // Why limited: the names of external metrics come from elsewhere.
    this.#failures ??= createSeriesRecorder(failuresFamily, { maxSeries: 1000, numbers, wallClock });
    const series = this.#failures.getOrCreate([metric], true);
    if (typeof series === 'number') this.#failures.add(series, 1);
    this.#onChange();
  }

  /** Records whether a collector gave its values for this scrape. */
  setCollectorUp({ name }: Family, isUp: boolean): void {
    this.#up ??= createSeriesRecorder(upFamily, { maxSeries: Infinity, numbers: this.#numbers });
    const series = this.#up.getOrCreate([name], true);
    if (typeof series === 'number') this.#up.set(series, isUp ? 1 : 0);
  }

  /** These metrics as they are exposed, about the families with these series. A metric without samples is left out. */
  toExposedFamilies(tables: readonly SeriesTable[], labels: ConstantLabels): ExposedFamily[] {
    const nearlyFull = tables.filter(({ size, maxSeries }) => isNearlyReached(size, maxSeries));
    const droppedExemplars = this.#exemplars?.dropped ?? noExemplars;
    const [drops, sampleLimit, createdAt] = [this.#drops, this.#sampleLimit, this.#createdAt];
    const state = { drops, droppedExemplars, tables, nearlyFull, sampleLimit, createdAt };
    const counted = [this.#failures, this.#up].filter((recorder) => recorder !== undefined);
    return [
      ...derivedFamilies.flatMap((one) => deriveFamily(one, state, labels)),
      ...counted.map((recorder) => toExposedFamily(recorder, { name: recorder.series.family.name, constant: labels })),
    ];
  }
}

function deriveFamily(
  { family, derive }: DerivedFamily,
  state: RecorderState,
  labels: ConstantLabels,
): ExposedFamily[] {
  const samples = derive(state);
  if (samples.length === 0) return [];
  const { name, kind: type, help } = family;
  const createdAt = type === 'counter' ? state.createdAt : undefined;
  const names = Object.keys(family.labels);
  function* write(writer: SampleWriter): Generator<void> {
    for (const [values, number] of samples) {
      for (const [i, value] of values.entries()) writer.label(i, names[i] as string, value);
      writer.value(values.length, number, createdAt);
    }
    yield;
  }
  return [withLabels({ name, type, help, write }, labels)];
}
