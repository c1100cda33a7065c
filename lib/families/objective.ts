import { formatValue, type Problem } from '../error.js';
import {
  checkFields,
  checkNames,
  checkValue,
  isObject,
  isOptions,
  problem,
  type Rule,
  type Rules,
  type Unchecked,
} from '../validation.js';
import type { MetricKind } from './kinds.js';
import { describeUnknownLabel, type LabelPolicies, type LabelValueOf, overflowValue } from './labels.js';

/** What every objective says. */
interface CommonObjective {
  /** The part of the events that must be good, between 0 and 1: `0.999`. */
  readonly ratio: number;
  /** Over how many days, from 28 to 90: the burn rates of the alerts are made for a month. Default: 30. */
  readonly days?: number;
}

/** Which part of what a counter counts may be an error: the service level that its users were promised. */
export interface CounterObjective<P extends LabelPolicies> extends CommonObjective {
  /** The label values of an error: `{ outcome: 'error' }`, or `{ code: ['500', '503'] }`. */
  readonly errors: { readonly [K in keyof P]?: LabelValueOf<P[K]> | readonly LabelValueOf<P[K]>[] };
}

/** Which part of a histogram's observations may be above a bound: the service level that its users were promised. */
export interface HistogramObjective extends CommonObjective {
  /** The bound of a bucket, in the unit of the histogram: observations up to it are good. */
  readonly under: number;
}

/** What is promised about a family. */
export type Objective = CounterObjective<LabelPolicies> | HistogramObjective;

/** Over how many days an objective holds unless it says otherwise. */
export const defaultDays = 30;

/** Why: 1 - 0.999 is 0.0010000000000000009, which nobody wants to read in a rule or a table. */
export const round = (value: number): number => Number(value.toPrecision(12));

/** What is known of a family when its objective is checked. */
interface ObjectiveSubject {
  /** The labels with their policies, or with what a decorator was given for them. */
  readonly labels: Unchecked;
  /** The bounds of its buckets; `undefined` where they are wrong, which is said elsewhere. */
  readonly bounds: readonly number[] | undefined;
}

const ratioRule: Rule = {
  must: 'be a number above 0 and below 1',
  accepts: (value) => typeof value === 'number' && value > 0 && value < 1,
  remedy: 'Write 0.999 for 99.9 %',
  isRequired: true,
};

const daysRule: Rule = {
  must: 'be a whole number from 28 to 90',
  accepts: (value) => Number.isInteger(value) && (value as number) >= 28 && (value as number) <= 90,
  remedy: `Leave it out for ${defaultDays}`,
};

const commonRules: Rules = { ratio: ratioRule, days: daysRule };

const objectiveRule: Rule = {
  must: 'be an object',
  accepts: isOptions,
  remedy: 'Write { ratio: 0.999, … }',
};

/** Finds everything that is wrong with the objective of a family of this kind. A gauge has none. */
export function checkObjective(kind: MetricKind, objective: unknown, subject: ObjectiveSubject): Problem[] {
  // Why nothing: that the option is unknown is said where names of options are checked.
  if (kind === 'gauge') return [];
  if (!isOptions(objective)) return checkValue('"objective"', objectiveRule, objective);
  const own = kind === 'counter' ? checkErrors(objective, subject.labels) : checkBound(objective, subject.bounds);
  const names = ['ratio', 'days', kind === 'counter' ? 'errors' : 'under'];
  return [
    ...checkNames(objective, names, 'objective: '),
    ...checkFields(objective, commonRules, 'objective: '),
    ...own,
  ];
}

const errorsRule: Rule = {
  must: 'be an object of label values',
  accepts: (value) => isOptions(value) && Object.keys(value).length > 0,
  show: (value) => (isOptions(value) && Object.keys(value).length === 0 ? 'an empty one' : formatValue(value)),
  remedy: 'Say which calls are errors, for example { outcome: "error" }',
  isRequired: true,
};

function checkErrors({ errors }: Unchecked, labels: Unchecked): Problem[] {
  const problems = checkValue('objective: "errors"', errorsRule, errors);
  if (problems.length > 0) return problems;
  return Object.entries(errors as Unchecked).flatMap(([label, values]) => checkErrorLabel(label, values, labels));
}

function checkErrorLabel(label: string, values: unknown, labels: Unchecked): Problem[] {
  if (!Object.hasOwn(labels, label)) {
    return [describeUnknownLabel(label, Object.keys(labels), 'objective: ')];
  }
  const domain = listDomain(labels[label]);
  const given = Array.isArray(values) ? values : [values];
  if (given.length === 0) {
    const message = `objective: label "${label}" must have a value of an error (given []). Name one, or leave the label out.`;
    return [problem('illegal_option', message)];
  }
  return given
    .filter((value) => !isLabelValue(value) || (domain !== undefined && !domain.includes(value)))
    .map((value) => problem('illegal_option', describeWrongValue(label, value, domain)));
}

const isLabelValue = (value: unknown): value is string => ['string', 'number', 'boolean'].includes(typeof value);

function describeWrongValue(label: string, value: unknown, domain: readonly unknown[] | undefined): string {
  const allowed = domain === undefined ? 'a text, a number or a boolean' : domain.join(', ');
  return `objective: label "${label}" never has this value (given ${formatValue(value)}; allowed: ${allowed}). Correct it.`;
}

/** The values that a label lists; `undefined` if it does not. A label of a decorator may be a specification with `oneOf`. */
function listDomain(policy: unknown): readonly unknown[] | undefined {
  const oneOf = isObject(policy) || typeof policy === 'function' ? (policy as Unchecked)['oneOf'] : undefined;
  return Array.isArray(oneOf) ? [...oneOf, overflowValue] : undefined;
}

function checkBound(objective: Unchecked, bounds: readonly number[] | undefined): Problem[] {
  const under: Rule = {
    must: bounds === undefined ? 'be a number' : `be a bound of the buckets (${bounds.join(', ') || 'none'})`,
    accepts: (value) => typeof value === 'number' && (bounds === undefined || bounds.includes(value)),
    remedy: 'Use one of these, or add it to "buckets"',
    isRequired: true,
  };
  return checkFields(objective, { under }, 'objective: ');
}
