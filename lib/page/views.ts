import { addDistributions, type Distribution, emptyDistribution, quantileOf, subtract } from './distribution.js';
import { type Choices, groupSeries } from './grouping.js';
import type { TimedReading } from './history.js';
import type { SeriesReading } from './reading.js';

/** A series in two readings; `undefined` before it was there. */
type Step = readonly [now: SeriesReading, before: SeriesReading | undefined];

/** The series of one group in two readings. */
export interface Group {
  readonly steps: readonly Step[];
  /** The seconds between the two; `undefined` where there is only one. */
  readonly seconds: number | undefined;
}

/** What is drawn at one time: a number for each line, or the observations of a heat map. */
export interface Column {
  readonly time: number;
  readonly lines: ReadonlyMap<string, number | null>;
  readonly growth: Distribution;
}

/** A way to look at a family. */
export interface View {
  /** Its name in the list of views. */
  readonly name: string;
  /** What the graph says, as a sentence. */
  readonly meaning: string;
  /** Whether it counts per second. */
  readonly isRate: boolean;
  /** Whether its values have the unit of the family; else they are numbers of events. */
  readonly hasUnit: boolean;
  readonly isHeatMap?: boolean;
  /** The numbers of a group, each with what is added to the title of its line. */
  readonly measure: (group: Group) => readonly (readonly [word: string, value: number | null])[];
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

/** What was counted since the reading before. A series that was not there had counted nothing; one that fell began anew. */
const increase = ({ steps }: Group): number =>
  sum(
    steps.map(([now, before]) =>
      before === undefined || now.value < before.value ? now.value : now.value - before.value,
    ),
  );

const distributionOf = (series: SeriesReading | undefined): Distribution => series?.distribution ?? emptyDistribution;

/** What histograms have observed since the reading before. */
export const growthOf = ({ steps }: Group): Distribution =>
  addDistributions(steps.map(([now, before]) => subtract(distributionOf(now), distributionOf(before))));

const percentiles = [50, 90, 99];

const rate: View['measure'] = (group) => [['', group.seconds === undefined ? null : increase(group) / group.seconds]];
const value: View['measure'] = ({ steps }) => [['', sum(steps.map(([now]) => now.value))]];

const views = {
  value: {
    name: 'Value',
    meaning: 'The value. Series that are drawn together are added up.',
    isRate: false,
    hasUnit: true,
    measure: value,
  },
  rate: {
    name: 'Rate',
    meaning: 'What was counted per second, over the last 10 s.',
    isRate: true,
    hasUnit: true,
    measure: rate,
  },
  total: {
    name: 'Total',
    meaning: 'What was counted since the process started.',
    isRate: false,
    hasUnit: true,
    measure: value,
  },
  percentiles: {
    name: 'Percentiles',
    meaning: 'The 50th, 90th and 99th percentile of the last 10 s, estimated from the buckets.',
    isRate: false,
    hasUnit: true,
    measure: (group) => {
      const growth = group.seconds === undefined ? emptyDistribution : growthOf(group);
      return percentiles.map((p) => [`p${p}`, quantileOf(p / 100, growth)]);
    },
  },
  heatMap: {
    name: 'Heat map',
    meaning: 'How many observations each bucket got in the last 10 s: the stronger the colour, the more.',
    isRate: false,
    hasUnit: true,
    isHeatMap: true,
    measure: () => [],
  },
  observations: {
    name: 'Rate',
    meaning: 'Observations per second, over the last 10 s.',
    isRate: true,
    hasUnit: false,
    measure: rate,
  },
  average: {
    name: 'Average',
    meaning: 'The sum of the observations of the last 10 s, divided by their number.',
    isRate: false,
    hasUnit: true,
    measure: (group) => {
      const growth = group.seconds === undefined ? emptyDistribution : growthOf(group);
      return [['', growth.count > 0 ? growth.sum / growth.count : null]];
    },
  },
  quantiles: {
    name: 'Quantiles',
    meaning: 'The quantiles that the service gives. Those of several series cannot be added up.',
    isRate: false,
    hasUnit: true,
    measure: ({ steps: [first, second] }) =>
      second === undefined ? (first?.[0].quantiles ?? []).map(([q, at]) => [`p${q * 100}`, at]) : [],
  },
} satisfies Record<string, View>;

/** The views of each kind of family, the default one first. */
const viewsByKind: Readonly<Record<string, readonly [View, ...View[]]>> = {
  counter: [views.rate, views.total],
  gauge: [views.value],
  histogram: [views.percentiles, views.heatMap, views.observations, views.average],
  summary: [views.quantiles, views.observations, views.average],
};

/** The ways to look at a family of this kind. */
export const viewsOf = (kind: string): readonly [View, ...View[]] => viewsByKind[kind] ?? [views.value];

/** Computes what is drawn at the time of a reading. */
export function measureColumn(
  view: View,
  choices: Choices,
  now: TimedReading,
  before: TimedReading | undefined,
): Column {
  const seconds = before === undefined ? undefined : now.time - before.time;
  const lines = new Map<string, number | null>();
  const all: Step[] = [];
  for (const [title, series] of groupSeries(now.family, choices)) {
    const steps = series.map(([key, one]): Step => [one, before?.family.get(key)]);
    all.push(...steps);
    for (const [word, number] of view.measure({ steps, seconds })) {
      // Why: one NaN would be the least and the most of all numbers, and upset their order.
      lines.set([title, word].filter(Boolean).join(' ') || 'all', Number.isNaN(number) ? null : number);
    }
  }
  const isMeasured = view.isHeatMap === true && seconds !== undefined;
  return { time: now.time, lines, growth: isMeasured ? growthOf({ steps: all, seconds }) : emptyDistribution };
}
