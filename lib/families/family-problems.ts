import { type Problem, shown } from '../error.js';
import { kinds, type MetricKind } from './kinds.js';
import { isLabelName, isMetricName } from './names.js';

/** A declaration as it may come from JavaScript: nothing about it is certain. */
export type Unchecked = Readonly<Record<string, unknown>>;

const aggregators = ['sum', 'max', 'min', 'average', 'first', 'omit'];
const mostBuckets = 1000;
const sensitivities = ['redact', 'allow', 'drop'];

export const familyOptions = [
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
export const policyOptions = ['oneOf', 'limit', 'hash', 'sensitive'];

/** Everything that is wrong with a shared family's declaration. */
export function familyProblems(kind: MetricKind, options: object): Problem[] {
  const given = options as Unchecked;
  const known = kind === 'histogram' ? [...familyOptions, 'buckets'] : familyOptions;
  const { labels = {}, initial } = given;
  return [
    ...unknownOptions(given, known),
    ...namedProblems(given),
    ...labelsProblems(kind, labels),
    ...initialProblems(initial, isObject(labels) ? labels : {}),
  ];
}

/** What is wrong with the label sets that are to exist from the start. */
export function initialProblems(initial: unknown, labels: Unchecked): Problem[] {
  if (initial === undefined) return [];
  if (initial === 'all') {
    const open = Object.keys(labels).filter((name) => !isObject(labels[name]) || !Array.isArray(labels[name]['oneOf']));
    return unless(
      open.length === 0,
      'illegal_option',
      () =>
        `"initial" can only be "all" where every label lists its values (given without "oneOf": ${open.join(', ')}). List them, or give label sets.`,
    );
  }
  if (!Array.isArray(initial)) {
    return [
      problem(
        'illegal_option',
        `"initial" must be a list of label sets, or "all" (given ${shown(initial)}). Write [{ team: "payments" }].`,
      ),
    ];
  }
  const names = Object.keys(labels);
  const wrong = initial.find((set) => !isObject(set) || Object.keys(set).some((name) => !names.includes(name)));
  return unless(
    wrong === undefined,
    'illegal_option',
    () => `"initial" must give values of [${names.join(', ')}] (given ${shown(wrong)}). Correct that label set.`,
  );
}

/** What is wrong with the options that shared families and families declared in place have in common. */
export function namedProblems(given: Unchecked): Problem[] {
  const { name, help, unit, maxSeries, expireAfterSeconds, aggregator, buckets } = given;
  return [
    ...unless(
      isMetricName(name),
      'illegal_name',
      () =>
        `metric name ${shown(name)} is not legal (allowed: letters, digits, "_" and ":", no digit first). ${renaming(name)}`,
    ),
    ...unless(
      typeof help === 'string' && help !== '',
      'missing_option',
      () => `"help" must be a sentence about the metric (given ${shown(help)}). Say what is counted, in one line.`,
    ),
    ...unless(
      unit === undefined || isLabelName(unit),
      'illegal_option',
      () => `"unit" must be a word such as "seconds" or "bytes" (given ${shown(unit)}). Use the base unit's name.`,
    ),
    ...unless(
      maxSeries === undefined || isCount(maxSeries),
      'illegal_option',
      () =>
        `"maxSeries" must be a whole number above 0 (given ${shown(maxSeries)}). Leave it out for the recorder's own bound.`,
    ),
    ...unless(
      expireAfterSeconds === undefined || (Number.isFinite(expireAfterSeconds) && (expireAfterSeconds as number) > 0),
      'illegal_option',
      () =>
        `"expireAfterSeconds" must be a number above 0 (given ${shown(expireAfterSeconds)}). Leave it out: series stay.`,
    ),
    ...unless(
      aggregator === undefined || aggregators.includes(aggregator as string),
      'illegal_option',
      () =>
        `"aggregator" must be one of ${aggregators.join(', ')} (given ${shown(aggregator)}). Choose one, or leave it out.`,
    ),
    ...bucketProblems(buckets),
  ];
}

function labelsProblems(kind: MetricKind, labels: unknown): Problem[] {
  if (typeof labels !== 'object' || labels === null || Array.isArray(labels)) {
    return [problem('illegal_option', `"labels" must be an object (given ${shown(labels)}). Write { team: {} }.`)];
  }
  return Object.entries(labels).flatMap(([name, policy]) => [
    ...labelNameProblems(kind, name),
    ...(isObject(policy)
      ? [...unknownOptions(policy, policyOptions, `label "${name}": `), ...policyProblems(name, policy)]
      : [
          problem(
            'illegal_label',
            `label "${name}" must have a policy object (given ${shown(policy)}). Write {} for an open label.`,
          ),
        ]),
  ]);
}

export function labelNameProblems(kind: MetricKind, name: string): Problem[] {
  const { reservedLabels } = kinds[kind];
  return [
    ...unless(
      isLabelName(name),
      'illegal_label',
      () =>
        `label name ${shown(name)} is not legal (allowed: letters, digits and "_", no digit first, no "__" first). ${renaming(name)}`,
    ),
    ...unless(
      !reservedLabels.includes(name),
      'illegal_label',
      () => `label name "${name}" is kept for the ${kind}'s own samples (given as a label). Use another name.`,
    ),
  ];
}

export function policyProblems(name: string, { oneOf, limit, hash, sensitive }: Unchecked): Problem[] {
  return [
    ...unless(
      oneOf === undefined || isDomain(oneOf),
      'illegal_label',
      () =>
        `label "${name}": "oneOf" must list different, non-empty strings (given ${shown(oneOf)}). List the domain's values.`,
    ),
    ...unless(
      limit === undefined || isCount(limit),
      'illegal_label',
      () =>
        `label "${name}": "limit" must be a whole number above 0 (given ${shown(limit)}). Leave it out for no limit of its own.`,
    ),
    ...unless(
      hash === undefined || typeof hash === 'boolean',
      'illegal_label',
      () => `label "${name}": "hash" must be true or false (given ${shown(hash)}). Choose one.`,
    ),
    ...unless(
      sensitive === undefined || sensitivities.includes(sensitive as string),
      'illegal_label',
      () =>
        `label "${name}": "sensitive" must be "redact", "allow" or "drop" (given ${shown(sensitive)}). Leave it out to redact.`,
    ),
  ];
}

function bucketProblems(buckets: unknown): Problem[] {
  if (buckets === undefined) return [];
  if (!Array.isArray(buckets)) {
    return [
      problem('illegal_option', `"buckets" must be a list of numbers (given ${shown(buckets)}). Write [0.1, 1, 10].`),
    ];
  }
  if (buckets.length > mostBuckets) {
    const message = `"buckets" may have at most ${mostBuckets} bounds (given ${buckets.length}). Use fewer: each is a series.`;
    return [problem('illegal_option', message)];
  }
  const wrong = buckets.findIndex((bound, i) => !isBound(bound, i === buckets.length - 1) || bound <= buckets[i - 1]);
  return wrong === -1
    ? []
    : [
        problem(
          'illegal_option',
          `"buckets" must be finite and ascending (given ${shown(buckets[wrong])} at position ${wrong + 1} of ${shown(buckets)}). Sort them and drop repetitions.`,
        ),
      ];
}

/** A misspelled option would silently do nothing: it is refused, with the one that was likely meant. */
export function unknownOptions(given: Unchecked, known: readonly string[], where = ''): Problem[] {
  return Object.keys(given)
    .filter((option) => !known.includes(option))
    .map((option) =>
      problem(
        'unknown_option',
        `${where}option ${shown(option)} is unknown (known: ${known.join(', ')}). Correct or remove it.`,
      ),
    );
}

export const problem = (code: Problem['code'], message: string): Problem => ({ code, message });

/** The problem unless all is well. */
export const unless = (well: boolean, code: Problem['code'], message: () => string): Problem[] =>
  well ? [] : [problem(code, message())];

export const isObject = (value: unknown): value is Unchecked => typeof value === 'object' && value !== null;

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) > 0;

const isBound = (value: unknown, last: boolean): boolean => Number.isFinite(value) || (last && value === Infinity);

function isDomain(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((v) => typeof v === 'string' && v !== '') &&
    new Set(value).size === value.length
  );
}

function renaming(name: unknown): string {
  const legal = String(name)
    .replace(/[^a-zA-Z0-9_]+/g, '_')
    .replace(/^(?=\d)|^_+/, '_')
    .replace(/^__+/, '');
  return isLabelName(legal) && typeof name === 'string' ? `Rename it, for example "${legal}".` : 'Name it.';
}
