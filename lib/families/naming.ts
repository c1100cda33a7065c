import type { Family } from './family.js';
import type { MetricKind } from './kinds.js';

// Source: Prometheus data model, "Metric names and labels"; OpenMetrics 1.0.0, "Overall Structure" (ABNF).

/** Whether Prometheus and OpenMetrics accept this as a metric name without escaping. */
export const isMetricName = (name: unknown): name is string =>
  typeof name === 'string' && /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name);

/** Whether Prometheus accepts this as a label name; it reserves names that begin with two underscores. */
export const isLabelName = (name: unknown): name is string =>
  typeof name === 'string' && /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/.test(name);

/** Whether a label name needs no quotation marks in a text format, reserved or not. */
export const isUnquotedLabelName = (name: string): boolean => /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name);

/** Which names the families and labels of a recorder may have: those of Prometheus 2, or any text. */
export type NameValidation = 'legacy' | 'utf8';

/** Whether Prometheus 3 accepts this as the name of a metric: any well-formed text. */
export const isUtf8Name = (name: unknown): name is string =>
  typeof name === 'string' && name !== '' && !/\p{Surrogate}/u.test(name);

/** Whether Prometheus 3 accepts this as the name of a label; it reserves names that begin with two underscores. */
export const isUtf8LabelName = (name: unknown): name is string => isUtf8Name(name) && !name.startsWith('__');

/** The base units; each of them may have a prefix, which makes it another unit. */
const baseUnits = ['amperes', 'bytes', 'celsius', 'grams', 'joules', 'kelvin', 'meters', 'metres', 'seconds', 'volts'];

/** Other units, and the base unit to use instead. */
const otherUnits: Readonly<Record<string, readonly string[]>> = {
  seconds: ['minutes', 'hours', 'days', 'weeks'],
  bytes: ['bits'],
  celsius: ['fahrenheit', 'rankine'],
  kelvin: ['kelvins'],
  meters: ['inches', 'yards', 'miles'],
  grams: ['pounds', 'ounces'],
  joules: ['calories'],
  ratio: ['percent', 'percentage'],
};

/** Abbreviations of units, and the base unit to use instead. */
const abbreviations: Readonly<Record<string, readonly string[]>> = {
  seconds: ['s', 'sec', 'ms', 'us', 'ns', 'h', 'd'],
  bytes: ['b', 'kb', 'mb', 'gb', 'tb', 'pb', 'kib', 'mib', 'gib', 'tib', 'pib'],
  // Why two: "m" stands for meters as well as for minutes.
  'meters or seconds': ['m'],
};

const prefixes =
  /^(?:pico|nano|micro|milli|centi|deci|deca|hecto|kilo|mega|giga|tera|peta|kibi|mebi|gibi|tebi|pebi)(?=.)/;

/** By word: the base unit. */
const invert = (byBase: Readonly<Record<string, readonly string[]>>): ReadonlyMap<string, string> =>
  new Map(Object.entries(byBase).flatMap(([base, words]) => words.map((word) => [word, base])));

const baseOfUnit = new Map([...baseUnits.map((base) => [base, base] as const), ...invert(otherUnits)]);
const baseOfAbbreviation = invert(abbreviations);

const reservedEndings = ['sum', 'count', 'bucket', 'created', 'info'];
const kindNames = ['counter', 'gauge', 'histogram', 'summary'];

/** The labels of samples, which only the kind that writes them may have, and that kind. */
const labelsOfSamples = { le: 'histogram', quantile: 'summary' } as const;
const labelNamesOfSamples = ['le', 'quantile'] as const;

// Sources: Prometheus, "Jobs and instances" and "Alerting rules"; vmagent, "Automatically generated metrics".
/** The names of series that Prometheus and its relatives write themselves, and what they write them for. */
const namesOfPrometheus: readonly { readonly names: RegExp; readonly subject: string }[] = [
  { names: /^(?:up$|scrape_)/, subject: 'target' },
  { names: /^ALERTS(?:_FOR_STATE)?$/, subject: 'alert' },
];

/** A family under the name that it is exposed by. */
interface ExposedName {
  readonly name: string;
  /** The words of the name. */
  readonly words: readonly string[];
  readonly family: Family;
}

type Check = (exposed: ExposedName) => string | undefined;

// Sources: Prometheus, "Metric and label naming"; client_golang's promlint; OpenMetrics 1.0.0, "Reserved suffixes".
const checks: readonly Check[] = [
  ({ name, family }) =>
    family.kind === 'counter' && !name.endsWith('_total') ? `a counter ends in "_total"` : undefined,
  ({ name, family }) =>
    family.kind !== 'counter' && name.endsWith('_total') ? `only a counter ends in "_total"` : undefined,
  ({ name, family }) =>
    family.kind !== 'gauge' && name.endsWith('_timestamp_seconds')
      ? `only a gauge ends in "_timestamp_seconds"`
      : undefined,
  ({ words }) => {
    const unit = words.find((word) => findBaseUnit(word) !== undefined) ?? '';
    const base = findBaseUnit(unit);
    return base === undefined || base === unit ? undefined : `"${unit}" is not a base unit: measure in ${base}`;
  },
  ({ words }) => {
    const short = words.slice(1).find((word) => baseOfAbbreviation.has(word)) ?? '';
    const base = baseOfAbbreviation.get(short);
    return base && `"${short}" abbreviates a unit: measure in ${base}, and write it out`;
  },
  ({ name, family: { unit } }) =>
    unit !== undefined && !endsInUnit(name, unit) && !endsInUnit(name.replace(/_total$/, ''), unit)
      ? `the name does not end in its unit "${unit}"`
      : undefined,
  ({ words }) => {
    const kind = kindNames.find((word) => words.indexOf(word, 1) > 0);
    return kind && `the type "${kind}" does not belong in the name`;
  },
  ({ name, family: { labels } }) => {
    const end = `${name}_`;
    const label = Object.keys(labels).find((one) => end.includes(`_by_${one}_`) || end.includes(`_per_${one}_`));
    return label && `label "${label}" is repeated in the name`;
  },
  ({ family: { labels } }) => {
    const label = ['job', 'instance'].find((one) => one in labels);
    return label && `label "${label}" is what Prometheus calls the target: use another name`;
  },
  ({ family: { kind, labels } }) => {
    const label = labelNamesOfSamples.find((one) => one in labels && kind !== labelsOfSamples[one]);
    return label && `label "${label}" is kept for samples of a ${labelsOfSamples[label]}`;
  },
  ({ name, family: { labels } }) => {
    const isCamel = (one: string): boolean => /[a-z][A-Z]/.test(one);
    const camel = isCamel(name) ? name : Object.keys(labels).find(isCamel);
    return camel && `"${camel}" is in camelCase: names are in snake_case`;
  },
  ({ name }) => (name.includes(':') ? 'a ":" is kept for recording rules' : undefined),
  ({ name }) => {
    const subject = namesOfPrometheus.find((one) => one.names.test(name))?.subject;
    return subject && `Prometheus writes "${name}" itself, for each ${subject}: use another name`;
  },
  ({ family: { name, help } }) => (help.trim() === name ? 'the help says no more than the name' : undefined),
  ({ family: { kind }, words }) => {
    const last = words.filter((word) => word !== 'total').at(-1) ?? '';
    return reservedEndings.includes(last) && words.length > 1
      ? `the ending "_${last}" is kept for ${last === 'info' ? 'info metrics' : `samples of ${describeSamples(last, kind)}`}`
      : undefined;
  },
];

const describeSamples = (ending: string, kind: MetricKind): string =>
  ending === 'created' ? `a ${kind}'s series` : 'a histogram';

const endsInUnit = (name: string, unit: string): boolean => name === unit || name.endsWith(`_${unit}`);

/** Finds the base unit of a word that is a unit, with or without a prefix. */
const findBaseUnit = (word: string): string | undefined =>
  baseOfUnit.get(word) ?? baseOfUnit.get(word.replace(prefixes, ''));

/**
 * Describes in one sentence where a family's name, unit, labels and help break the naming conventions; `undefined` where
 * they do not, or where the family has `advice: false`. It is only advice: the family works.
 *
 * @param name by which it is exposed: with the recorder's prefix.
 */
export function adviseOnNaming(family: Family, name = family.name): string | undefined {
  if (family.advice === false) return undefined;
  const exposed: ExposedName = { name, words: name.toLowerCase().split(/[_.]/), family };
  const found: string[] = [];
  for (const check of checks) {
    const one = check(exposed);
    if (one !== undefined) found.push(one);
  }
  if (found.length === 0) return undefined;
  return `${family.site}: family "${name}" does not follow the naming conventions (given ${found.join('; ')}). Rename it, or silence this with advice: false.`;
}
