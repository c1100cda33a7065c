import { type Problem } from '../error.js';
import type { Family } from '../families/family.js';
import {
  checkCommonOptions,
  checkInitial,
  checkLabelName,
  checkPolicy,
  familyOptionsOf,
} from '../families/family-checks.js';
import { kinds } from '../families/kinds.js';
import { labelSpecProblems } from '../instrumentation/label-readers.js';
import {
  checkFields,
  checkNames,
  checkValue,
  isFunction,
  isObject,
  isOneOf,
  isOptions,
  problem,
  type Rule,
  type Rules,
  type Unchecked,
} from '../validation.js';
import type { DecoratorRules } from './decorator-rules.js';
import { type Given, isShared } from './given.js';

const optionsRule: Rule = {
  must: 'be an object',
  accepts: isObject,
  remedy: 'Write { name, help, labels } or pass a family and { labels }',
  isRequired: true,
};
const labelsRule: Rule = { must: 'be an object', accepts: isOptions, remedy: 'Write { team: (team) => team }' };

/** Finds everything that is wrong with what a decorator was given. */
export function checkSite(rules: DecoratorRules, given: Given): Problem[] {
  const options = isShared(given) ? given[1] : given[0];
  if (!isObject(options)) return checkValue('the options', optionsRule, options);
  return [
    ...(isShared(given) ? checkShared(rules, given[0], options) : checkInPlace(rules, options)),
    ...checkAmount(rules, options),
    ...checkFields(options, conditionRules(rules)),
  ];
}

function checkShared(rules: DecoratorRules, family: Family, options: Unchecked): Problem[] {
  const kind: Rule = {
    must: `be a ${rules.kind}`,
    accepts: (value) => value === rules.kind,
    show: (value) => `a ${value}`,
    remedy: 'Use the decorator of its kind',
  };
  return [
    ...checkValue(`family "${family.name}"`, kind, family.kind),
    ...checkNames(options, ['labels', ...rules.options]),
    ...checkLabels(options['labels'], (labels) => [
      ...checkLabelsComplete(family, labels),
      ...Object.entries(labels).flatMap(([name, spec]) => [
        ...checkLabelKnown(family, name),
        ...labelSpecProblems(name, spec, rules.operation, false),
      ]),
    ]),
  ];
}

const checkLabelsComplete = (family: Family, labels: Unchecked): Problem[] =>
  Object.keys(family.labels)
    .filter((name) => !Object.hasOwn(labels, name))
    .map((name) =>
      problem(
        'missing_label',
        `label "${name}" of family "${family.name}" is missing (given [${Object.keys(labels).join(', ')}]). Give a constant or a reader.`,
      ),
    );

function checkLabelKnown(family: Family, name: string): Problem[] {
  if (Object.hasOwn(family.labels, name)) return [];
  const names = Object.keys(family.labels).join(', ');
  const message = `label "${name}" is not one of family "${family.name}" (it has [${names}]). Remove it, or add it to the family.`;
  return [problem('illegal_label', message)];
}

function checkInPlace(rules: DecoratorRules, options: Unchecked): Problem[] {
  const { kind } = rules;
  const labels = options['labels'];
  return [
    ...checkNames(options, [...familyOptionsOf(kind), ...rules.options]),
    ...checkCommonOptions(options),
    ...checkLabels(labels, (specs) =>
      Object.entries(specs).flatMap(([name, spec]) => [
        ...checkLabelName(kind, name),
        ...labelSpecProblems(name, spec, rules.operation, true),
        ...(isObject(spec) ? checkPolicy(name, spec) : []),
      ]),
    ),
    ...checkInitial(options['initial'], isObject(labels) ? labels : {}),
  ];
}

function checkLabels(labels: unknown, checkEach: (labels: Unchecked) => Problem[]): Problem[] {
  if (labels === undefined) return checkEach({});
  return isOptions(labels) ? checkEach(labels) : checkValue('"labels"', labelsRule, labels);
}

function checkAmount({ kind, amount }: DecoratorRules, options: Unchecked): Problem[] {
  if (amount === undefined) return [];
  const { option } = amount;
  const given = options[option] ?? amount.default;
  if (given === undefined) {
    const message = `"${option}" is missing (given undefined). Say which number to record, for example (result) => result.length.`;
    return [problem('missing_option', message)];
  }
  const [least, most] = kinds[kind].range;
  const rule: Rule = {
    must: `be a finite number or a function${option === 'by' ? ', and a counter never goes down' : ''}`,
    accepts: (value) => isFunction(value) || (typeof value === 'number' && value >= least && value <= most),
    remedy: 'Give one of those',
  };
  return checkValue(`"${option}"`, rule, given);
}

const when: Rule = {
  must: 'be a function',
  accepts: isFunction,
  remedy: 'Write for example (result) => result !== null',
};
const on: Rule = {
  must: 'be "returned", "threw" or "settled"',
  accepts: isOneOf(['returned', 'threw', 'settled']),
  remedy: 'Choose one',
};

const conditionRules = ({ options }: DecoratorRules): Rules => (options.includes('on') ? { when, on } : { when });
