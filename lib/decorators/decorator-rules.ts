import type { MetricKind } from '../families/kinds.js';
import type { InstrumentOperation, RecordedOutcome } from '../instrumentation/instrument.js';

/** What a decorator does with a call: everything that differs between the decorators, in one table. */
export interface DecoratorRules {
  readonly kind: MetricKind;
  readonly operation: InstrumentOperation;
  /** The option that gives the number, and its default; without one the decorator knows the number itself. */
  readonly amount?: { readonly option: 'by' | 'value'; readonly default?: number };
  /** The decorator's own options, beside the family's options and the labels. */
  readonly options: readonly string[];
  /** The units that it can record in, as multiples of what it measures. In place, the unit is an option of the family. */
  readonly units?: Readonly<Record<string, number>>;
  /** Which calls are recorded where `on` is not given. */
  readonly defaultOn: (options: Readonly<Record<string, unknown>>) => RecordedOutcome;
}

const returned = (): RecordedOutcome => 'returned';
const settled = (): RecordedOutcome => 'settled';

/** A counter whose options have a reader reads the result, unless `on` says otherwise. */
const returnedIfRead = ({ by, when }: Readonly<Record<string, unknown>>): RecordedOutcome =>
  typeof by === 'function' || typeof when === 'function' ? 'returned' : 'settled';

export const decoratorRules = {
  Counter: {
    kind: 'counter',
    operation: 'add',
    amount: { option: 'by', default: 1 },
    options: ['by', 'when', 'on', 'completion'],
    defaultOn: returnedIfRead,
  },
  Gauge: {
    kind: 'gauge',
    operation: 'set',
    amount: { option: 'value' },
    options: ['value', 'when', 'completion'],
    defaultOn: returned,
  },
  Histogram: {
    kind: 'histogram',
    operation: 'observe',
    amount: { option: 'value' },
    options: ['value', 'when', 'completion'],
    defaultOn: returned,
  },
  Timed: {
    kind: 'histogram',
    operation: 'observe',
    options: ['when', 'on', 'completion'],
    units: { seconds: 1, milliseconds: 1000 },
    defaultOn: settled,
  },
  InFlight: { kind: 'gauge', operation: 'acquire', options: ['completion'], defaultOn: settled },
} as const satisfies Readonly<Record<string, DecoratorRules>>;

/** The name of a decorator: a row of the table. */
export type DecoratorName = keyof typeof decoratorRules;
