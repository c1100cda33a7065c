import {
  absent,
  countOf,
  delta,
  fractionAtMost,
  histogramQuantile,
  increaseFromZero,
  lastOverTime,
  rate,
  series,
  sumOf,
  type VectorQuery,
} from 'flowplane-metrics/promql';
import { depth, failures, latency, orders } from './families.js';

type ByTeam = VectorQuery<'team', { readonly team: {} }, 'job' | 'instance'>;

const sources: readonly (() => ByTeam)[] = [
  () => rate(orders, '5m').sumBy('team'),
  () =>
    rate(failures, '1h')
      .where({ team: { not: 'a"\\' } })
      .maxBy('team'),
  () => increaseFromZero(orders, '5m').where({ kind: 'new' }).sumBy('team'),
  () => rate(countOf(latency), '90s').avgBy('team'),
  () => rate(sumOf(latency), '1d').minBy('team'),
  () => series(depth).countBy('team'),
  () => delta(depth, '2w').offset('1d').sumBy('team'),
  () =>
    lastOverTime(depth, '500ms')
      .where({ team: ['a', 'b|c'] })
      .sumBy('team'),
  () => histogramQuantile(0.5, latency, '5m').by('team'),
  () => fractionAtMost(1, latency, '5m').by('team'),
];

const steps: readonly ((query: ByTeam, other: () => ByTeam, number: number) => ByTeam)[] = [
  (query) => query.where({ team: { matches: 'x.*' }, job: 'api' }),
  (query) => query.offset('5m'),
  (query, _, number) => query.plus(number),
  (query, _, number) => query.above(-number),
  (query, other) => query.dividedBy(other()),
  (query, other) => query.times(other(), { on: ['team'], many: 'right' }),
  (query, other) => query.atMost(other()),
  (query, other) => query.or(other()),
  (query, other) => query.unless(absent(other()), { on: [] }),
  (query) => query.top(3),
  (query) => query.sumBy('team'),
  (query, _, number) => query.differentFrom(number === 0 ? Number.NaN : Infinity),
];

/** A query of several steps, all of which the types allow. */
export function randomQuery(random: () => number, depthLeft = 3): ByTeam {
  const below = (limit: number): number => Math.floor(random() * limit);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  let query = pick(sources)();
  for (let i = below(4); i > 0; i--) {
    const other = () => randomQuery(random, depthLeft - 1);
    query = depthLeft > 0 ? pick(steps)(query, other, below(100) / 8) : query;
  }
  return query;
}
