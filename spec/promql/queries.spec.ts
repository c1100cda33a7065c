import { expect } from 'chai';
import { MetricsError } from 'flowplane-metrics';
import {
  absent,
  countOf,
  delta,
  fractionAtMost,
  histogramQuantile,
  increase,
  lastOverTime,
  maxOverTime,
  rate,
  raw,
  resets,
  series,
  sumOf,
} from 'flowplane-metrics/promql';
import { randomOf } from '../exposition-reader/mutations.js';
import { depth, failures, latency, limit, orders } from './families.js';
import { isParsed } from './grammar.js';
import { randomQuery } from './random-queries.js';

/** Queries, each with its PromQL. */
const queries: Readonly<Record<string, { toString(): string }>> = {
  'rate(orders_total[5m])': rate(orders, '5m'),
  'sum by (team) (rate(orders_total{kind="paid"}[5m]))': rate(orders, '5m').sumBy('team').where({ kind: 'paid' }),
  'sum(increase(orders_total{kind=~"new|a\\\\.b"}[1h]))': increase(orders, '1h')
    .where({ kind: ['new', 'a.b'] })
    .sum(),
  'rate(orders_total{kind!="new", team=~"$team"}[$__rate_interval])': rate(orders, '$__rate_interval').where({
    kind: { not: 'new' },
    team: { matches: '$team' },
  }),
  'rate(orders_total{kind!~"new|paid", job="api"}[5m])': rate(orders, '5m').where({
    kind: { not: ['new', 'paid'] },
    job: 'api',
  }),
  'orders_total{team=""}': series(orders).where({ team: null }),
  'orders_total{team="\\"a\\\\b\\"\\nc"}': series(orders).where({ team: '"a\\b"\nc' }),
  'max by (team, queue) (queue_depth{team!~"a.*"}) > 5': series(depth)
    .where({ team: { matchesNot: 'a.*' } })
    .maxBy('team', 'queue')
    .above(5),
  'sum by (instance) (resets(orders_total[1d]))': resets(orders, '1d').sumBy('instance'),
  'min by (pod) (app_queue_depth)': series(depth, { prefix: 'app_', targetLabels: ['pod'] }).minBy('pod'),
  'delta(queue_depth[10m] offset 1d)': delta(depth, '10m').offset('1d'),
  'max(max_over_time(queue_depth[1h]))': maxOverTime(depth, '1h').maxBy(),
  'last_over_time(queue_depth[1d])': lastOverTime(depth, '1d'),
  'topk(3, count by (team) (queue_depth))': series(depth).countBy('team').top(3),
  '(sum by (team) (rate(failures_total[5m])) / sum by (team) (rate(orders_total[5m]))) >= 0.05': rate(failures, '5m')
    .sumBy('team')
    .dividedBy(rate(orders, '5m').sumBy('team'))
    .atLeast(0.05),
  'sum by (team, queue) (queue_depth) / on (team) group_left() avg by (team) (queue_limit)': series(depth)
    .sumBy('team', 'queue')
    .dividedBy(series(limit).avgBy('team'), { on: ['team'], many: 'left' }),
  'sum by (team) (queue_depth) unless on (team) sum by (team, kind) (orders_total)': series(depth)
    .sumBy('team')
    .unless(series(orders).sumBy('team', 'kind'), { on: ['team'] }),
  'histogram_quantile(0.99, sum by (le) (rate(order_seconds_bucket[5m])))': histogramQuantile(0.99, latency, '5m'),
  'histogram_quantile(0.5, sum by (le, team) (rate(order_seconds_bucket{team="a"}[5m] offset 1w)))': histogramQuantile(
    0.5,
    latency,
    '5m',
  )
    .by('team')
    .where({ team: 'a' })
    .offset('1w'),
  'sum by (team) (rate(order_seconds_bucket{le=~"1|1[.]0"}[5m])) / sum by (team) (rate(order_seconds_count[5m]))':
    fractionAtMost(1, latency, '5m').by('team'),
  'rate(order_seconds_sum[5m]) / rate(order_seconds_count[5m])': rate(sumOf(latency), '5m').dividedBy(
    rate(countOf(latency), '5m'),
  ),
  'absent(queue_depth{queue="mail"})': absent(series(depth).where({ queue: 'mail' })),
  '(up{job="api"}) == 0': raw('up{job="api"}', ['instance']).equalTo(0),
  '((queue_depth * 2) + 1) < +Inf': series(depth).times(2).plus(1).below(Infinity),
  '(queue_depth - queue_depth offset 5m) != 0': series(depth).minus(series(depth).offset('5m')).differentFrom(0),
  'queue_depth and (queue_depth > 1)': series(depth).and(series(depth).above(1)),
};

describe('A query of declared families', () => {
  for (const [promql, query] of Object.entries(queries)) {
    it(`prints the query ${promql}`, () => {
      expect(String(query)).to.equal(promql);
      expect(isParsed(promql), 'parsed').to.equal(true);
    });
  }

  it('prints what the grammar of Prometheus accepts, whatever is combined', () => {
    const random = randomOf(7);
    for (let i = 0; i < 2000; i++) {
      const promql = String(randomQuery(random));
      expect(isParsed(promql), promql).to.equal(true);
    }
  });

  it('has its text in JSON', () => {
    expect(JSON.stringify({ expr: rate(failures, '1m') })).to.equal('{"expr":"rate(failures_total[1m])"}');
  });

  it('stays as it is where another one is made of it', () => {
    const base = rate(orders, '5m');
    base.where({ kind: 'new' }).sumBy('team').above(1);
    expect(String(base)).to.equal('rate(orders_total[5m])');
  });
});

/** Mistakes that only JavaScript lets through, each with the error that says so. */
const mistakes: readonly (readonly [what: string, make: () => unknown, code: string, text: RegExp])[] = [
  [
    'an unknown label',
    () => rate(orders, '5m').where({ teem: 'a' } as {}),
    'unknown_label',
    /"teem" is unknown.*Did you mean "team"\?/,
  ],
  [
    'a value outside oneOf',
    () => series(orders).where({ kind: 'old' as 'new' }),
    'illegal_option',
    /never has the value "old".*new, paid/,
  ],
  [
    'a value outside oneOf in a list',
    () => series(orders).where({ kind: ['new', 'old' as 'new'] }),
    'illegal_option',
    /"old"/,
  ],
  ['an empty list of values', () => series(orders).where({ kind: [] }), 'illegal_option', /has no values/],
  [
    'a condition of another form',
    () => series(orders).where({ team: { is: 'a' } } as {}),
    'illegal_option',
    /not, matches, matchesNot/,
  ],
  [
    'no conditions',
    () => series(orders).where(null as unknown as {}),
    'illegal_option',
    /the conditions must be an object/,
  ],
  ['rate of a gauge', () => rate(depth as never, '5m'), 'not_supported', /rate takes a counter \(given a gauge\)/],
  [
    'delta of a counter',
    () => delta(orders as never, '5m'),
    'not_supported',
    /delta takes a gauge \(given a counter\)/,
  ],
  ['the series of a histogram', () => series(latency as never), 'not_supported', /countOf and sumOf/],
  [
    'a quantile of a counter',
    () => histogramQuantile(0.5, orders as never, '5m'),
    'not_supported',
    /histogramQuantile takes a histogram/,
  ],
  ['a rank in percent', () => histogramQuantile(99, latency, '5m'), 'illegal_option', /from 0 to 1 \(given 99\)/],
  [
    'a bound that the histogram does not have',
    () => fractionAtMost(0.3, latency, '5m'),
    'illegal_option',
    /no bucket that ends at 0\.3 \(its bounds: 0\.25, 1, 2\.5\)/,
  ],
  [
    'a window without a unit',
    () => rate(orders, '5' as '5m'),
    'illegal_option',
    /window of rate must be a whole number/,
  ],
  ['a window of nothing', () => rate(orders, '0m'), 'illegal_option', /window of rate/],
  ['an offset in words', () => series(depth).offset('yesterday' as '1d'), 'illegal_option', /the offset must/],
  [
    'a label that was aggregated away',
    () =>
      series(depth)
        .sumBy('team')
        .maxBy('queue' as 'team'),
    'unknown_label',
    /"queue" is unknown \(known: team\)/,
  ],
  [
    'a split by a label that does not exist',
    () => histogramQuantile(0.5, latency, '5m').by('le' as 'team'),
    'unknown_label',
    /"le" is unknown/,
  ],
  [
    'sides that never match',
    () =>
      series(depth)
        .sumBy('team')
        .plus(series(depth).sum() as never),
    'illegal_option',
    /sides of "\+" never match \(given labels team on the left and none on the right\)/,
  ],
  [
    'matching by a label that one side lacks',
    () =>
      series(depth)
        .sum()
        .plus(series(depth).sumBy('team'), { on: ['team' as never] }),
    'unknown_label',
    /"team" is unknown \(known: none\)/,
  ],
  [
    'another side of the matching',
    () => series(depth).plus(series(depth), { on: ['team'], many: 'both' as 'left' }),
    'illegal_option',
    /"many" must be "left", "right" or "neither"/,
  ],
  [
    'a text as the other side',
    () => series(depth).above('5' as never),
    'illegal_option',
    /the other side of ">" must be a query, or a number/,
  ],
  ['a number where sets are joined', () => series(depth).and(5 as never), 'illegal_option', /the other side of "and"/],
  ['half a series', () => series(depth).top(0.5), 'illegal_option', /the number of series must be a whole number/],
  [
    'what is no family',
    () => rate({} as never, '5m'),
    'illegal_option',
    /defineCounter, defineGauge or defineHistogram/,
  ],
  ['what is no query', () => absent(orders as never), 'illegal_option', /the query must be a query/],
  ['an empty expression', () => raw('', []), 'illegal_option', /"text" must be a text/],
  ['a misspelt option', () => series(depth, { prefx: 'a_' } as {}), 'unknown_option', /"prefx" is unknown/],
];

describe('A query from JavaScript', () => {
  for (const [what, make, code, text] of mistakes) {
    it(`refuses, with a remedy, ${what}`, () => {
      expect(make).to.throw(MetricsError, text).with.property('code', code);
    });
  }
});
