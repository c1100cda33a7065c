import { type Problem, refuseIfAny, shown } from '../error.js';
import { externalFamily, isExternalMetric } from '../families/external-metric.js';
import { type CommonOptions, type Family, type FamilyOptions, family } from '../families/family.js';
import {
  familyOptions,
  initialProblems,
  isObject,
  labelNameProblems,
  namedProblems,
  policyProblems,
  problem,
  type Unchecked,
  unknownOptions,
  unless,
} from '../families/family-problems.js';
import { isClosed } from '../families/initial-series.js';
import { kinds } from '../families/kinds.js';
import type { LabelValue, Policies } from '../families/label-policy.js';
import type { AnyMethod } from '../instrumentation/call.js';
import type { Instrument, RecordedOutcome } from '../instrumentation/instrument.js';
import type { FromResult } from '../instrumentation/reader-types.js';
import { checkLabelSpec, policiesOf, toLabelReaders, toReader } from '../instrumentation/readers.js';
import { type DecoratorName, type DecoratorRules, decoratorRules } from './decorator-rules.js';

/** The options of every family declared in place, beside its labels. `N` are the names of the labels. */
export interface InPlaceOptions<N extends string> extends CommonOptions {
  /**
   * Label sets that exist, at 0, before the first call, so that `rate()` sees the first event; `'all'` for every
   * combination where each label has a `oneOf`. Default: `'all'` where that is possible, except for `@Gauge`; else none.
   */
  readonly initial?: 'all' | readonly { readonly [K in NoInfer<N>]: LabelValue }[];
}

/** Which value of calls that returned is recorded. */
export interface ValueOptions<T, M extends AnyMethod> {
  /** The value, a finite number in the metric's unit: a constant, or read from the awaited result. */
  readonly value: number | FromResult<T, M, number>;
  /** Record only the calls for which this returns true. */
  readonly when?: FromResult<T, M, boolean>;
}

/** The arguments of a decorator: the options of a family declared in place, or a declared family and the site's options. */
export type DecoratorArguments = readonly [options: unknown] | readonly [family: unknown, options: unknown];

/** Where a decorator stands. */
export interface Site {
  readonly method: string;
  readonly name: string;
}

/**
 * Creates the instrument of a decorator at its site.
 *
 * @throws MetricsError with everything that is wrong at this site.
 */
export function createInstrument(decorator: DecoratorName, written: DecoratorArguments, site: Site): Instrument {
  const rules: DecoratorRules = decoratorRules[decorator];
  const args = resolveExternalMetric(written);
  refuseIfAny(site.name, checkArguments(rules, args));
  const options = (hasFamily(args) ? args[1] : args[0]) as Unchecked;
  const specs = (options['labels'] ?? {}) as Unchecked;
  const declared = hasFamily(args) ? args[0] : declareInPlace(rules, options, specs, site);
  const on = (options['on'] as RecordedOutcome | undefined) ?? rules.defaultOn(options);
  const reads = on === 'settled' ? 'arguments' : 'value';
  return {
    decorator,
    family: declared,
    method: site.method,
    site: site.name,
    operation: rules.operation,
    on,
    when: options['when'] === undefined ? undefined : toReader(options['when'], reads),
    amount: rules.amount && toReader(options[rules.amount.option] ?? rules.amount.default, reads),
    labels: toLabelReaders(Object.keys(declared.labels), specs),
  };
}

/** Whether the first argument is a declared family rather than the options of a family declared in place. */
const hasFamily = (args: DecoratorArguments): args is readonly [Family, Unchecked] =>
  args.length === 2 && isObject(args[0]) && 'kind' in args[0];

/** The same arguments, with the family that stands for an external metric where there is one. */
const resolveExternalMetric = (args: DecoratorArguments): DecoratorArguments =>
  args.length === 2 && isExternalMetric(args[0]) ? [externalFamily(args[0]), args[1]] : args;

function declareInPlace(rules: DecoratorRules, options: Unchecked, specs: Unchecked, site: Site): Family {
  const own = Object.entries(options).filter(([option]) => !rules.options.includes(option));
  const given = Object.fromEntries(own) as unknown as FamilyOptions<Policies>;
  const labels = policiesOf(specs);
  const defaults = rules.operation === 'acquire' ? inFlightDefaults(labels) : {};
  return family(rules.kind, { ...defaults, ...given, labels }, site.name);
}

/** Calls in flight add up over processes, and are 0 from the start. The values of other gauges are neither. */
const inFlightDefaults = (labels: Policies): Partial<FamilyOptions<Policies>> => ({
  aggregator: 'sum',
  ...(isClosed(labels) && { initial: 'all' }),
});

function checkArguments(rules: DecoratorRules, args: DecoratorArguments): Problem[] {
  const options = hasFamily(args) ? args[1] : args[0];
  if (!isObject(options)) {
    return [
      problem(
        'illegal_option',
        `the options must be an object (given ${shown(options)}). Write { name, help, labels } or pass a family and { labels }.`,
      ),
    ];
  }
  return [
    ...(hasFamily(args) ? checkDeclaredFamily(rules, args[0], options) : checkInPlaceFamily(rules, options)),
    ...checkOwnOptions(rules, options),
  ];
}

function checkDeclaredFamily(rules: DecoratorRules, family: Family, options: Unchecked): Problem[] {
  return [
    ...unless(
      family.kind === rules.kind,
      'illegal_option',
      () => `family "${family.name}" must be a ${rules.kind} (given a ${family.kind}). Use the decorator of its kind.`,
    ),
    ...unknownOptions(options, ['labels', ...rules.options]),
    ...checkLabels(options['labels'], (labels) => [
      ...Object.keys(family.labels).flatMap((name) =>
        unless(
          Object.hasOwn(labels, name),
          'missing_label',
          () =>
            `label "${name}" of family "${family.name}" is missing (given [${Object.keys(labels).join(', ')}]). Give a constant or a reader.`,
        ),
      ),
      ...Object.entries(labels).flatMap(([name, spec]) => [
        ...unless(
          Object.hasOwn(family.labels, name),
          'illegal_label',
          () =>
            `label "${name}" is not a label of family "${family.name}" (it has [${Object.keys(family.labels).join(', ')}]). Remove it, or add it to the family.`,
        ),
        ...checkLabelSpec(name, spec, rules.operation, false),
      ]),
    ]),
  ];
}

function checkInPlaceFamily(rules: DecoratorRules, options: Unchecked): Problem[] {
  const { kind } = rules;
  const known = [...familyOptions, ...(kind === 'histogram' ? ['buckets'] : []), ...rules.options];
  return [
    ...unknownOptions(options, known),
    ...namedProblems(options),
    ...checkLabels(options['labels'], (labels) =>
      Object.entries(labels).flatMap(([name, spec]) => [
        ...labelNameProblems(kind, name),
        ...checkLabelSpec(name, spec, rules.operation, true),
        ...(isObject(spec) ? policyProblems(name, spec) : []),
      ]),
    ),
    ...initialProblems(options['initial'], isObject(options['labels']) ? options['labels'] : {}),
  ];
}

function checkLabels(labels: unknown, check: (labels: Unchecked) => Problem[]): Problem[] {
  if (labels === undefined) return check({});
  if (isObject(labels) && !Array.isArray(labels)) return check(labels);
  return [
    problem('illegal_option', `"labels" must be an object (given ${shown(labels)}). Write { team: (team) => team }.`),
  ];
}

function checkOwnOptions({ kind, amount, options: known }: DecoratorRules, options: Unchecked): Problem[] {
  const { when, on } = options;
  const given = amount && (options[amount.option] ?? amount.default);
  return [
    ...unless(
      amount === undefined || given !== undefined,
      'missing_option',
      () =>
        `"${amount?.option}" is missing (given ${shown(given)}). Say which number to record, for example (result) => result.length.`,
    ),
    ...unless(
      given === undefined || isAmount(given, kinds[kind].range),
      'illegal_option',
      () =>
        `"${amount?.option}" must be a finite number or a function${amount?.option === 'by' ? ', and a counter never goes down' : ''} (given ${shown(given)}). Give one of those.`,
    ),
    ...unless(
      when === undefined || typeof when === 'function',
      'illegal_option',
      () => `"when" must be a function (given ${shown(when)}). Write for example (result) => result !== null.`,
    ),
    ...unless(
      !known.includes('on') || [undefined, 'returned', 'threw', 'settled'].includes(on as string),
      'illegal_option',
      () => `"on" must be "returned", "threw" or "settled" (given ${shown(on)}). Choose one.`,
    ),
  ];
}

const isAmount = (given: unknown, [min, max]: readonly [number, number]): boolean =>
  typeof given === 'function' || (typeof given === 'number' && given >= min && given <= max);
