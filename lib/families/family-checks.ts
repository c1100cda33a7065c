import { formatValue, type Problem } from '../error.js';
import {
  checkFields,
  checkInTurn,
  checkNames,
  checkValue,
  countRule,
  flagRule,
  isListOf,
  isObject,
  isOneOf,
  isOptions,
  isText,
  problem,
  type Rule,
  type Rules,
  type Unchecked,
} from '../validation.js';
import { defaultBuckets } from './buckets.js';
import type { Aggregator } from './family.js';
import { kinds, type MetricKind } from './kinds.js';
import { isLabelName, isMetricName, isUtf8LabelName, isUtf8Name } from './naming.js';
import { nativeRule, nativeRulesOf } from './native-histogram.js';
import { checkObjective } from './objective.js';

/** The words of `aggregator`. */
export const aggregators: readonly Aggregator[] = [
  'sum',
  'min',
  'max',
  'mostrecent',
  'all',
  'livesum',
  'livemin',
  'livemax',
  'livemostrecent',
  'liveall',
];
const maxBuckets = 1000;

/** The rules of the options that every family has, but for its name. */
const commonRules: Rules = {
  help: {
    must: 'be a sentence about the metric',
    accepts: isText,
    remedy: 'Say what is counted, in one line',
    code: 'missing_option',
    isRequired: true,
  },
  unit: {
    must: 'be a word such as "seconds" or "bytes"',
    accepts: isLabelName,
    remedy: "Use the base unit's name",
  },
  maxSeries: countRule("Leave it out for the recorder's own limit"),
  expireAfterSeconds: {
    must: 'be a number above 0',
    accepts: (value) => Number.isFinite(value) && (value as number) > 0,
    remedy: 'Leave it out: series stay',
  },
  aggregator: {
    must: `be one of ${aggregators.join(', ')}`,
    accepts: isOneOf(aggregators),
    remedy: 'Choose one, or leave it out',
  },
};

/** The rules of a label's policy. */
const policyRules: Rules = {
  oneOf: {
    must: 'list different, non-empty strings',
    accepts: (value) => isListOf(isText)(value) && new Set(value as string[]).size === (value as string[]).length,
    remedy: "List the domain's values",
    code: 'illegal_label',
  },
  limit: { ...countRule('Leave it out for no limit of its own'), code: 'illegal_label' },
  hash: { ...flagRule('Choose one'), code: 'illegal_label' },
  sensitive: {
    must: 'be "redact", "allow" or "drop"',
    accepts: isOneOf(['redact', 'allow', 'drop']),
    remedy: 'Leave it out to redact',
    code: 'illegal_label',
  },
};

/** The rules of buckets, each of which presumes the ones before. */
const bucketRules: readonly Rule[] = [
  { must: 'be a list of numbers, or false', accepts: Array.isArray, remedy: 'Write [0.1, 1, 10]' },
  {
    must: `have at most ${maxBuckets} bounds`,
    accepts: (value) => (value as unknown[]).length <= maxBuckets,
    show: (value) => String((value as unknown[]).length),
    remedy: 'Use fewer: each is a series',
  },
  {
    must: 'be finite and ascending',
    accepts: (value) => findWrongBound(value as unknown[]) === -1,
    show: (value) => {
      const at = findWrongBound(value as unknown[]);
      return `${formatValue((value as unknown[])[at])} at position ${at + 1} of ${formatValue(value)}`;
    },
    remedy: 'Sort them and drop repetitions',
  },
];

function findWrongBound(buckets: readonly unknown[]): number {
  const isBound = (bound: unknown, i: number): boolean =>
    Number.isFinite(bound) || (bound === Infinity && i === buckets.length - 1);
  return buckets.findIndex(
    (bound, i) => !isBound(bound, i) || (i > 0 && (bound as number) <= (buckets[i - 1] as number)),
  );
}

/** Checks the option `buckets` of a histogram. */
export const checkBuckets = (buckets: unknown): Problem[] => checkInTurn('"buckets"', bucketRules, buckets);

/** The names of the options of a label's policy. */
export const policyOptions = Object.keys(policyRules);
const familyOptions = [
  'name',
  'help',
  'unit',
  'labels',
  'initial',
  'maxSeries',
  'expireAfterSeconds',
  'aggregator',
  'advice',
];

/** The names of the options of a family, by its kind. */
export const familyOptionsOf: Readonly<Record<MetricKind, readonly string[]>> = {
  counter: [...familyOptions, 'objective'],
  gauge: familyOptions,
  histogram: [...familyOptions, 'buckets', 'native', 'objective'],
};

/** Finds everything that is wrong with the options of `defineCounter` and its siblings. */
export function checkFamily(kind: MetricKind, options: object): Problem[] {
  const given = options as Unchecked;
  const { labels = {}, initial } = given;
  // Why concat: where a service starts, the iterators of spread lists would be a quarter of what a family leaves as garbage.
  const problems = checkNames(given, familyOptionsOf[kind]).concat(
    checkCommonOptions(given),
    checkLabels(kind, labels),
    checkInitial(initial, isObject(labels) ? labels : {}),
    checkPromise(kind, given, defaultBuckets),
  );
  return withLegacyNames(given, problems);
}

/**
 * Finds the names of a family that only a recorder with `nameValidation: 'utf8'` takes. Why not where the family is
 * declared: it is not known there which recorder will open it.
 */
export function checkLegacyNames({ name, labels }: DeclaredNames): Problem[] {
  const problems = !isMetricName(name) && isUtf8Name(name) ? [illegalMetricName(name, orAllow)] : [];
  for (const label of isOptions(labels) ? Object.keys(labels) : []) {
    if (!isLabelName(label) && isUtf8LabelName(label)) problems.push(illegalLabelName(label, orAllow));
  }
  return problems;
}

interface DeclaredNames {
  readonly name?: unknown;
  readonly labels?: unknown;
}

const orAllow = ', or allow it by nameValidation: "utf8" on the recorder';

/** The problems of a declaration, if there are any, with those that another recorder would not have: all are told at once. */
export const withLegacyNames = (given: DeclaredNames, problems: Problem[]): Problem[] =>
  problems.length === 0 ? problems : [...checkLegacyNames(given), ...problems];

/** Checks the objective of a family, whose labels are policies or what a decorator was given. */
export function checkPromise(kind: MetricKind, given: Unchecked, defaultBounds: readonly number[]): Problem[] {
  const { labels, buckets = defaultBounds, objective } = given;
  if (objective === undefined) return [];
  // Why: what is wrong with the buckets is said where they are checked, and native ones end at any number.
  const isWrong = buckets === false || checkBuckets(buckets).length > 0;
  const bounds = isWrong ? undefined : (buckets as number[]);
  return checkObjective(kind, objective, { labels: isOptions(labels) ? labels : {}, bounds });
}

/** Checks the options that a family has wherever it is declared: by `defineCounter`, or in a decorator. */
export function checkCommonOptions(given: Unchecked): Problem[] {
  const { name, buckets, native } = given;
  return checkMetricName(name).concat(
    checkFields(given, commonRules),
    buckets === undefined || buckets === false ? [] : checkBuckets(buckets),
    native === undefined ? [] : checkNative(native),
  );
}

function checkNative(native: unknown): Problem[] {
  if (!isOptions(native)) return checkValue('"native"', nativeRule, native);
  const rules = nativeRulesOf(native);
  return [...checkNames(native, Object.keys(rules), '"native": '), ...checkFields(native, rules, '"native": ')];
}

function checkMetricName(name: unknown): Problem[] {
  return isMetricName(name) || isUtf8Name(name) ? [] : [illegalMetricName(name)];
}

const illegalMetricName = (name: unknown, otherwise = ''): Problem =>
  problem(
    'illegal_name',
    `metric name ${formatIllegalName(name, 'letters, digits, "_" and ":", no digit first', otherwise)}`,
  );

const illegalLabelName = (name: string, otherwise = ''): Problem =>
  problem(
    'illegal_label',
    `label name ${formatIllegalName(name, 'letters, digits and "_", no digit first, no "__" first', otherwise)}`,
  );

function formatIllegalName(name: unknown, allowed: string, otherwise: string): string {
  return `${formatValue(name)} is not legal (allowed: ${allowed}). ${suggestName(name)}${otherwise}.`;
}

function suggestName(name: unknown): string {
  const legal = String(name)
    .replace(/[^a-zA-Z0-9_]+/g, '_')
    .replace(/^(?=\d)|^_+/, '_')
    .replace(/^__+/, '');
  return isLabelName(legal) && typeof name === 'string' ? `Rename it, for example "${legal}"` : 'Name it';
}

const labelsRule: Rule = { must: 'be an object', accepts: isOptions, remedy: 'Write { team: {} }' };
const policyRule: Rule = {
  must: 'have a policy object',
  accepts: isObject,
  remedy: 'Write {} for an open label',
  code: 'illegal_label',
  isRequired: true,
};

function checkLabels(kind: MetricKind, labels: unknown): Problem[] {
  if (!isOptions(labels)) return checkValue('"labels"', labelsRule, labels);
  const problems: Problem[] = [];
  for (const name of Object.keys(labels)) problems.push(...checkLabel(kind, name, labels[name]));
  return problems;
}

function checkLabel(kind: MetricKind, name: string, policy: unknown): Problem[] {
  const problems = checkLabelName(kind, name);
  if (!isObject(policy)) return problems.concat(checkValue(`label "${name}"`, policyRule, policy));
  return problems.concat(checkNames(policy, policyOptions, `label "${name}": `), checkPolicy(name, policy));
}

export function checkLabelName(kind: MetricKind, name: string): Problem[] {
  if (!isLabelName(name) && !isUtf8LabelName(name)) return [illegalLabelName(name)];
  if (!kinds[kind].reservedLabels.includes(name)) return [];
  const message = `label name "${name}" is kept for the ${kind}'s own samples (given as a label). Use another name.`;
  return [problem('illegal_label', message)];
}

export const checkPolicy = (name: string, policy: Unchecked): Problem[] =>
  checkFields(policy, policyRules, `label "${name}": `);

const initialRule: Rule = {
  must: 'be a list of label sets, or "all"',
  accepts: Array.isArray,
  remedy: 'Write [{ team: "payments" }]',
};

/** Checks the label sets that exist from the start; `labels` are the policies or specifications by label name. */
export function checkInitial(initial: unknown, labels: Unchecked): Problem[] {
  if (initial === undefined) return [];
  const names = Object.keys(labels);
  if (initial === 'all') {
    const open = names.filter((name) => !isObject(labels[name]) || !Array.isArray(labels[name]['oneOf']));
    if (open.length === 0) return [];
    const message = `"initial" can only be "all" where every label lists its values (given without "oneOf": ${open.join(', ')}). List them, or give label sets.`;
    return [problem('illegal_option', message)];
  }
  if (!Array.isArray(initial)) return checkValue('"initial"', initialRule, initial);
  const isLabelSet = (set: unknown): boolean => isObject(set) && Object.keys(set).every(isOneOf(names));
  const labelSets: Rule = {
    must: `give values of [${names.join(', ')}]`,
    accepts: (sets) => (sets as unknown[]).every(isLabelSet),
    show: (sets) => formatValue((sets as unknown[]).find((set) => !isLabelSet(set))),
    remedy: 'Correct that label set',
  };
  return checkValue('"initial"', labelSets, initial);
}
