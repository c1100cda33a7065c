import type { MetricKind } from '../families/kinds.js';
import type { On, Operation } from '../instrumentation/instrument.js';

export type DecoratorName = 'Counter' | 'Gauge' | 'Histogram' | 'Timed' | 'InFlight';

/** What a decorator does with a call: everything that differs between the decorators, in one table. */
export interface DecoratorRules {
  readonly kind: MetricKind;
  readonly operation: Operation;
  /** The option that gives the number, and its default; without one the decorator knows the number itself. */
  readonly amount?: { readonly option: 'by' | 'value'; readonly default?: number };
  /** The decorator's own options, beside the family's and the labels. */
  readonly options: readonly string[];
  /** Which ends count where `on` is not given. */
  readonly on: (rule: Readonly<Record<string, unknown>>) => On;
}

const returned = (): On => 'returned';
const settled = (): On => 'settled';

/** A rule with a reader of its own reads the result, unless it says otherwise. */
const returnedIfRead = ({ by, when }: Readonly<Record<string, unknown>>): On =>
  typeof by === 'function' || typeof when === 'function' ? 'returned' : 'settled';

export const decoratorRules: Readonly<Record<DecoratorName, DecoratorRules>> = {
  Counter: {
    kind: 'counter',
    operation: 'add',
    amount: { option: 'by', default: 1 },
    options: ['by', 'when', 'on'],
    on: returnedIfRead,
  },
  Gauge: { kind: 'gauge', operation: 'set', amount: { option: 'value' }, options: ['value', 'when'], on: returned },
  Histogram: {
    kind: 'histogram',
    operation: 'observe',
    amount: { option: 'value' },
    options: ['value', 'when'],
    on: returned,
  },
  Timed: { kind: 'histogram', operation: 'observe', options: ['when', 'on'], on: settled },
  InFlight: { kind: 'gauge', operation: 'enter', options: [], on: settled },
};
