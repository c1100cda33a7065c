import { refuseIfAny } from '../error.js';
import { type Family, type FamilyOptions, family } from '../families/family.js';
import type { Unchecked } from '../families/family-problems.js';
import { isClosed } from '../families/initial-series.js';
import type { Policies } from '../families/label-policy.js';
import type { Instrument, RecordedOutcome } from '../instrumentation/instrument.js';
import { policiesOf, toLabelReaders, toReader } from '../instrumentation/readers.js';
import { type DecoratorName, type DecoratorRules, decoratorRules } from './decorator-rules.js';
import { type Given, isShared, withFamily } from './given.js';
import { siteProblems } from './site-problems.js';

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
  refuseIfAny(site.name, siteProblems(rules, given));
  const options = (isShared(given) ? given[1] : given[0]) as Unchecked;
  const specs = (options['labels'] ?? {}) as Unchecked;
  const of = isShared(given) ? given[0] : familyInPlace(rules, options, specs, site);
  const on = (options['on'] as RecordedOutcome | undefined) ?? rules.on(options);
  const reads = on === 'settled' ? 'arguments' : 'value';
  return {
    decorator,
    family: of,
    method: site.method,
    site: site.name,
    operation: rules.operation,
    on,
    when: options['when'] === undefined ? undefined : toReader(options['when'], reads),
    amount: rules.amount && toReader(options[rules.amount.option] ?? rules.amount.default, reads),
    labels: toLabelReaders(Object.keys(of.labels), specs),
  };
}

function familyInPlace(rules: DecoratorRules, options: Unchecked, specs: Unchecked, site: Site): Family {
  const own = Object.entries(options).filter(([option]) => !rules.options.includes(option));
  const named = Object.fromEntries(own) as unknown as FamilyOptions<Policies>;
  const labels = policiesOf(specs);
  return family(
    rules.kind,
    { ...(rules.operation === 'acquire' && countsInFlight(labels)), ...named, labels },
    site.name,
  );
}

/** Calls in flight add up over processes, and are 0 from the start, where the values of other gauges do and are not. */
const countsInFlight = (labels: Policies): Partial<FamilyOptions<Policies>> => ({
  aggregator: 'sum',
  ...(isClosed(labels) && { initial: 'all' }),
});
