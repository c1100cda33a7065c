import { inspect } from 'node:util';
import { expect } from 'chai';
import { defineCounter, MetricsError } from 'flowplane-metrics';
import {
  absent,
  countOf,
  delta,
  fractionAtMost,
  histogramQuantile,
  increase,
  increaseFromZero,
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
  'sum by (team) (((orders_total{kind="new"} unless orders_total{kind="new"} offset 5m) and on (job, instance) ((up offset 5m == 1) or (process_start_time_seconds > (time() - 300)))) or increase(orders_total{kind="new"}[5m])) > 0':
    increaseFromZero(orders, '5m').where({ kind: 'new' }).sumBy('team').above(0),
  '((failures_total offset 90s unless failures_total offset 90500ms) and on (pod) ((up offset 90500ms == 1) or (process_start_time_seconds offset 90s > (time() - 90.5)))) or increase(failures_total[500ms] offset 90s)':
    increaseFromZero(series(failures, { targetLabels: ['pod'] }), '500ms').offset('90s'),
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
  [
    'a growth of a gauge',
    () => increaseFromZero(depth as never, '5m'),
    'not_supported',
    /increaseFromZero takes a counter \(given a gauge\)/,
  ],
  [
    'a growth over a variable of Grafana',
    () => increaseFromZero(orders, '$__range' as '5m'),
    'illegal_option',
    /the window of increaseFromZero must be a whole number of ms, s, m, h, d, w or y \(/,
  ],
  [
    'a growth of as long ago as a variable of Grafana says',
    () => increaseFromZero(orders, '5m').sum().above(1).offset('$__range'),
    'illegal_option',
    /the offset must be a whole number/,
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
  [
    'a list where labels are named one by one',
    () => series(depth).sumBy(['team'] as never),
    'illegal_option',
    /a label must be a text.*Write for example sumBy\("team", "kind"\)/,
  ],
  [
    'two kinds of conditions on one label',
    () => series(depth).where({ team: { not: 'a', matches: 'b' } }),
    'illegal_option',
    /"team" must have one of not, matches, matchesNot \(given not and matches\)\. Write where\(\) twice/,
  ],
  [
    'a side with several series for an operator of sets',
    () => series(depth).and(series(limit), { on: ['team'], many: 'left' } as never),
    'illegal_option',
    /"and" takes no "many"/,
  ],
  ...[[undefined], { not: ['a', undefined] }, {}, Symbol('a'), { not: {} }, [['a']], () => 'a'].map(
    (condition) =>
      [
        `a condition that is ${inspect(condition)}`,
        () => series(depth).where({ team: condition } as {}),
        'illegal_option',
        /the condition on label "team" must be/,
      ] as const,
  ),
  [
    'a condition on what was not set',
    () => series(depth).where({ team: { not: undefined } } as {}),
    'illegal_option',
    /the condition on label "team" must be about texts, numbers, booleans or null \(given undefined\)\. Give a value, or leave the condition out/,
  ],
  [
    'a condition in a list on what was not set',
    () => series(depth).where({ team: ['a', undefined] } as {}),
    'illegal_option',
    /must be about texts, numbers, booleans or null \(given undefined\)/,
  ],
  [
    'a pattern that is no text',
    () => series(depth).where({ team: { matches: /a/ } } as {}),
    'illegal_option',
    /the pattern for label "team" must be a text \(given [^)]*\)\. Write for example "a\|b"/,
  ],
  [
    'a pattern that was not set',
    () => series(depth).where({ team: { matchesNot: undefined } } as {}),
    'illegal_option',
    /the pattern for label "team" must be a text \(given undefined\)/,
  ],
  [
    'a condition with another word in it',
    () => series(depth).where({ team: { not: 'a', nor: 'b' } } as {}),
    'illegal_option',
    /the condition on label "team" must be a value, a list of values, or an object with one of/,
  ],
  [
    'a misspelt option of matching',
    () => series(depth).plus(series(depth), { on: ['team'], mny: 'left' } as {} as { on: ['team'] }),
    'unknown_option',
    /option "mny" is unknown \(known: on, many\)/,
  ],
  [
    'matching options that are none',
    () => series(depth).plus(series(depth), 'team' as never),
    'illegal_option',
    /the options must be an object \(given "team"\)/,
  ],
  [
    'a sum by labels that sum does not take',
    () => (series(depth).sum as (...labels: string[]) => unknown).call(series(depth), 'team'),
    'illegal_option',
    /sum takes no labels \(given "team"\)\. Write sumBy\("team"\)/,
  ],
  [
    'a family of a kind that does not exist',
    () => series({ name: 'a', labels: {}, kind: 'summary' } as never),
    'illegal_option',
    /defineCounter, defineGauge or defineHistogram/,
  ],
  [
    'an expression of blanks',
    () => raw(' ', []),
    'illegal_option',
    /"text" must be a text that is not blank \(given " "\)/,
  ],
  ['a label without a name', () => raw('up', ['']), 'illegal_option', /"labels" must be a list of labels/],
  ['labels that are none', () => raw('up', [1 as never]), 'illegal_option', /"labels" must be a list of labels/],
  ['an empty expression', () => raw('', []), 'illegal_option', /"text" must be a text/],
  ['a misspelt option', () => series(depth, { prefx: 'a_' } as {}), 'unknown_option', /"prefx" is unknown/],
];

describe('A query of names that only Prometheus 3 allows', () => {
  it('has them in quotation marks', () => {
    const dotted = defineCounter({ name: 'shop.orders_total', help: 'Orders', labels: { 'http.route': {} } });
    const perRoute = rate(dotted, '5m').where({ 'http.route': '/' }).sumBy('http.route');
    const text = 'sum by ("http.route") (rate({"shop.orders_total", "http.route"="/"}[5m]))';
    expect(String(perRoute)).to.equal(text);
    const joined = perRoute.dividedBy(rate(dotted, '5m').sumBy('http.route'), { on: ['http.route'] });
    expect(String(joined)).to.contain('/ on ("http.route") sum');
    expect(isParsed(String(joined))).to.equal(true);
  });
});

describe('A query from JavaScript', () => {
  for (const [what, make, code, text] of mistakes) {
    it(`refuses, with a remedy, ${what}`, () => {
      expect(make).to.throw(MetricsError, text).with.property('code', code);
    });
  }
});
