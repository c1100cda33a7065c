import { expect } from 'chai';
import {
  Counter,
  catalogue,
  catalogueMarkdown,
  defineCounter,
  defineGauge,
  defineHistogram,
  Histogram,
  MetricsError,
  outcome,
  Timed,
} from 'flowplane-metrics';
import { createObjectiveGroup } from '../../lib/alerting/objective-rules.js';
import { isParsed } from '../promql/grammar.js';
import { orders, rulesOf } from './objectives.js';

const namesOf = (group: ReturnType<typeof rulesOf>): string[] =>
  group.rules.map((rule) => ('alert' in rule ? rule.alert : rule.record));

class Shop {
  @Counter({
    name: 'sales_total',
    help: 'Sales',
    labels: { outcome },
    objective: { ratio: 0.99, errors: { outcome: 'error' } },
  })
  @Timed({ name: 'sale_ms', help: 'Duration', unit: 'milliseconds', objective: { ratio: 0.95, days: 28, under: 250 } })
  @Histogram({ name: 'sale_items', help: 'Items', buckets: [1, 10], value: 1, objective: { ratio: 0.9, under: 10 } })
  sell(): void {}
}

describe('An objective', () => {
  it('has a ratio for each window, the budget that is left, and two alerts', () => {
    expect(namesOf(rulesOf(orders))).to.deep.equal([
      ...['5m', '30m', '1h', '2h', '6h', '1d', '3d', '30d'].map((window) => `job:orders_total:error_ratio${window}`),
      'job:orders_total:error_budget_remaining',
      'OrdersTotalErrorBudgetBurnsFast',
      'OrdersTotalErrorBudgetBurnsSlowly',
    ]);
  });

  it('uses the name that the recorder exposes', () => {
    const text = JSON.stringify(rulesOf(orders, 'shop_'));
    expect(text).to.contain('shop_orders_total{outcome').and.to.contain('ShopOrdersTotalErrorBudget');
    expect(text.match(/(?<!shop_)orders_total/g)).to.equal(null);
  });

  it('has rules that the grammar reads where only Prometheus 3 allows the name', () => {
    const errors = { 'http.outcome': 'bad' };
    const labels = { 'http.outcome': { oneOf: ['good', 'bad'] } } as const;
    const dotted = defineCounter({
      name: 'shop.sales_total',
      help: 'Sales',
      labels,
      objective: { ratio: 0.99, errors } as never,
    });
    const group = rulesOf(dotted);
    expect(group.rules.filter(({ expr }) => !isParsed(expr))).to.deep.equal([]);
    expect(namesOf(group)).to.include.members([
      'job:shop_sales_total:error_ratio5m',
      'ShopSalesTotalErrorBudgetBurnsFast',
    ]);
    expect(JSON.stringify(group)).to.contain('{\\"shop.sales_total\\", \\"http.outcome\\"=\\"bad\\"}');
  });

  it('has no alert that cannot fire', () => {
    const half = defineCounter({
      name: 'guesses_total',
      help: 'Guesses',
      labels: { outcome: {} },
      objective: { ratio: 0.5, errors: { outcome: 'error' } },
    });
    expect(namesOf(rulesOf(half)).filter((name) => !name.startsWith('job:'))).to.deep.equal([
      'GuessesTotalErrorBudgetBurnsSlowly',
    ]);
    expect(JSON.stringify(rulesOf(half))).not.to.contain('error_ratio1d');
  });

  it('may come from a decorator, and stands in the catalogue', () => {
    const entries = catalogue([Shop]);
    expect(entries.map(({ name, objective }) => [name, objective])).to.deep.equal([
      ['sale_items', { ratio: 0.9, under: 10 }],
      ['sale_ms', { ratio: 0.95, days: 28, under: 250 }],
      ['sales_total', { ratio: 0.99, errors: { outcome: 'error' } }],
    ]);
    expect(catalogueMarkdown(entries))
      .to.contain('objective: 90 % at most 10, over 30 days')
      .and.to.contain('objective: 95 % at most 250, over 28 days')
      .and.to.contain('objective: 99 % not `outcome=error`, over 30 days');
    expect(entries.map((entry) => createObjectiveGroup(entry, '')?.name)).to.deep.equal([
      'objective:sale_items',
      'objective:sale_ms',
      'objective:sales_total',
    ]);
  });

  it('of one of several methods that feed a family holds for the family', () => {
    const options = { name: 'parcels_total', help: 'Parcels', labels: { outcome } } as const;
    class Post {
      @Counter(options)
      send(): void {}
      @Counter({ ...options, objective: { ratio: 0.99, errors: { outcome: 'error' } } })
      fetch(): void {}
    }
    expect(catalogue([Post])[0]).to.have.property('objective');
  });
});

/** Objectives that are wrong, each with what the error says. */
const mistakes: readonly (readonly [what: string, declare: () => unknown, text: RegExp])[] = [
  ['no object', () => define({ objective: 0.999 }), /"objective" must be an object \(given 0.999\)/],
  [
    'a ratio in percent',
    () => define({ objective: { ratio: 99.9, errors: { outcome: 'error' } } }),
    /"ratio" must be a number above 0 and below 1 \(given 99.9\)/,
  ],
  ['a ratio that allows no error', () => define({ objective: { ratio: 1, errors: { outcome: 'error' } } }), /"ratio"/],
  ['no ratio', () => define({ objective: { errors: { outcome: 'error' } } }), /"ratio"/],
  [
    'a week',
    () => define({ objective: { ratio: 0.9, days: 7, errors: { outcome: 'error' } } }),
    /"days" must be a whole number from 28 to 90/,
  ],
  [
    'errors without a label',
    () => define({ objective: { ratio: 0.9, errors: {} } }),
    /object of label values \(given an empty one\)\. Say which calls are errors/,
  ],
  ['no errors', () => define({ objective: { ratio: 0.9 } }), /"errors" must be an object of label values/],
  ['an empty object of errors', () => define({ objective: { ratio: 0.9, errors: {} } }), /"errors" must/],
  [
    'an unknown label',
    () => define({ objective: { ratio: 0.9, errors: { outcom: 'error' } } }),
    /label "outcom" is unknown \(known: outcome\)\. Did you mean "outcome"\?/,
  ],
  [
    'a value outside oneOf',
    () => define({ objective: { ratio: 0.9, errors: { outcome: ['error', 'failed'] } } }),
    /"outcome" never has this value \(given "failed"; allowed: ok, error, other\)/,
  ],
  [
    'a value that is no text',
    () => define({ objective: { ratio: 0.9, errors: { outcome: {} } } }),
    /"outcome" never has this value/,
  ],
  [
    'a label without any value',
    () => define({ objective: { ratio: 0.9, errors: { outcome: [] } } }),
    /label "outcome" must have a value of an error \(given \[\]\)\. Name one/,
  ],
  [
    'a misspelt option',
    () => define({ objective: { ratio: 0.9, error: {}, errors: { outcome: 'error' } } }),
    /option "error" is unknown/,
  ],
  [
    'the objective of a histogram on a counter',
    () => define({ objective: { ratio: 0.9, under: 1 } }),
    /option "under" is unknown/,
  ],
  [
    'a bound that no bucket has',
    () => defineHistogram({ name: 'a_seconds', help: 'A', buckets: [1, 2], objective: { ratio: 0.9, under: 1.5 } }),
    /"under" must be a bound of the buckets \(1, 2\) \(given 1.5\)/,
  ],
  [
    'no bound',
    () => defineHistogram({ name: 'a_seconds', help: 'A', objective: { ratio: 0.9 } as never }),
    /"under" must be a bound of the buckets \(0\.005, /,
  ],
  [
    'an objective of a gauge',
    () => defineGauge({ name: 'a', help: 'A', objective: {} } as never),
    /^defineGauge "a": option "objective" is unknown \(known: .*\)\. Correct or remove it\.$/,
  ],
  [
    'a bound in another unit',
    () => decorate(Timed({ name: 'a_ms', help: 'A', unit: 'milliseconds', objective: { ratio: 0.9, under: 0.25 } })),
    /"under" must be a bound of the buckets \(5, 10, /,
  ],
  [
    'a label that a decorator does not have',
    () =>
      decorate(
        Counter({
          name: 'a_total',
          help: 'A',
          labels: { outcome },
          objective: { ratio: 0.9, errors: { team: 'a' } as never },
        }),
      ),
    /label "team" is unknown/,
  ],
  [
    'a value that a ready-made label never has',
    () =>
      decorate(
        Counter({
          name: 'a_total',
          help: 'A',
          labels: { outcome },
          objective: { ratio: 0.9, errors: { outcome: 'failed' } },
        }),
      ),
    /"outcome" never has this value \(given "failed"/,
  ],
];

const define = (options: object): unknown =>
  defineCounter({ name: 'a_total', help: 'A', labels: { outcome: { oneOf: ['ok', 'error'] } }, ...options });

function decorate(decorator: unknown): void {
  class Decorated {
    // @ts-expect-error: what is wrong with its options is the point.
    @decorator
    method(): void {}
  }
  void Decorated;
}

describe('A declaration', () => {
  for (const [what, declare, text] of mistakes) {
    it(`refuses, as an objective, ${what}`, () => {
      expect(declare).to.throw(MetricsError, text);
    });
  }
});
