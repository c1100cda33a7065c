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
  typeof name === 'string' && name !== '' && name.isWellFormed();

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

/** The prefixes of units, by their length. */
const prefixesOfFour = new Set('pico nano deci deca kilo mega giga tera peta kibi mebi gibi tebi pebi'.split(' '));
const prefixesOfFive = new Set(['micro', 'milli', 'centi', 'hecto']);

/** By word: the base unit. */
const invert = (byBase: Readonly<Record<string, readonly string[]>>): ReadonlyMap<string, string> =>
  new Map(Object.entries(byBase).flatMap(([base, words]) => words.map((word) => [word, base])));

const baseOfUnit = new Map([...baseUnits.map((base) => [base, base] as const), ...invert(otherUnits)]);
const baseOfAbbreviation = invert(abbreviations);

const reservedEndings = ['sum', 'count', 'bucket', 'created', 'info'];
const kindNames = ['counter', 'gauge', 'histogram', 'summary'];

/** The labels of samples, which only the kind that writes them may have, and that kind. */
const ownersOfLabels: ReadonlyMap<string, string> = new Map([
  ['le', 'histogram'],
  ['quantile', 'summary'],
]);

/** A family under the name that it is exposed by. */
interface ExposedName {
  readonly name: string;
  /** The words of the name. */
  readonly words: readonly string[];
  readonly family: Family;
}

/** Adds what is wrong with the name in one respect. */
type Check = (exposed: ExposedName, found: string[]) => void;

// Sources: Prometheus, "Metric and label naming"; client_golang's promlint; OpenMetrics 1.0.0, "Reserved suffixes".
// Why so few checks, and why none searches by an expression: what runs for the first time is compiled, and that is most of
// what the families of a service that starts would take.
const checks: readonly Check[] = [checkKind, checkUnit, checkWords, checkLabelsOf, checkStyle];

function checkKind({ name, family: { kind } }: ExposedName, found: string[]): void {
  const endsInTotal = name.endsWith('_total');
  if (kind === 'counter' && !endsInTotal) found.push('a counter ends in "_total"');
  if (kind !== 'counter' && endsInTotal) found.push('only a counter ends in "_total"');
  if (kind !== 'gauge' && name.endsWith('_timestamp_seconds')) found.push('only a gauge ends in "_timestamp_seconds"');
}

function checkUnit({ name, words, family: { unit } }: ExposedName, found: string[]): void {
  for (const word of words) {
    const base = findBaseUnit(word);
    if (base === undefined) continue;
    if (base !== word) found.push(`"${word}" is not a base unit: measure in ${base}`);
    break;
  }
  for (let i = 1; i < words.length; i++) {
    const base = baseOfAbbreviation.get(words[i] as string);
    if (base === undefined) continue;
    found.push(`"${words[i]}" abbreviates a unit: measure in ${base}, and write it out`);
    break;
  }
  if (unit !== undefined && !endsInUnit(name, unit) && !endsInUnit(name.replace(/_total$/, ''), unit)) {
    found.push(`the name does not end in its unit "${unit}"`);
  }
}

function checkWords({ words, family: { kind } }: ExposedName, found: string[]): void {
  const type = kindNames.find((word) => words.indexOf(word, 1) > 0);
  if (type !== undefined) found.push(`the type "${type}" does not belong in the name`);
  const last = words.findLast((word) => word !== 'total') ?? '';
  if (words.length === 1 || !reservedEndings.includes(last)) return;
  const owner = last === 'info' ? 'info metrics' : `samples of ${describeSamples(last, kind)}`;
  found.push(`the ending "_${last}" is kept for ${owner}`);
}

function checkLabelsOf({ name, family: { kind, labels } }: ExposedName, found: string[]): void {
  const end = `${name}_`;
  for (const label of Object.keys(labels)) {
    if (end.includes(`_by_${label}_`) || end.includes(`_per_${label}_`)) {
      found.push(`label "${label}" is repeated in the name`);
    }
    // Source: Prometheus, "Jobs and instances".
    if (label === 'job' || label === 'instance') {
      found.push(`label "${label}" is what Prometheus calls the target: use another name`);
    }
    const owner = ownersOfLabels.get(label);
    if (owner !== undefined && owner !== kind) found.push(`label "${label}" is kept for samples of a ${owner}`);
    if (isCamel(label)) found.push(describeCamel(label));
  }
}

function checkStyle({ name, family: { name: declared, help } }: ExposedName, found: string[]): void {
  if (isCamel(name)) found.push(describeCamel(name));
  if (name.includes(':')) found.push('a ":" is kept for recording rules');
  const subject = subjectOfPrometheus(name);
  if (subject !== undefined) found.push(`Prometheus writes "${name}" itself, for each ${subject}: use another name`);
  if (help.trim() === declared) found.push('the help says no more than the name');
}

const isCamel = (name: string): boolean => name !== name.toLowerCase() && /[a-z][A-Z]/.test(name);

const describeCamel = (name: string): string => `"${name}" is in camelCase: names are in snake_case`;

/** What Prometheus, or a relative of it, writes series of this name for; `undefined` where it writes none. */
// Sources: Prometheus, "Jobs and instances" and "Alerting rules"; vmagent, "Automatically generated metrics".
function subjectOfPrometheus(name: string): string | undefined {
  if (name === 'up' || name.startsWith('scrape_')) return 'target';
  return name === 'ALERTS' || name === 'ALERTS_FOR_STATE' ? 'alert' : undefined;
}

const describeSamples = (ending: string, kind: MetricKind): string =>
  ending === 'created' ? `a ${kind}'s series` : 'a histogram';

const endsInUnit = (name: string, unit: string): boolean => name === unit || name.endsWith(`_${unit}`);

/** Finds the base unit of a word that is a unit, with or without a prefix. */
function findBaseUnit(word: string): string | undefined {
  const base = baseOfUnit.get(word);
  if (base !== undefined) return base;
  if (prefixesOfFour.has(word.slice(0, 4))) return baseOfUnit.get(word.slice(4));
  return prefixesOfFive.has(word.slice(0, 5)) ? baseOfUnit.get(word.slice(5)) : undefined;
}

/**
 * Describes in one sentence where a family's name, unit, labels and help break the naming conventions; `undefined` where
 * they do not, or where the family has `advice: false`. It is only advice: the family works.
 *
 * @param name by which it is exposed: with the recorder's prefix.
 */
export function adviseOnNaming(family: Family, name = family.name): string | undefined {
  if (family.advice === false) return undefined;
  const exposed: ExposedName = { name, words: name.toLowerCase().replaceAll('.', '_').split('_'), family };
  const found: string[] = [];
  for (const check of checks) check(exposed, found);
  if (found.length === 0) return undefined;
  return `${family.site}: family "${name}" does not follow the naming conventions (given ${found.join('; ')}). Rename it, or silence this with advice: false.`;
}
