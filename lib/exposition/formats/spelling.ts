import { isMetricName, isUnquotedLabelName } from '../../families/naming.js';

/** Spells the name of a family as metadata have it: in quotation marks where it is not legal without them. */
export const spellFamilyName = (name: string): string => (isMetricName(name) ? name : `"${escapeText(name)}"`);

/** Spells the name of a label: in quotation marks where it is not legal without them. */
export const spellLabelName = (name: string): string => (isUnquotedLabelName(name) ? name : `"${escapeText(name)}"`);

/** Finds what `escapeText` escapes. */
export const special = /[\\\n"]/;
const allSpecial = /[\\\n"]/g;
const specialUnquoted = /[\\\n]/g;

/** Escapes what ends or continues a quoted text: `\`, newline and `"`. */
export const escapeText = (text: string): string => (special.test(text) ? text.replace(allSpecial, escapeOne) : text);

/** Escapes `\` and newline, for a text that is not quoted. */
export const escapeUnquoted = (text: string): string => text.replace(specialUnquoted, escapeOne);

const escapeOne = (found: string): string => (found === '\n' ? '\\n' : `\\${found}`);

/** Spells NaN, the infinities and -0 as Prometheus does, everything else as JavaScript does. */
export function spellNumber(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  return String(value);
}
