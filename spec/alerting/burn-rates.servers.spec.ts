import { expect } from 'chai';
import { needs } from '../needs.js';
import { latency, orders, rulesOf } from './objectives.js';
import { type AlertTest, type RuleTest, runPromtool } from './promtool.js';

/** How many orders there are in a step of the input, and how many steps a day has. */
const perStep = 200_000;
const days = 24 * 30;

const target = 'job="shop", instance="a"';

/** The series of a process that has run for longer than anybody looks back. */
const ofTarget = [
  { series: `up{${target}}`, values: `1x${4 * days}` },
  { series: `process_start_time_seconds{${target}}`, values: `-10000000x${4 * days}` },
];

/** A metric in which, from a step on, this part of the orders are errors. */
interface Subject {
  readonly name: string;
  readonly alerts: string;
  readonly family: Parameters<typeof rulesOf>[0];
  readonly series: (ratio: number, from: number) => RuleTest['input_series'];
}

const growing = (after: number, before: number, from: number): string =>
  `0+${before}x${from} ${before * from + after}+${after}x${4 * days - from - 1}`;

const subjects: readonly Subject[] = [
  {
    name: 'a counter',
    alerts: 'OrdersTotal',
    family: orders,
    series: (ratio, from) => [
      { series: `orders_total{outcome="error", ${target}}`, values: growing(ratio * perStep, 0, from) },
      {
        series: `orders_total{outcome="success", ${target}}`,
        values: growing((1 - ratio) * perStep, perStep, from),
      },
    ],
  },
  {
    name: 'a histogram',
    alerts: 'OrderSeconds',
    family: latency,
    series: (ratio, from) => [
      {
        series: `order_seconds_bucket{le="1.0", ${target}}`,
        values: growing((1 - ratio) * perStep, perStep, from),
      },
      { series: `order_seconds_count{${target}}`, values: growing(perStep, perStep, from) },
    ],
  },
];

const budget = 0.001;

/** For each threshold: errors of this many budgets from the third day on, and when the alert begins. */
const cases = [
  { what: 'in an hour', alert: 'BurnsFast', factor: 16, quietAt: '40m', firesAt: '1h' },
  { what: 'in six hours', alert: 'BurnsFast', factor: 8, quietAt: '4h20m', firesAt: '4h40m' },
  { what: 'in a day or three', alert: 'BurnsSlowly', factor: 5, quietAt: '14h', firesAt: '14h40m' },
] as const;

const startDay = 3;
const at = (time: string): string => `${startDay}d${time}`;

describe('The alerts of an objective, run by promtool', () => {
  before(function () {
    needs(this, 'promtool');
  });

  for (const { name, alerts, family, series } of subjects) {
    const test = (eval_time: string, alert: string, fires: boolean): AlertTest => {
      const severity = alert === 'BurnsFast' ? 'page' : 'ticket';
      const metric = family.name;
      const exp_alerts = fires ? [{ exp_labels: { severity, metric, job: 'shop' } }] : [];
      return { eval_time, alertname: `${alerts}ErrorBudget${alert}`, exp_alerts };
    };
    const input = (ratio: number, from: number) => [...ofTarget, ...series(ratio, from)];
    const rules = [rulesOf(family)];

    for (const { what, alert, factor, quietAt, firesAt } of cases) {
      it(`of ${name}: ${alert} begins when that part of the budget is spent ${what}`, function () {
        this.timeout(120_000);
        const tests: RuleTest = {
          interval: '2m',
          input_series: input(factor * budget, startDay * days),
          alert_rule_test: [test(at(quietAt), alert, false), test(at(firesAt), alert, true)],
        };
        expect(runPromtool(rules, [tests])).to.equal('');
      });
    }

    it(`of ${name}: only BurnsSlowly fires for errors a tenth above the budget, and nothing a tenth below`, function () {
      this.timeout(120_000);
      const tests = [1.1, 0.9].map((factor) => ({
        interval: '2m',
        input_series: input(factor * budget, 1),
        alert_rule_test: [test('3d12h', 'BurnsSlowly', factor > 1), test('3d12h', 'BurnsFast', false)],
      }));
      expect(runPromtool(rules, tests)).to.equal('');
    });
  }

  it('see errors whose series appears with its first value, in a process that Prometheus knows and in a new one', () => {
    const appearing = (instance: string, startedAt: number) => [
      { series: `up{job="shop", instance="${instance}"}`, values: startedAt === 0 ? '1x240' : `_x${startedAt} 1x180` },
      {
        series: `process_start_time_seconds{job="shop", instance="${instance}"}`,
        values: startedAt === 0 ? '-10000000x240' : `_x${startedAt} ${startedAt * 60}x180`,
      },
      // Why 5000 of 10,000 at once: it never grows again, so increase() alone sees none of it.
      { series: `orders_total{outcome="error", job="shop", instance="${instance}"}`, values: '_x180 5000x60' },
      {
        series: `orders_total{outcome="success", job="shop", instance="${instance}"}`,
        values: startedAt === 0 ? '0+10x240' : `_x${startedAt} 0+10x60`,
      },
    ];
    const fires = { exp_labels: { severity: 'page', metric: 'orders_total', job: 'shop' } };
    const alertname = 'OrdersTotalErrorBudgetBurnsFast';
    for (const startedAt of [0, 180]) {
      const test: RuleTest = {
        interval: '1m',
        input_series: appearing('a', startedAt),
        alert_rule_test: [
          { eval_time: '2h50m', alertname, exp_alerts: [] },
          { eval_time: '3h4m', alertname, exp_alerts: [fires] },
        ],
      };
      expect(runPromtool([rulesOf(orders)], [test], '1m'), `started at ${startedAt}`).to.equal('');
    }
  });
});
