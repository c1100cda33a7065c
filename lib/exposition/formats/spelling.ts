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
