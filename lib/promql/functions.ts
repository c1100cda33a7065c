import { formatValue, type Problem, refuseIfAny } from '../error.js';
import type { Family } from '../families/family.js';
import type { MetricKind } from '../families/kinds.js';
import type { LabelPolicies } from '../families/labels.js';
import { checkFields, checkValue, isText, problem, type Rule, type Rules } from '../validation.js';
import { boundCondition } from './bound.js';
import { type Duration, durationRule, type PlainDuration, plainDurationRule } from './duration.js';
import { Expression, readQuery } from './expression.js';
import type { Node } from './node.js';
import type { Selector, SplitQuery, TargetLabel, VectorQuery } from './query.js';
import { readSource, type SelectorExpression, type SeriesOptions, type Source, select } from './selector.js';
import { type Build, SplitExpression } from './split-expression.js';

/** The labels of series that nothing has been done with: those of the family, and those that Prometheus adds. */
type AllLabels<P extends LabelPolicies, T extends string> = (keyof P & string) | T;

/** A function of PromQL that looks back over a length of time. */
export type WindowFunction<K extends MetricKind> = <P extends LabelPolicies, T extends string = TargetLabel>(
  source: Source<K, P, T>,
  window: Duration,
) => VectorQuery<AllLabels<P, T>, P, T>;

function overTime<K extends MetricKind>(name: string, kinds: readonly K[]): WindowFunction<K> {
  const look = (source: unknown, window: string): Expression => {
    const { node, known } = readSource(name, source, kinds);
    refuseIfAny(known.site, checkValue(`the window of ${name}`, durationRule, window));
    return new Expression({ type: 'call', name, args: [{ ...node, window }] }, known);
  };
  return look as unknown as WindowFunction<K>;
}

/**
 * How much a counter grows a second, on average over this time.
 *
 * @example
 * import { defineCounter } from 'flowplane-metrics';
 * import { rate } from 'flowplane-metrics/promql';
 *
 * const orders = defineCounter({ name: 'orders_total', help: 'Orders' });
 * console.log(String(rate(orders, '5m'))); // rate(orders_total[5m])
 */
export const rate: WindowFunction<'counter'> = overTime('rate', ['counter']);

/**
 * How much a counter has grown in this time.
 *
 * @example
 * import { defineCounter } from 'flowplane-metrics';
 * import { increase } from 'flowplane-metrics/promql';
 *
 * const orders = defineCounter({ name: 'orders_total', help: 'Orders', labels: { team: {} } });
 * console.log(String(increase(orders, '1h').sumBy('team'))); // sum by (team) (increase(orders_total[1h]))
 */
export const increase: WindowFunction<'counter'> = overTime('increase', ['counter']);

/**
 * How much a counter has grown in this time, where a series that appears in it began at 0: with its first event, and with what
 * happened before the first scrape of a process. `increase` sees neither, so that an alert on a rare event stays quiet.
 *
 * It reads `up` and `process_start_time_seconds` too, which every target of Prometheus and every recorder with the metrics of
 * the process have.
 *
 * @example
 * import { defineCounter } from 'flowplane-metrics';
 * import { increaseFromZero } from 'flowplane-metrics/promql';
 *
 * const denied = defineCounter({ name: 'denied_total', help: 'Denied', labels: { team: {} } });
 * console.log(String(increaseFromZero(denied, '5m').sumBy('team').above(0)));
 */
export function increaseFromZero<P extends LabelPolicies, T extends string = TargetLabel>(
  counter: Source<'counter', P, T>,
  window: PlainDuration,
): VectorQuery<AllLabels<P, T>, P, T> {
  const { node, known } = readSource('increaseFromZero', counter, ['counter']);
  refuseIfAny(known.site, [
    ...checkValue('the window of increaseFromZero', plainDurationRule, window),
    ...(node.offset === undefined ? [] : checkValue('the offset', plainDurationRule, node.offset)),
  ]);
  const growth: Node = { type: 'growth', of: { ...node, window }, target: known.target };
  return new Expression(growth, known) as unknown as VectorQuery<AllLabels<P, T>, P, T>;
}

/**
 * How much a counter grows a second, by its last two samples in this time.
 *
 * @example
 * import { defineCounter } from 'flowplane-metrics';
 * import { irate } from 'flowplane-metrics/promql';
 *
 * const orders = defineCounter({ name: 'orders_total', help: 'Orders' });
 * console.log(String(irate(orders, '1m'))); // irate(orders_total[1m])
 */
export const irate: WindowFunction<'counter'> = overTime('irate', ['counter']);

/**
 * How often a counter has begun anew in this time: how often its process started.
 *
 * @example
 * import { defineCounter } from 'flowplane-metrics';
 * import { resets } from 'flowplane-metrics/promql';
 *
 * const orders = defineCounter({ name: 'orders_total', help: 'Orders' });
 * console.log(String(resets(orders, '1d').sumBy('instance'))); // sum by (instance) (resets(orders_total[1d]))
 */
export const resets: WindowFunction<'counter'> = overTime('resets', ['counter']);

/**
 * By how much a gauge differs from what it was this long ago.
 *
 * @example
 * import { defineGauge } from 'flowplane-metrics';
 * import { delta } from 'flowplane-metrics/promql';
 *
 * const depth = defineGauge({ name: 'queue_depth', help: 'Waiting jobs' });
 * console.log(String(delta(depth, '1h'))); // delta(queue_depth[1h])
 */
export const delta: WindowFunction<'gauge'> = overTime('delta', ['gauge']);

/**
 * How much a gauge changes a second, by a line through its samples in this time.
 *
 * @example
 * import { defineGauge } from 'flowplane-metrics';
 * import { deriv } from 'flowplane-metrics/promql';
 *
 * const depth = defineGauge({ name: 'queue_depth', help: 'Waiting jobs' });
 * console.log(String(deriv(depth, '1h').above(0))); // deriv(queue_depth[1h]) > 0
 */
export const deriv: WindowFunction<'gauge'> = overTime('deriv', ['gauge']);

/**
 * The average of a gauge over this time.
 *
 * @example
 * import { defineGauge } from 'flowplane-metrics';
 * import { avgOverTime } from 'flowplane-metrics/promql';
 *
 * const depth = defineGauge({ name: 'queue_depth', help: 'Waiting jobs' });
 * console.log(String(avgOverTime(depth, '1h'))); // avg_over_time(queue_depth[1h])
 */
export const avgOverTime: WindowFunction<'gauge'> = overTime('avg_over_time', ['gauge']);

/**
 * The least value of a gauge in this time.
 *
 * @example
 * import { defineGauge } from 'flowplane-metrics';
 * import { minOverTime } from 'flowplane-metrics/promql';
 *
 * const depth = defineGauge({ name: 'queue_depth', help: 'Waiting jobs' });
 * console.log(String(minOverTime(depth, '1h'))); // min_over_time(queue_depth[1h])
 */
export const minOverTime: WindowFunction<'gauge'> = overTime('min_over_time', ['gauge']);

/**
 * The greatest value of a gauge in this time.
 *
 * @example
 * import { defineGauge } from 'flowplane-metrics';
 * import { maxOverTime } from 'flowplane-metrics/promql';
 *
 * const depth = defineGauge({ name: 'queue_depth', help: 'Waiting jobs', labels: { queue: {} } });
 * console.log(String(maxOverTime(depth, '1h').maxBy('queue'))); // max by (queue) (max_over_time(queue_depth[1h]))
 */
export const maxOverTime: WindowFunction<'gauge'> = overTime('max_over_time', ['gauge']);

/**
 * The last value in this time, also of series that have ended since.
 *
 * @example
 * import { defineGauge } from 'flowplane-metrics';
 * import { lastOverTime } from 'flowplane-metrics/promql';
 *
 * const lastRun = defineGauge({ name: 'backup_last_run_seconds', help: 'When the backup ran' });
 * console.log(String(lastOverTime(lastRun, '1d'))); // last_over_time(backup_last_run_seconds[1d])
 */
export const lastOverTime: WindowFunction<'counter' | 'gauge'> = overTime('last_over_time', ['counter', 'gauge']);

/**
 * The series of a counter or a gauge as they are now, and for the functions that look back: with the recorder's prefix and the
 * labels that Prometheus adds, where they differ.
 *
 * @throws MetricsError `not_supported` for a histogram, which has no series of its own name.
 * @example
 * import { defineGauge } from 'flowplane-metrics';
 * import { series } from 'flowplane-metrics/promql';
 *
 * const rooms = defineGauge({ name: 'free_rooms', help: 'Free rooms', labels: { hotel: {} } });
 * const inCluster = series(rooms, { prefix: 'booking_', targetLabels: ['namespace'] });
 * console.log(String(inCluster.minBy('namespace'))); // min by (namespace) (booking_free_rooms)
 */
export function series<K extends 'counter' | 'gauge', P extends LabelPolicies, const T extends string = TargetLabel>(
  family: Family<K, P>,
  options?: SeriesOptions<T>,
): Selector<K, P, T> {
  return readSource('series', select('series', family, options), ['counter', 'gauge']) as unknown as Selector<K, P, T>;
}

/** A part of a histogram is a counter. */
type Part<P extends LabelPolicies, T extends string> = Selector<'counter', P, T>;

const selectHistogram = (by: string, family: unknown, options: unknown): SelectorExpression =>
  readSource(by, select(by, family as Family, options as SeriesOptions<string>), ['histogram']);

/**
 * How many observations a histogram has.
 *
 * @example
 * import { defineHistogram } from 'flowplane-metrics';
 * import { countOf, rate } from 'flowplane-metrics/promql';
 *
 * const latency = defineHistogram({ name: 'order_seconds', help: 'Duration of orders' });
 * console.log(String(rate(countOf(latency), '5m'))); // rate(order_seconds_count[5m])
 */
export function countOf<P extends LabelPolicies, const T extends string = TargetLabel>(
  histogram: Family<'histogram', P>,
  options?: SeriesOptions<T>,
): Part<P, T> {
  return selectHistogram('countOf', histogram, options).part('_count') as unknown as Part<P, T>;
}

/**
 * The sum of a histogram's observations.
 *
 * @example
 * import { defineHistogram } from 'flowplane-metrics';
 * import { countOf, rate, sumOf } from 'flowplane-metrics/promql';
 *
 * const latency = defineHistogram({ name: 'order_seconds', help: 'Duration of orders' });
 * const average = rate(sumOf(latency), '5m').sum().dividedBy(rate(countOf(latency), '5m').sum());
 * console.log(String(average)); // sum(rate(order_seconds_sum[5m])) / sum(rate(order_seconds_count[5m]))
 */
export function sumOf<P extends LabelPolicies, const T extends string = TargetLabel>(
  histogram: Family<'histogram', P>,
  options?: SeriesOptions<T>,
): Part<P, T> {
  return selectHistogram('sumOf', histogram, options).part('_sum') as unknown as Part<P, T>;
}

/**
 * The quantile of a histogram's observations in this time, of all series together; `by` splits it.
 *
 * @param quantile the rank, from 0 to 1.
 * @example
 * import { defineHistogram } from 'flowplane-metrics';
 * import { histogramQuantile } from 'flowplane-metrics/promql';
 *
 * const latency = defineHistogram({ name: 'order_seconds', help: 'Duration of orders', labels: { team: {} } });
 * const query = histogramQuantile(0.99, latency, '5m').by('team');
 * console.log(String(query)); // histogram_quantile(0.99, sum by (le, team) (rate(order_seconds_bucket[5m])))
 */
export function histogramQuantile<P extends LabelPolicies, const T extends string = TargetLabel>(
  quantile: number,
  histogram: Family<'histogram', P>,
  window: Duration,
  options?: SeriesOptions<T>,
): SplitQuery<never, P, T> {
  const selected = selectHistogram('histogramQuantile', histogram, options);
  refuseIfAny(selected.known.site, [
    ...checkValue('the quantile', rankRule, quantile),
    ...checkValue('the window of histogramQuantile', durationRule, window),
  ]);
  const rank: Node = { type: 'number', value: quantile };
  const build: Build = (series, by) => ({
    type: 'call',
    name: 'histogram_quantile',
    args: [rank, sumOfRates(series.part('_bucket'), window, ['le', ...by])],
  });
  return new SplitExpression(selected, build) as unknown as SplitQuery<never, P, T>;
}

/**
 * The part of a histogram's observations in this time that is at most this bound, from 0 to 1; `by` splits it.
 *
 * @throws MetricsError `illegal_option` if the histogram has no such bound.
 * @example
 * import { defineHistogram } from 'flowplane-metrics';
 * import { fractionAtMost } from 'flowplane-metrics/promql';
 *
 * const latency = defineHistogram({ name: 'order_seconds', help: 'Duration of orders', buckets: [0.25, 1.5] });
 * const query = fractionAtMost(0.25, latency, '5m');
 * console.log(String(query)); // sum(rate(order_seconds_bucket{le="0.25"}[5m])) / sum(rate(order_seconds_count[5m]))
 */
export function fractionAtMost<P extends LabelPolicies, const T extends string = TargetLabel>(
  bound: number,
  histogram: Family<'histogram', P>,
  window: Duration,
  options?: SeriesOptions<T>,
): SplitQuery<never, P, T> {
  const selected = selectHistogram('fractionAtMost', histogram, options);
  refuseIfAny(selected.known.site, [
    ...checkBound(bound, histogram.buckets),
    ...checkValue('the window of fractionAtMost', durationRule, window),
  ]);
  const build: Build = (series, by) => ({
    type: 'binary',
    operator: '/',
    left: sumOfRates(series.part('_bucket', 'le').where({ le: boundCondition(bound) }), window, by),
    right: sumOfRates(series.part('_count'), window, by),
  });
  return new SplitExpression(selected, build) as unknown as SplitQuery<never, P, T>;
}

const rankRule: Rule = {
  must: 'be a number from 0 to 1',
  accepts: (value) => typeof value === 'number' && value >= 0 && value <= 1,
  remedy: 'Write for example 0.99',
  isRequired: true,
};

const checkBound = (bound: unknown, bounds: readonly unknown[]): Problem[] =>
  bounds.includes(bound)
    ? []
    : [
        problem(
          'illegal_option',
          `the histogram has no bucket that ends at ${formatValue(bound)} (its bounds: ${bounds.join(', ')}). Use one of these.`,
        ),
      ];

const sumOfRates = ({ node }: SelectorExpression, window: string, by: readonly string[]): Node => ({
  type: 'aggregation',
  operator: 'sum',
  by,
  of: { type: 'call', name: 'rate', args: [{ ...node, window }] },
});

/**
 * Whether there is no such series: one series of value 1 if so, and none otherwise.
 *
 * @example
 * import { defineGauge } from 'flowplane-metrics';
 * import { absent, series } from 'flowplane-metrics/promql';
 *
 * const lastRun = defineGauge({ name: 'backup_last_run_seconds', help: 'When the backup ran' });
 * console.log(String(absent(series(lastRun)))); // absent(backup_last_run_seconds)
 */
export function absent<L extends string, P extends LabelPolicies, T extends string>(
  query: VectorQuery<L, P, T>,
): VectorQuery<never, P, T> {
  const { node, known } = readQuery('absent', query);
  const result = new Expression({ type: 'call', name: 'absent', args: [node] }, { ...known, labels: [] });
  return result as unknown as VectorQuery<never, P, T>;
}

/**
 * An expression that you write yourself, with the labels of its result: for what is no family of yours.
 *
 * @example
 * import { raw } from 'flowplane-metrics/promql';
 *
 * console.log(String(raw('up{job="billing"}', ['instance']).equalTo(0))); // (up{job="billing"}) == 0
 */
export function raw<const L extends string>(text: string, labels: readonly L[]): VectorQuery<L, {}, never> {
  refuseIfAny('raw', checkFields({ text, labels }, rawRules));
  const known = { site: 'raw', policies: {}, target: [], labels };
  return new Expression({ type: 'text', text }, known) as unknown as VectorQuery<L, {}, never>;
}

const rawRules: Rules = {
  text: {
    must: 'be a text that is not blank',
    accepts: (value) => isText(value) && value.trim() !== '',
    remedy: 'Write an expression of PromQL',
    isRequired: true,
  },
  labels: {
    must: 'be a list of labels',
    accepts: (value) => Array.isArray(value) && value.every(isText),
    remedy: 'Name the labels of the result; write [] for none',
    isRequired: true,
  },
};
