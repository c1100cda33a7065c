import type { Family } from './family.js';
import type { MetricKind } from './kinds.js';

// Source: Prometheus data model, "Metric names and labels"; OpenMetrics 1.0.0, "Overall Structure" (ABNF).

/** Whether Prometheus and OpenMetrics accept this as a metric name without escaping. */
export const isMetricName = (name: unknown): name is string =>
  typeof name === 'string' && /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name);

/** Whether Prometheus accepts this as a label name; it reserves names that begin with two underscores. */
export const isLabelName = (name: unknown): name is string =>
  typeof name === 'string' && /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/.test(name);

/** Words for units that are not base units, and the base unit to use instead. */
const units: readonly (readonly [words: readonly string[], base: string])[] = [
  [['ns', 'us', 'ms', 'nanoseconds', 'microseconds', 'milliseconds', 'minutes', 'hours', 'days', 'weeks'], 'seconds'],
  [['kb', 'mb', 'gb', 'kib', 'mib', 'gib', 'kilobytes', 'megabytes', 'gigabytes', 'bits'], 'bytes'],
  [['percent', 'percentage'], 'ratio'],
  [['millimeters', 'centimeters', 'kilometers'], 'meters'],
  [['milligrams', 'kilograms'], 'grams'],
  [['fahrenheit', 'kelvin'], 'celsius'],
];

const reservedEndings = ['sum', 'count', 'bucket', 'created', 'info'];
const kindNames = ['counter', 'gauge', 'histogram', 'summary'];

type Check = (family: Family, words: readonly string[]) => string | undefined;

// Sources: Prometheus, "Metric and label naming"; client_golang's promlint; OpenMetrics 1.0.0, "Reserved suffixes".
const checks: readonly Check[] = [
  ({ kind, name }) => (kind === 'counter' && !name.endsWith('_total') ? `a counter ends in "_total"` : undefined),
  ({ kind, name }) => (kind !== 'counter' && name.endsWith('_total') ? `only a counter ends in "_total"` : undefined),
  (_family, words) => {
    const [wrong, base] = findNonBaseUnit(words);
    return wrong && `"${wrong}" is not a base unit: measure in ${base}`;
  },
  ({ unit, name }) =>
    unit !== undefined && !new RegExp(`(^|_)${unit}(_total)?$`).test(name)
      ? `the name does not end in its unit "${unit}"`
      : undefined,
  (_family, words) => {
    const kind = kindNames.find((word) => words.includes(word));
    return kind && `the type "${kind}" does not belong in the name`;
  },
  ({ name, labels }) => {
    const label = Object.keys(labels).find((one) => new RegExp(`_(by|per)_${one}(_|$)`).test(name));
    return label && `label "${label}" is repeated in the name`;
  },
  ({ labels }) => {
    const label = ['job', 'instance'].find((one) => one in labels);
    return label && `label "${label}" is what Prometheus calls the target: use another name`;
  },
  ({ name, labels }) => {
    const camel = [name, ...Object.keys(labels)].find((one) => /[a-z][A-Z]/.test(one));
    return camel && `"${camel}" is in camelCase: names are in snake_case`;
  },
  ({ name, help }) => (help.trim() === name ? 'the help says no more than the name' : undefined),
  ({ kind }, words) => {
    const last = words.filter((word) => word !== 'total').at(-1) ?? '';
    return reservedEndings.includes(last) && words.length > 1
      ? `the ending "_${last}" is kept for ${last === 'info' ? 'info metrics' : `samples of ${describeSamples(last, kind)}`}`
      : undefined;
  },
];

const describeSamples = (ending: string, kind: MetricKind): string =>
  ending === 'created' ? `a ${kind}'s series` : 'a histogram';

function findNonBaseUnit(words: readonly string[]): [wrong?: string, base?: string] {
  for (const [wrong, base] of units) {
    const word = words.find((one) => wrong.includes(one));
    if (word !== undefined) return [word, base];
  }
  return [];
}

/**
 * Describes in one sentence where a family's name, unit, labels and help break the naming conventions; `undefined` where
 * they do not, or where the family has `advice: false`. It is only advice: the family works.
 */
export function adviseOnNaming(family: Family): string | undefined {
  if (family.advice === false) return undefined;
  const words = family.name.toLowerCase().split(/[_:]+/);
  const found = checks.map((check) => check(family, words)).filter((one) => one !== undefined);
  if (found.length === 0) return undefined;
  return `${family.site}: family "${family.name}" does not follow the naming conventions (given ${found.join('; ')}). Rename it, or silence this with advice: false.`;
}
