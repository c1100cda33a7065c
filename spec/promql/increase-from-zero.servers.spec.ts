import { expect } from 'chai';
import { defineCounter } from 'flowplane-metrics';
import { increaseFromZero } from 'flowplane-metrics/promql';
import { type RuleTest, runPromtool } from '../alerting/promtool.js';
import { needs } from '../needs.js';

const denied = defineCounter({ name: 'denied_total', help: 'Denied access', labels: { team: {}, kind: {} } });
const attempts = increaseFromZero(denied, '5m').sumBy('team');
const rules = { name: 'access', rules: [{ alert: 'ManyDenied', expr: String(attempts.above(5)) }] };

type Series = RuleTest['input_series'][number];

/** What Prometheus has of a target: whether it is up, when its process started, and the counter. Each value is of 10 s. */
interface Target {
  readonly instance: string;
  readonly up: string;
  readonly start?: string;
  readonly denied: string;
}

const listSeries = ({ instance, up, start, denied: values }: Target): Series[] => {
  const labels = `job="api", instance="${instance}"`;
  return [
    { series: `up{${labels}}`, values: up },
    ...(start === undefined ? [] : [{ series: `process_start_time_seconds{${labels}}`, values: start }]),
    { series: `denied_total{${labels}, team="mail", kind="read"}`, values },
  ];
};

/** What happens, and at which times the alert fires or is quiet. */
interface Scenario {
  readonly what: string;
  readonly targets: readonly Target[];
  readonly fires: readonly string[];
  readonly quiet: readonly string[];
}

const ofA = (target: Omit<Target, 'instance'>): Target[] => [{ instance: 'a', ...target }];

const scenarios: readonly Scenario[] = [
  {
    what: 'a few first events, and then many',
    targets: ofA({ up: '1x180', denied: '_x30 3x57 3+1x12 15x60' }),
    fires: ['17m20s'],
    quiet: ['5m', '10m', '25m'],
  },
  {
    what: 'eight events within one scrape interval, the first of them ever',
    targets: ofA({ up: '1x180', denied: '_x60 8x120' }),
    fires: ['10m', '14m50s'],
    quiet: ['9m50s', '15m10s'],
  },
  {
    what: 'eight events within one scrape interval, after one long ago',
    targets: ofA({ up: '1x180', denied: '1x60 9x60' }),
    fires: ['12m'],
    quiet: ['10m'],
  },
  {
    what: 'eight events before the first scrape of a process that has just started',
    targets: ofA({ up: '_x60 1x60', start: '_x60 595x60', denied: '_x60 8x60' }),
    fires: ['10m', '14m50s'],
    quiet: ['15m10s'],
  },
  {
    what: 'none in a process that has started again, after many in the one before',
    targets: ofA({ up: '1x120', start: '0x59 595x60', denied: '1000x59 2x60' }),
    fires: [],
    quiet: ['12m'],
  },
  {
    what: 'none in processes that Prometheus finds, or finds again, after many that it did not see',
    targets: [
      { instance: 'a', up: '_x60 1x60', start: '_x60 -86400x60', denied: '_x60 1000x60' },
      {
        instance: 'b',
        up: '1x9 0x49 1x60',
        start: '-86400x9 stale _x49 -86400x60',
        denied: '1000x9 stale _x49 1000x60',
      },
    ],
    fires: [],
    quiet: ['10m', '12m', '16m'],
  },
];

describe('The growth of a counter from zero, in promtool', () => {
  before(function () {
    needs(this, 'promtool');
  });

  for (const { what, targets, fires, quiet } of scenarios) {
    it(`counts what has happened in that time: ${what}`, () => {
      const expectAt = (alerts: RuleTest['alert_rule_test'][number]['exp_alerts']) => (time: string) => ({
        eval_time: time,
        alertname: 'ManyDenied',
        exp_alerts: alerts,
      });
      const test = {
        interval: '10s',
        input_series: targets.flatMap(listSeries),
        alert_rule_test: [...fires.map(expectAt([{ exp_labels: { team: 'mail' } }])), ...quiet.map(expectAt([]))],
      };
      const group = { ...rules, rules: rules.rules.map((rule) => ({ ...rule, labels: {}, annotations: {} })) };
      expect(runPromtool([group], [test], '10s')).to.equal('');
    });
  }
});
