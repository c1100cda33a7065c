import type { Family } from '../families/family.js';
import type { LabelPolicies } from '../families/labels.js';
import type { Duration } from './duration.js';
import type { Node } from './node.js';
import type { SplitQuery, TargetLabel } from './query.js';
import { readSource, type SelectorExpression, type SeriesOptions, select } from './selector.js';
import { type Build, SplitExpression } from './split-expression.js';

type HistogramQuery<P extends LabelPolicies, T extends string> = SplitQuery<never, P, T>;

/** The growth of a native histogram in this time, as one histogram of all series together; `by` splits it. */
export function nativeIncrease<P extends LabelPolicies, T extends string = TargetLabel>(
  histogram: Family<'histogram', P>,
  window: Duration,
  options?: SeriesOptions<T>,
): HistogramQuery<P, T> {
  return split(histogram, options, (series, by) => sumOf('increase', series, window, by));
}

/** How many observations a native histogram gets a second; `by` splits it. */
export function nativeCountRate<P extends LabelPolicies, T extends string = TargetLabel>(
  histogram: Family<'histogram', P>,
  window: Duration,
  options?: SeriesOptions<T>,
): HistogramQuery<P, T> {
  return split(histogram, options, (series, by) => call('histogram_count', [sumOf('rate', series, window, by)]));
}

/** The quantile of a native histogram's observations in this time; `by` splits it. */
export function nativeQuantile<P extends LabelPolicies, T extends string = TargetLabel>(
  quantile: number,
  histogram: Family<'histogram', P>,
  window: Duration,
  options?: SeriesOptions<T>,
): HistogramQuery<P, T> {
  const rank: Node = { type: 'number', value: quantile };
  return split(histogram, options, (series, by) =>
    call('histogram_quantile', [rank, sumOf('rate', series, window, by)]),
  );
}

/** The growth of each bucket of a classic histogram in this time, by its label `le`; `by` splits it further. */
export function increaseByBucket<P extends LabelPolicies, T extends string = TargetLabel>(
  histogram: Family<'histogram', P>,
  window: Duration,
  options?: SeriesOptions<T>,
): HistogramQuery<P, T> {
  return split(histogram, options, (series, by) => sumOf('increase', series.part('_bucket'), window, ['le', ...by]));
}

function split<P extends LabelPolicies, T extends string>(
  histogram: Family<'histogram', P>,
  options: SeriesOptions<T> | undefined,
  build: Build,
): HistogramQuery<P, T> {
  const series = readSource('a histogram', select('a histogram', histogram, options), ['histogram']);
  return new SplitExpression(series, build) as unknown as HistogramQuery<P, T>;
}

const call = (name: string, args: readonly Node[]): Node => ({ type: 'call', name, args });

const sumOf = (name: string, { node }: SelectorExpression, window: string, by: readonly string[]): Node => ({
  type: 'aggregation',
  operator: 'sum',
  by,
  of: call(name, [{ ...node, window }]),
});
