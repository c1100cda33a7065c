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
import type { Aggregator } from './family.js';
import { kinds, type MetricKind } from './kinds.js';
import { isLabelName, isMetricName } from './naming.js';

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
  { must: 'be a list of numbers', accepts: Array.isArray, remedy: 'Write [0.1, 1, 10]' },
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

/** The names of the options of a family of this kind. */
export const familyOptionsOf = (kind: MetricKind): readonly string[] =>
  kinds[kind].hasBuckets ? [...familyOptions, 'buckets'] : familyOptions;

/** Finds everything that is wrong with the options of `defineCounter` and its siblings. */
export function checkFamily(kind: MetricKind, options: object): Problem[] {
  const given = options as Unchecked;
  const { labels = {}, initial } = given;
  return [
    ...checkNames(given, familyOptionsOf(kind)),
    ...checkCommonOptions(given),
    ...checkLabels(kind, labels),
    ...checkInitial(initial, isObject(labels) ? labels : {}),
  ];
}

/** Checks the options that a family has wherever it is declared: by `defineCounter`, or in a decorator. */
export function checkCommonOptions(given: Unchecked): Problem[] {
  return [
    ...checkMetricName(given['name']),
    ...checkFields(given, commonRules),
    ...checkInTurn('"buckets"', bucketRules, given['buckets']),
  ];
}

function checkMetricName(name: unknown): Problem[] {
  if (isMetricName(name)) return [];
  const allowed = 'letters, digits, "_" and ":", no digit first';
  return [problem('illegal_name', `metric name ${formatIllegalName(name, allowed)}`)];
}

function formatIllegalName(name: unknown, allowed: string): string {
  return `${formatValue(name)} is not legal (allowed: ${allowed}). ${suggestName(name)}`;
}

function suggestName(name: unknown): string {
  const legal = String(name)
    .replace(/[^a-zA-Z0-9_]+/g, '_')
    .replace(/^(?=\d)|^_+/, '_')
    .replace(/^__+/, '');
  return isLabelName(legal) && typeof name === 'string' ? `Rename it, for example "${legal}".` : 'Name it.';
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
  return Object.entries(labels).flatMap(([name, policy]) => [
    ...checkLabelName(kind, name),
    ...checkValue(`label "${name}"`, policyRule, policy),
    ...(isObject(policy)
      ? [...checkNames(policy, policyOptions, `label "${name}": `), ...checkPolicy(name, policy)]
      : []),
  ]);
}

export function checkLabelName(kind: MetricKind, name: string): Problem[] {
  if (!isLabelName(name)) {
    const allowed = 'letters, digits and "_", no digit first, no "__" first';
    return [problem('illegal_label', `label name ${formatIllegalName(name, allowed)}`)];
  }
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
