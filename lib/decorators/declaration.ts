import { type Problem, refuseIfAny } from '../error.js';
import { defaultBuckets } from '../families/buckets.js';
import { familyOfExternal, isExternalMetric } from '../families/external-metric.js';
import { type CommonOptions, createFamily, type Family, type FamilyOptions } from '../families/family.js';
import {
  checkCommonOptions,
  checkInitial,
  checkLabelName,
  checkPolicy,
  checkPromise,
  familyOptionsOf,
  withLegacyNames,
} from '../families/family-checks.js';
import { kinds, toNumber } from '../families/kinds.js';
import { isClosed, type LabelPolicies, type LabelValue } from '../families/labels.js';
import type { AnyMethod } from '../instrumentation/call.js';
import type { CompletedBy, Instrument, RecordedOutcome } from '../instrumentation/instrument.js';
import type { Amount, Completion, FromResult } from '../instrumentation/reader-types.js';
import { checkLabelSpec, policiesOf, toLabelReaders, toReader } from '../instrumentation/readers.js';
import {
  checkFields,
  checkNames,
  checkValue,
  functionRule,
  isFunction,
  isObject,
  isOneOf,
  isOptions,
  problem,
  type Rule,
  type Rules,
  type Unchecked,
} from '../validation.js';
import { type DecoratorName, type DecoratorRules, decoratorRules } from './decorator-rules.js';

/** The options of every family declared in place, beside its labels. `N` are the names of the labels. */
export interface InPlaceOptions<N extends string> extends CommonOptions {
  /**
   * Label sets that exist, at 0, before the first call, so that `rate()` sees the first event; `'all'` for every
   * combination where each label has a `oneOf`. Default: `'all'` where that is possible, except for `@Gauge`; else none.
   */
  readonly initial?: 'all' | readonly { readonly [K in NoInfer<N>]: LabelValue }[];
}

/** What completes a call. */
export interface CompletionOptions<M extends AnyMethod> {
  /**
   * What completes a call: its `'result'`, the default; or `'callback'`, the function that is its last argument, which gets
   * an error first, or nothing and the result. It holds for all decorators of the method.
   */
  readonly completion?: Completion<M>;
}

/** Which value of calls that returned is recorded. */
export interface ValueOptions<T, M extends AnyMethod> {
  /**
   * The value, a finite number in the metric's unit: a constant, or read from the awaited result. A BigInt is taken where
   * a number holds it exactly.
   */
  readonly value: Amount | FromResult<T, M, Amount>;
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
  const args = resolveFamily(written);
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
    amount: rules.amount && toReader(toNumber(options[rules.amount.option] ?? rules.amount.default), reads),
    labels: toLabelReaders(Object.keys(declared.labels), specs),
    completion: options['completion'] as CompletedBy | undefined,
    scale: scaleOf(rules, options['unit']),
  };
}

/** Whether the first argument is a declared family rather than the options of a family declared in place. */
const hasFamily = (args: DecoratorArguments): args is readonly [Family, Unchecked] =>
  args.length === 2 && isObject(args[0]) && 'kind' in args[0];

/** The same arguments, with the family of an external metric in its place, and with options after a family that has none. */
function resolveFamily(args: DecoratorArguments): DecoratorArguments {
  const [given, options = {}] = args;
  if (isExternalMetric(given)) return [familyOfExternal(given), options];
  return args.length === 1 && isObject(given) && 'kind' in given && 'site' in given ? [given, options] : args;
}

function declareInPlace(rules: DecoratorRules, options: Unchecked, specs: Unchecked, site: Site): Family {
  const own = Object.entries(options).filter(([option]) => !rules.options.includes(option));
  const given = Object.fromEntries(own) as unknown as FamilyOptions<LabelPolicies>;
  const labels = policiesOf(specs);
  const defaults =
    rules.operation === 'acquire' ? inFlightDefaults(labels) : { buckets: bucketsInUnit(rules, options) };
  return createFamily(rules.kind, { ...defaults, ...given, labels }, site.name);
}

/** Calls in flight add up over processes, and are 0 from the start. The values of other gauges are neither. */
const inFlightDefaults = (labels: LabelPolicies): Partial<FamilyOptions<LabelPolicies>> => ({
  aggregator: 'livesum',
  ...(isClosed(labels) && { initial: 'all' }),
});

/** What a measured number is multiplied by to have this unit; `undefined` where the decorator does not know the unit. */
const scaleOf = ({ units = {} }: DecoratorRules, unit: unknown): number | undefined =>
  typeof unit === 'string' && Object.hasOwn(units, unit) ? units[unit] : undefined;

/** The default buckets fit seconds. Durations that are recorded in another unit have the same ones in that unit. */
function bucketsInUnit(rules: DecoratorRules, { unit }: Unchecked): readonly number[] {
  const scale = scaleOf(rules, unit) ?? 1;
  return scale === 1 ? defaultBuckets : defaultBuckets.map((bound) => bound * scale);
}

const optionsRule: Rule = {
  must: 'be an object',
  accepts: isObject,
  remedy: 'Write { name, help, labels } or pass a family and { labels }',
  isRequired: true,
};
const labelsRule: Rule = { must: 'be an object', accepts: isOptions, remedy: 'Write { team: (team) => team }' };
const when: Rule = functionRule('Write for example (result) => result !== null');
const on: Rule = {
  must: 'be "returned", "threw" or "settled"',
  accepts: isOneOf(['returned', 'threw', 'settled']),
  remedy: 'Choose one',
};

const completion: Rule = {
  must: 'be "result" or "callback"',
  accepts: isOneOf(['result', 'callback']),
  remedy: 'Leave it out for "result"',
};

/** Finds everything that is wrong with the arguments of a decorator. */
function checkArguments(rules: DecoratorRules, args: DecoratorArguments): Problem[] {
  const options = hasFamily(args) ? args[1] : args[0];
  if (!isObject(options)) return checkValue('the options', optionsRule, options);
  const conditions: Rules = rules.options.includes('on') ? { when, on, completion } : { when, completion };
  const problems = hasFamily(args) ? checkDeclaredFamily(rules, args[0], options) : checkInPlaceFamily(rules, options);
  return problems.concat(checkAmount(rules, options), checkFields(options, conditions));
}

function checkDeclaredFamily(rules: DecoratorRules, family: Family, options: Unchecked): Problem[] {
  const kindRule: Rule = {
    must: `be a ${rules.kind}`,
    accepts: (kind) => kind === rules.kind,
    show: (kind) => `a ${kind}`,
    remedy: 'Use the decorator of its kind',
  };
  return [
    ...checkValue(`family "${family.name}"`, kindRule, family.kind),
    ...checkNames(options, ['labels', ...rules.options, ...(rules.units ? ['unit'] : [])]),
    ...(rules.units ? checkFields(options, { unit: unitRule(Object.keys(rules.units)) }) : []),
    ...checkLabels(options['labels'], (labels) => [
      ...Object.keys(family.labels).flatMap((name) => checkIsGiven(family, name, labels)),
      ...Object.entries(labels).flatMap(([name, spec]) => [
        ...checkIsLabelOf(family, name),
        ...checkLabelSpec(name, spec, rules.operation, false),
      ]),
    ]),
  ];
}

const unitRule = (units: readonly string[]): Rule => ({
  must: `be ${units.map((unit) => `"${unit}"`).join(' or ')}`,
  accepts: isOneOf(units),
  remedy: 'Leave it out for seconds',
});

function checkIsGiven(family: Family, name: string, labels: Unchecked): Problem[] {
  if (Object.hasOwn(labels, name)) return [];
  const given = Object.keys(labels).join(', ');
  const message = `label "${name}" of family "${family.name}" is missing (given [${given}]). Give a constant or a reader.`;
  return [problem('missing_label', message)];
}

function checkIsLabelOf(family: Family, name: string): Problem[] {
  if (Object.hasOwn(family.labels, name)) return [];
  const names = Object.keys(family.labels).join(', ');
  const message = `label "${name}" is not a label of family "${family.name}" (it has [${names}]). Remove it, or add it to the family.`;
  return [problem('illegal_label', message)];
}

function checkInPlaceFamily(rules: DecoratorRules, options: Unchecked): Problem[] {
  const { kind, operation } = rules;
  const { labels, initial } = options;
  const problems = checkNames(options, familyOptionsOf[kind].concat(rules.options)).concat(
    checkCommonOptions(options),
    checkLabels(labels, (specs) =>
      Object.keys(specs).flatMap((name) => {
        const spec = specs[name];
        const ofSpec = checkLabelName(kind, name).concat(checkLabelSpec(name, spec, operation, true));
        return isObject(spec) ? ofSpec.concat(checkPolicy(name, spec)) : ofSpec;
      }),
    ),
    checkInitial(initial, isObject(labels) ? labels : {}),
    checkPromise(kind, options, bucketsInUnit(rules, options)),
  );
  return withLegacyNames(options, problems);
}

function checkLabels(labels: unknown, checkEach: (labels: Unchecked) => Problem[]): Problem[] {
  if (labels === undefined) return checkEach({});
  return isOptions(labels) ? checkEach(labels) : checkValue('"labels"', labelsRule, labels);
}

function checkAmount({ kind, amount }: DecoratorRules, options: Unchecked): Problem[] {
  if (amount === undefined) return [];
  const { option } = amount;
  const given = toNumber(options[option] ?? amount.default);
  if (given === undefined) {
    const message = `"${option}" is missing (given undefined). Say which number to record, for example (result) => result.length.`;
    return [problem('missing_option', message)];
  }
  const [min, max] = kinds[kind].range;
  const rule: Rule = {
    must: `be a finite number or a function${option === 'by' ? ', and a counter never goes down' : ''}`,
    accepts: (value) => isFunction(value) || (typeof value === 'number' && value >= min && value <= max),
    remedy: 'Give one of those',
  };
  return checkValue(`"${option}"`, rule, given);
}
