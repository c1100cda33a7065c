import type { Problem } from '../error.js';
import { problem } from '../validation.js';
import { isMetricName, isUnquotedLabelName } from './naming.js';

/**
 * How the names of families and labels are written for a consumer that asks for it. All but `allow-utf-8` leave letters,
 * digits and `_` alone; and a name that is legal anyway is written as it is by all of them.
 */
export type EscapingScheme = 'allow-utf-8' | 'underscores' | 'dots' | 'values';

// Source: github.com/prometheus/common, model/metric.go, "EscapeName".
const escapes: Readonly<Record<EscapingScheme, (name: string, legal: RegExp) => string>> = {
  'allow-utf-8': (name) => name,
  underscores: (name, legal) => mapCharacters(name, legal, () => '_'),
  dots: (name, legal) =>
    mapCharacters(name.replaceAll('_', '__'), legal, (character) => (character === '.' ? '_dot_' : '__')),
  values: (name, legal) =>
    `U__${mapCharacters(name.replaceAll('_', '__'), legal, (character) => `_${character.codePointAt(0)?.toString(16)}_`)}`,
};

/** The schemes, by the names that they have in HTTP. */
export const escapingSchemes = Object.keys(escapes) as readonly EscapingScheme[];

const legalInMetric = /^[a-zA-Z0-9_:]$/;
// Why without a colon, unlike prometheus/common: no text format takes one in a label name that is not quoted.
const legalInLabel = /^[a-zA-Z0-9_]$/;

/** The name of a family or of its samples by this scheme. */
export const escapeMetricName = (name: string, scheme: EscapingScheme): string =>
  isMetricName(name) ? name : escapes[scheme](name, legalInMetric);

/** The name of a label by this scheme. */
export const escapeLabelName = (name: string, scheme: EscapingScheme): string =>
  isUnquotedLabelName(name) ? name : escapes[scheme](name, legalInLabel);

/** Every name that a family of this name has for some consumer. */
export const listEscapedNames = (name: string): readonly string[] =>
  isMetricName(name) ? [name] : [...new Set(escapingSchemes.map((scheme) => escapeMetricName(name, scheme)))];

/** Every name that a label of this name has for some consumer. */
export const listEscapedLabels = (name: string): readonly string[] => [
  ...new Set(escapingSchemes.map((scheme) => escapeLabelName(name, scheme))),
];

/** Finds two labels of one sample that would have one name for a consumer that reads no UTF-8 names. */
export function checkEscapedLabels(names: ReadonlySet<string>): Problem[] {
  for (const scheme of escapingSchemes) {
    const byEscaped = new Map<string, string>();
    for (const name of names) {
      const escaped = escapeLabelName(name, scheme);
      const other = byEscaped.get(escaped);
      if (other !== undefined) return [equalLabels(other, name, escaped)];
      byEscaped.set(escaped, name);
    }
  }
  return [];
}

const equalLabels = (one: string, other: string, escaped: string): Problem =>
  problem(
    'illegal_label',
    `labels "${one}" and "${other}" become one for a consumer that reads no UTF-8 names (given "${escaped}" for both). Rename one of them.`,
  );

function mapCharacters(name: string, legal: RegExp, replace: (character: string) => string): string {
  const isLegal = (character: string, i: number): boolean => legal.test(character) && (i > 0 || !/\d/.test(character));
  return Array.from(name, (character, i) => (isLegal(character, i) ? character : replace(character))).join('');
}
