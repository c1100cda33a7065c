import { formatValue, type Problem, refuseIfAny } from '../error.js';
import {
  describeUnknownLabel,
  type LabelPolicies,
  type LabelPolicy,
  type LabelValue,
  type LabelValueOf,
  overflowValue,
} from '../families/labels.js';
import { isOptions, problem } from '../validation.js';
import { escapeRegExp, type Matcher } from './node.js';

/**
 * What the value of a label must be: a value, one of several, or something about it. `null` and `''` stand for series without
 * the label.
 */
export type Condition<Value = KnownValue> =
  | Value
  | readonly Value[]
  | { readonly not: Value | readonly Value[] }
  /** A regular expression of RE2 that the whole value matches. Grafana's variables are such: `'$team'`. */
  | { readonly matches: string }
  | { readonly matchesNot: string };

type KnownValue = Exclude<LabelValue, undefined>;

/**
 * Conditions on labels: those of the family, with the values of its `oneOf`, and those that Prometheus adds to a target. One
 * that is `undefined` is left out.
 */
export type Conditions<P extends LabelPolicies, Target extends string> = {
  readonly [K in keyof P]?: Condition<ExposedValue<P[K]>> | undefined;
} & { readonly [K in Target]?: Condition | undefined };

/** A label with `oneOf` has `other` too, for what is none of its values. */
type ExposedValue<P extends LabelPolicy> = P extends { readonly oneOf: readonly string[] }
  ? Exclude<LabelValueOf<P>, undefined> | typeof overflowValue
  : KnownValue;

/** What a selector knows of its labels. */
export interface KnownLabels {
  readonly site: string;
  readonly policies: LabelPolicies;
  /** The labels that Prometheus adds. */
  readonly target: readonly string[];
}

/**
 * Makes the conditions of a selector.
 *
 * @throws MetricsError with each label that the family does not have, and each value that its `oneOf` does not list.
 */
export function toMatchers(conditions: Readonly<Record<string, unknown>>, known: KnownLabels): Matcher[] {
  const given = Object.entries(conditions).filter(([, condition]) => condition !== undefined);
  refuseIfAny(
    known.site,
    given.flatMap(([label, condition]) => checkCondition(label, condition, known)),
  );
  return given.map(([label, condition]) => toMatcher(label, condition));
}

/** Makes the condition of a selector from what was given for a label. */
export function toMatcher(label: string, condition: unknown): Matcher {
  if (isObject(condition, 'matches')) return { label, operator: '=~', value: String(condition.matches) };
  if (isObject(condition, 'matchesNot')) return { label, operator: '!~', value: String(condition.matchesNot) };
  const isNegative = isObject(condition, 'not');
  const values = listValues(condition);
  if (values.length === 1) return { label, operator: isNegative ? '!=' : '=', value: values[0] as string };
  return { label, operator: isNegative ? '!~' : '=~', value: values.map(escapeRegExp).join('|') };
}

/** The values that a condition names. */
function listValues(condition: unknown): string[] {
  const named = isObject(condition, 'not') ? condition.not : condition;
  return (Array.isArray(named) ? named : [named]).map((value) => (value === null ? '' : String(value)));
}

const isObject = <K extends string>(value: unknown, key: K): value is Readonly<Record<K, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && key in value;

const kindsOfConditions = ['not', 'matches', 'matchesNot'];

function checkCondition(label: string, condition: unknown, { policies, target }: KnownLabels): Problem[] {
  const names = [...Object.keys(policies), ...target];
  if (!names.includes(label)) return [describeUnknownLabel(label, names)];
  const wrong = checkForm(label, condition);
  if (wrong !== undefined) return [problem('illegal_option', wrong)];
  return isPattern(condition) ? [] : checkValues(label, listValues(condition), policies[label]?.oneOf);
}

const isPattern = (condition: unknown): boolean => isObject(condition, 'matches') || isObject(condition, 'matchesNot');

/** What is wrong with the form of a condition, whatever its label may have. */
function checkForm(label: string, condition: unknown): string | undefined {
  if (!isOptions(condition)) return checkAllValues(label, condition);
  const keys = Object.keys(condition);
  const given = keys.filter((key) => kindsOfConditions.includes(key));
  if (given.length > 1) {
    return `the condition on label "${label}" must have one of ${kindsOfConditions.join(', ')} (given ${given.join(' and ')}). Write where() twice.`;
  }
  if (given.length === 0 || keys.length > 1) {
    return `the condition on label "${label}" must be a value, a list of values, or an object with one of ${kindsOfConditions.join(', ')} (given ${formatValue(condition)}). Write for example { ${label}: { not: "a" } }.`;
  }
  const [value] = Object.values(condition);
  if (!isPattern(condition)) return checkAllValues(label, value);
  return typeof value === 'string'
    ? undefined
    : `the pattern for label "${label}" must be a text (given ${formatValue(value)}). Write for example "a|b".`;
}

function checkAllValues(label: string, given: unknown): string | undefined {
  const values: readonly unknown[] = Array.isArray(given) ? given : [given];
  const wrong = values.findIndex((value) => value !== null && !typesOfValues.includes(typeof value));
  return wrong === -1
    ? undefined
    : `the condition on label "${label}" must be about texts, numbers, booleans or null (given ${formatValue(values[wrong])}). Give a value, or leave the condition out.`;
}

const typesOfValues = ['string', 'number', 'boolean', 'bigint'];

function checkValues(label: string, values: readonly string[], oneOf: readonly string[] | undefined): Problem[] {
  if (values.length === 0) {
    const message = `the condition on label "${label}" has no values (given []). Name one, or leave the condition out.`;
    return [problem('illegal_option', message)];
  }
  if (oneOf === undefined) return [];
  return values
    .filter((value) => value !== '' && value !== overflowValue && !oneOf.includes(value))
    .map((value) =>
      problem(
        'illegal_option',
        `label "${label}" never has the value ${JSON.stringify(value)} (its "oneOf" has: ${oneOf.join(', ')}). Use one of these.`,
      ),
    );
}
