import { expect } from 'chai';
import { defineHistogram } from '../../lib/index.js';
import { canonicalFloat } from '../../lib/store/go-float.js';
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

/** A time in which orders come evenly: how many in a step are errors, and how many are none. */
interface Phase {
  readonly steps: number;
  readonly errors: number;
  readonly good: number;
}

/** A metric of orders, some of which are errors. */
interface Subject {
  readonly name: string;
  readonly alerts: string;
  readonly family: Parameters<typeof rulesOf>[0];
  readonly series: (phases: readonly Phase[]) => RuleTest['input_series'];
}

/** The values of a counter that begins at zero, in promtool's notation. */
function growing(phases: readonly Phase[], perStepOf: (phase: Phase) => number): string {
  const values = ['0'];
  let value = 0;
  for (const phase of phases) {
    const growth = perStepOf(phase);
    values.push(`${value + growth}+${growth}x${phase.steps - 1}`);
    value += phase.steps * growth;
  }
  return values.join(' ');
}

/** From a step on, this part of the orders are errors. */
const failingFrom = (from: number, ratio: number): Phase[] => [
  { steps: from, errors: 0, good: perStep },
  { steps: 4 * days - from, errors: ratio * perStep, good: (1 - ratio) * perStep },
];

const subjects: readonly Subject[] = [
  {
    name: 'a counter',
    alerts: 'OrdersTotal',
    family: orders,
    series: (phases) => [
      { series: `orders_total{outcome="error", ${target}}`, values: growing(phases, ({ errors }) => errors) },
      { series: `orders_total{outcome="success", ${target}}`, values: growing(phases, ({ good }) => good) },
    ],
  },
  {
    name: 'a histogram',
    alerts: 'OrderSeconds',
    family: latency,
    series: (phases) => [
      { series: `order_seconds_bucket{le="1.0", ${target}}`, values: growing(phases, ({ good }) => good) },
      {
        series: `order_seconds_count{${target}}`,
        values: growing(phases, ({ errors, good }) => errors + good),
      },
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

/** Each threshold of the workbook: over which windows it holds, and how the input for it is spaced, in minutes. */
const thresholds = [
  { alert: 'BurnsFast', factor: 14.4, long: 60, short: 5, lead: 300, every: 5, interval: 1 },
  { alert: 'BurnsFast', factor: 6, long: 360, short: 30, lead: 300, every: 30, interval: 2 },
  { alert: 'BurnsSlowly', factor: 3, long: 1440, short: 120, lead: 1440, every: 60, interval: 30 },
  { alert: 'BurnsSlowly', factor: 1, long: 4320, short: 360, lead: 60, every: 60, interval: 30 },
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
    const input = (ratio: number, from: number) => [...ofTarget, ...series(failingFrom(from, ratio))];
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

    for (const { alert, factor, long, short, lead, every, interval } of thresholds) {
      it(`of ${name}: ${alert} at ${factor} budgets in ${long} minutes fires just above, not just below, and ends ${short} minutes after the errors`, () => {
        const tests = [1.03, 0.97, 1.3].map((part): RuleTest => {
          // Why whole: promtool and this test would round sums of parts differently, and the counter would seem to fall.
          const errors = Math.round(part * factor * budget * perStep);
          // Why many good orders before: over a longer window the errors are so few that no other threshold is reached.
          const phases = [
            { steps: lead / interval, errors: 0, good: 10 * perStep },
            { steps: long / interval, errors, good: perStep - errors },
            { steps: short / interval, errors: 0, good: perStep },
          ];
          const end = lead + long;
          return {
            interval: `${interval}m`,
            input_series: [...ofTarget, ...series(phases)],
            // Why 1.3 for the end: the long window alone would still be above the threshold then.
            alert_rule_test: [test(`${end}m`, alert, part > 1), test(`${end + short}m`, alert, false)],
          };
        });
        expect(runPromtool(rules, tests, `${every}m`)).to.equal('');
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

  it('fire for a bound of a million or more, which is exposed with an exponent', () => {
    const uploads = defineHistogram({
      name: 'upload_bytes',
      help: 'Uploads',
      buckets: [1024, 1_048_576],
      objective: { ratio: 0.99, under: 1_048_576 },
    });
    const fired = { exp_labels: { severity: 'page', metric: 'upload_bytes', job: 'shop' } };
    const input = (good: number) => [
      ...ofTarget,
      { series: `upload_bytes_bucket{le="${canonicalFloat(1_048_576)}", ${target}}`, values: `0+${good}x180` },
      { series: `upload_bytes_count{${target}}`, values: '0+100x180' },
    ];
    const tests = [50, 100].map(
      (good): RuleTest => ({
        interval: '1m',
        input_series: input(good),
        alert_rule_test: [
          { eval_time: '3h', alertname: 'UploadBytesErrorBudgetBurnsFast', exp_alerts: good < 100 ? [fired] : [] },
        ],
      }),
    );
    expect(runPromtool([rulesOf(uploads)], tests)).to.equal('');
  });

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
