import { refuseIfAny } from '../error.js';
import { createFamily, type Family, type FamilyOptions } from '../families/family.js';
import type { LabelPolicies } from '../families/labels.js';
import { isClosed } from '../families/labels.js';
import type { Instrument, On } from '../instrumentation/instrument.js';
import { labelReaders, policiesOf } from '../instrumentation/label-readers.js';
import { readerOf } from '../instrumentation/reader.js';
import type { Unchecked } from '../validation.js';
import { type DecoratorName, type DecoratorRules, decoratorRules } from './decorator-rules.js';
import { type Given, isShared, withFamily } from './given.js';
import { checkSite } from './site-problems.js';

/** Where a decorator stands. */
export interface Site {
  readonly method: string;
  readonly name: string;
}

/**
 * The instrument of a decorator at its site.
 *
 * @throws MetricsError with everything that is wrong at this site.
 */
export function instrumentAt(decorator: DecoratorName, written: Given, site: Site): Instrument {
  const rules = decoratorRules[decorator];
  const given = withFamily(written);
  refuseIfAny(site.name, checkSite(rules, given));
  const options = (isShared(given) ? given[1] : given[0]) as Unchecked;
  const specs = (options['labels'] ?? {}) as Unchecked;
  const of = isShared(given) ? given[0] : familyInPlace(rules, options, specs, site);
  const on = (options['on'] as On | undefined) ?? rules.on(options);
  const from = on === 'settled' ? 'arguments' : 'settled';
  return {
    decorator,
    family: of,
    method: site.method,
    site: site.name,
    operation: rules.operation,
    on,
    when: options['when'] === undefined ? undefined : readerOf(options['when'], from),
    amount: rules.amount && readerOf(options[rules.amount.option] ?? rules.amount.default, from),
    labels: labelReaders(Object.keys(of.labels), specs),
  };
}

function familyInPlace(rules: DecoratorRules, options: Unchecked, specs: Unchecked, site: Site): Family {
  const own = Object.entries(options).filter(([option]) => !rules.options.includes(option));
  const named = Object.fromEntries(own) as unknown as FamilyOptions<LabelPolicies>;
  const labels = policiesOf(specs);
  return createFamily(
    rules.kind,
    { ...(rules.operation === 'enter' && countsInFlight(labels)), ...named, labels },
    site.name,
  );
}

/** Calls in flight add up over processes, and are 0 from the start, where the values of other gauges do and are not. */
const countsInFlight = (labels: LabelPolicies): Partial<FamilyOptions<LabelPolicies>> => ({
  aggregator: 'sum',
  ...(isClosed(labels) && { initial: 'all' }),
});
