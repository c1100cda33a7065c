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

function mapCharacters(name: string, legal: RegExp, replace: (character: string) => string): string {
  const isLegal = (character: string, i: number): boolean => legal.test(character) && (i > 0 || !/\d/.test(character));
  return Array.from(name, (character, i) => (isLegal(character, i) ? character : replace(character))).join('');
}
