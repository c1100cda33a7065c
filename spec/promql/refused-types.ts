import { histogramQuantile, increaseFromZero, maxOverTime, rate, series } from 'flowplane-metrics/promql';
import { depth, latency, orders } from './families.js';

/** What the compiler must refuse. Never run. */
export function refusedByTheCompiler(): void {
  // @ts-expect-error: the family has no such label.
  rate(orders, '5m').where({ teem: 'a' });
  // @ts-expect-error: no value of this label.
  rate(orders, '5m').where({ kind: 'old' });
  // @ts-expect-error: no value of this label.
  rate(orders, '5m').where({ kind: { not: 'old' } });
  // @ts-expect-error: the family has no such label.
  rate(orders, '5m').sumBy('teem');
  // @ts-expect-error: the label was aggregated away.
  rate(orders, '5m').sumBy('team').sumBy('kind');
  // @ts-expect-error: a gauge has no rate.
  rate(depth, '5m');
  // @ts-expect-error: a histogram has no rate of its own.
  rate(latency, '5m');
  // @ts-expect-error: a counter has no average.
  maxOverTime(orders, '5m');
  // @ts-expect-error: a counter has no quantile.
  histogramQuantile(0.9, orders, '5m');
  // @ts-expect-error: an aggregation has no history.
  rate(series(orders).sum(), '5m');
  // @ts-expect-error: no length of time.
  rate(orders, '5 minutes');
  // @ts-expect-error: no variable of Grafana can be added to.
  increaseFromZero(orders, '$__range');
  const byTeam = rate(orders, '5m').sumBy('team');
  // @ts-expect-error: the sides never match.
  byTeam.dividedBy(rate(orders, '5m').sum());
  // @ts-expect-error: the left side has no such label.
  byTeam.dividedBy(rate(orders, '5m'), { on: ['kind'] });
  // @ts-expect-error: `le` belongs to the quantile itself.
  histogramQuantile(0.9, latency, '5m').by('le');
  // @ts-expect-error: sets are joined with sets.
  series(depth).and(5);
}
