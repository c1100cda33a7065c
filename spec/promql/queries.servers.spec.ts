import { expect } from 'chai';
import {
  absent,
  countOf,
  deriv,
  fractionAtMost,
  histogramQuantile,
  increase,
  increaseFromZero,
  maxOverTime,
  rate,
  resets,
  series,
  sumOf,
} from 'flowplane-metrics/promql';
import { randomOf } from '../exposition-reader/mutations.js';
import { needs } from '../needs.js';
import type { PrometheusServer, Series } from '../prometheus-server.js';
import { depth, failures, latency, limit, orders } from './families.js';
import { randomQuery } from './random-queries.js';
import { startWithTraffic } from './recorded-traffic.js';

/** Queries, each with the same written by hand, and what it answers for each team; '' stands for none. */
const answers: readonly (readonly [query: unknown, byHand: string, values: Readonly<Record<string, number>>])[] = [
  [rate(orders, '5m').sumBy('team'), 'sum(rate(orders_total[5m])) by (team)', { a: 1, b: 0.5, c: 0 }],
  [rate(orders, '5m').where({ kind: 'paid' }).sum(), 'sum(rate(orders_total{kind="paid"}[300s]))', { '': 0.2 }],
  [
    increase(orders, '10m')
      .where({ team: { not: ['b', 'c'] } })
      .sumBy('team'),
    'sum by (team) (increase(orders_total{team!="b",team!="c"}[10m]))',
    { a: 600 },
  ],
  [
    increaseFromZero(orders, '5m').sumBy('team'),
    'sum by (team) (increase(orders_total{team!="c"}[5m])) or sum by (team) (orders_total{team="c"})',
    { a: 300, b: 150, c: 3 },
  ],
  [
    rate(failures, '5m').sumBy('team').dividedBy(rate(orders, '5m').sumBy('team')),
    'sum(rate(failures_total[5m])) by (team) / on (team) sum(rate(orders_total[5m])) by (team)',
    { a: 0.1, b: 0.2 },
  ],
  [
    rate(failures, '5m').sum().dividedBy(rate(orders, '5m').sum()).above(0.13),
    'sum(rate(failures_total[5m])) / sum(rate(orders_total[5m])) > 0.13',
    { '': 0.2 / 1.5 },
  ],
  [
    histogramQuantile(0.5, latency, '5m').by('team'),
    'histogram_quantile(0.5, sum by (team, le) (rate(order_seconds_bucket[5m])))',
    { a: (0.25 * 5) / 6 },
  ],
  [
    histogramQuantile(0.95, latency, '5m'),
    'histogram_quantile(0.95, sum without (team, job, instance) (rate(order_seconds_bucket[5m])))',
    { '': 1.75 },
  ],
  [
    fractionAtMost(1, latency, '5m').by('team'),
    'sum by (team) (rate(order_seconds_bucket{le=~"1(.0)?"}[5m])) / sum by (team) (rate(order_seconds_count[5m]))',
    { a: 0.9 },
  ],
  [
    rate(sumOf(latency), '5m')
      .sum()
      .dividedBy(rate(countOf(latency), '5m').sum()),
    'sum(rate(order_seconds_sum[5m])) / sum(rate(order_seconds_count[5m]))',
    { '': 0.41 },
  ],
  [
    series(depth).offset('5m').sumBy('team'),
    'sum by (team) (sum by (team, queue) (queue_depth offset 5m))',
    { a: 90, b: 7 },
  ],
  [
    series(depth).minus(series(depth).offset('5m')).maxBy('team'),
    'max by (team) (queue_depth - (queue_depth offset 5m))',
    { a: 30, b: 0 },
  ],
  [rate(orders, '5m').sum().offset('10m'), 'sum(rate(orders_total[5m] offset 600s))', { '': 1.5 }],
  [series(depth).sumBy('team').above(100), 'sum by (team) (queue_depth) > 100', { a: 120 }],
  [
    series(depth).sumBy('team').above(series(limit).sumBy('team')),
    'sum by (team) (queue_depth) > on (team) sum by (team) (queue_limit)',
    { b: 7 },
  ],
  [
    series(depth)
      .sumBy('team', 'queue')
      .dividedBy(series(limit).avgBy('team'), { on: ['team'], many: 'left' }),
    'sum by (team, queue) (queue_depth) / on (team) group_left avg by (team) (queue_limit)',
    { a: 0.6, b: 1.4 },
  ],
  [series(depth).atMost(7).sumBy('team'), 'sum by (team) (queue_depth <= 7)', { b: 7 }],
  [
    series(depth).sumBy('team').unless(series(limit).sumBy('team').below(100)),
    'sum by (team) (queue_depth) unless sum by (team) (queue_limit < 100)',
    { a: 120 },
  ],
  [
    maxOverTime(depth, '1m').offset('1m').maxBy('team'),
    'max by (team) (max_over_time(queue_depth[1m] offset 1m))',
    { a: 114, b: 7 },
  ],
  [deriv(depth, '5m').where({ team: 'a' }).sum(), 'sum(deriv(queue_depth{team="a"}[5m]))', { '': 0.1 }],
  [resets(orders, '10m').sum(), 'sum(resets(orders_total[10m]))', { '': 0 }],
  [series(orders).countBy('team'), 'count by (team) (orders_total)', { a: 2, b: 1, c: 1 }],
  [series(depth).sumBy('team').top(1), 'topk(1, sum by (team) (queue_depth))', { a: 120 }],
  [absent(series(depth).where({ team: 'd' })).sum(), 'sum(absent(queue_depth{team="d"}))', { '': 1 }],
  [absent(series(depth)), 'absent(queue_depth)', {}],
];

const byTeam = (found: readonly Series[]): Record<string, number> =>
  Object.fromEntries(found.map(({ metric, value }) => [metric['team'] ?? '', Number(value[1])] as const).sort());

for (const command of ['prometheus', 'prometheus-3']) {
  describe(`Queries of declared families in a real ${command}`, () => {
    let prometheus: PrometheusServer;
    let end: number;

    before(async function () {
      needs(this, command);
      needs(this, 'promtool');
      ({ prometheus, end } = await startWithTraffic(command));
    });

    after(() => prometheus?.stop());

    for (const [query, byHand, values] of answers) {
      it(`answer what is known of the traffic, and what is answered to ${byHand}`, async () => {
        const found = byTeam(await prometheus.query(String(query), end));
        expect(found).to.deep.equal(byTeam(await prometheus.query(byHand, end)));
        expect(Object.keys(found)).to.deep.equal(Object.keys(values));
        for (const [team, value] of Object.entries(values)) expect(found[team], team).to.be.closeTo(value, 1e-9);
      });
    }

    it('evaluate, whatever is combined', async () => {
      const random = randomOf(11);
      for (let i = 0; i < 150; i++) {
        // Why caught by the helper: it throws the error of Prometheus with the expression.
        expect(await prometheus.query(String(randomQuery(random)))).to.be.an('array');
      }
    });
  });
}
