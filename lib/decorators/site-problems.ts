import { type Problem, shown } from '../error.js';
import type { Family } from '../families/family.js';
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
import { kinds } from '../families/kinds.js';
import { labelSpecProblems } from '../instrumentation/readers.js';
import type { DecoratorRules } from './decorator-rules.js';
import { type Given, isShared } from './given.js';

/** Everything that is wrong with what a decorator was given. */
export function siteProblems(rules: DecoratorRules, given: Given): Problem[] {
  const options = isShared(given) ? given[1] : given[0];
  if (!isObject(options)) {
    return [
      problem(
        'illegal_option',
        `the options must be an object (given ${shown(options)}). Write { name, help, labels } or pass a family and { labels }.`,
      ),
    ];
  }
  return [
    ...(isShared(given) ? sharedProblems(rules, given[0], options) : inPlaceProblems(rules, options)),
    ...ruleProblems(rules, options),
  ];
}

function sharedProblems(rules: DecoratorRules, family: Family, options: Unchecked): Problem[] {
  return [
    ...unless(
      family.kind === rules.kind,
      'illegal_option',
      () => `family "${family.name}" must be a ${rules.kind} (given a ${family.kind}). Use the decorator of its kind.`,
    ),
    ...unknownOptions(options, ['labels', ...rules.options]),
    ...labelsProblems(options['labels'], (labels) => [
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
            `label "${name}" is not one of family "${family.name}" (it has [${Object.keys(family.labels).join(', ')}]). Remove it, or add it to the family.`,
        ),
        ...labelSpecProblems(name, spec, rules.operation, false),
      ]),
    ]),
  ];
}

function inPlaceProblems(rules: DecoratorRules, options: Unchecked): Problem[] {
  const { kind } = rules;
  const known = [...familyOptions, ...(kind === 'histogram' ? ['buckets'] : []), ...rules.options];
  return [
    ...unknownOptions(options, known),
    ...namedProblems(options),
    ...labelsProblems(options['labels'], (labels) =>
      Object.entries(labels).flatMap(([name, spec]) => [
        ...labelNameProblems(kind, name),
        ...labelSpecProblems(name, spec, rules.operation, true),
        ...(isObject(spec) ? policyProblems(name, spec) : []),
      ]),
    ),
    ...initialProblems(options['initial'], isObject(options['labels']) ? options['labels'] : {}),
  ];
}

function labelsProblems(labels: unknown, problemsOf: (labels: Unchecked) => Problem[]): Problem[] {
  if (labels === undefined) return problemsOf({});
  if (isObject(labels) && !Array.isArray(labels)) return problemsOf(labels);
  return [
    problem('illegal_option', `"labels" must be an object (given ${shown(labels)}). Write { team: (team) => team }.`),
  ];
}

function ruleProblems({ kind, amount, options: known }: DecoratorRules, options: Unchecked): Problem[] {
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

function isAmount(given: unknown, [least, most]: readonly [number, number]): boolean {
  return typeof given === 'function' || (typeof given === 'number' && given >= least && given <= most);
}
