/** How many code points a label value may have. */
export const maxLength = 1024;

/**
 * The text of a raw label value as it may be exposed: well-formed and at most 1,024 code points. `''` is the empty value;
 * `undefined` means that a value of this type is never a label.
 */
export function labelText(raw: unknown): string | undefined {
  switch (typeof raw) {
    case 'string':
      if (raw.length > maxLength) return cut(raw);
      return raw.length < shortestSlice ? raw.toWellFormed() : copyWellFormed(raw);
    case 'number':
    case 'boolean':
    case 'bigint':
      return String(raw);
    case 'undefined':
      return '';
    default:
      return raw === null ? '' : undefined;
  }
}

/** Whether this is a string that can be a label value unchanged. */
export const isPlainText = (raw: unknown): raw is string =>
  typeof raw === 'string' && raw !== '' && raw.length <= maxLength && raw.isWellFormed();

/** Whether this is a string that may have to be cut. It is never kept itself. */
export const isLong = (raw: unknown): raw is string => typeof raw === 'string' && raw.length > maxLength;

/**
 * From which length on a text may be a slice of another one, which it keeps alive as a whole. Why V8's: a shorter text owns its
 * memory, and kept as the caller's own object it is found again by identity.
 */
const shortestSlice = 13;

/** A copy that owns its memory. */
const copyWellFormed = (text: string): string => Buffer.from(text, 'utf8').toString('utf8');

/** What a long text begins with, and what every text with this beginning is cut to. */
interface Cut {
  readonly beginning: string;
  readonly text: string;
}

/**
 * The last cuts. Why: to cut a text and to hash what is left takes twenty times as long as to compare its beginning. Why
 * so few: a service has a few long values that come again and again, or ever new ones.
 */
const cuts: (Cut | undefined)[] = new Array<undefined>(16).fill(undefined);

function cut(raw: string): string {
  const slot = slotOf(raw);
  const known = cuts[slot];
  // Why 2 more: that many code units may be one code point, and then the text is not too long.
  if (known !== undefined && raw.length > known.beginning.length + 2 && beginsWith(raw, known.beginning)) {
    return known.text;
  }
  if (endOfPoints(raw, maxLength) === raw.length) return copyWellFormed(raw);
  const beginning = raw.slice(0, endOfPoints(raw, maxLength - 1));
  const text = copyWellFormed(`${beginning}…`);
  // Why only then: half a code point at its end may be a whole one in another text.
  if (beginning.isWellFormed()) cuts[slot] = { beginning: copyWellFormed(beginning), text };
  return text;
}

// Why not startsWith: it compares one character after the other, and takes forty times as long.
const beginsWith = (text: string, beginning: string): boolean => text.slice(0, beginning.length) === beginning;

/** Where the first so many code points of a text end. */
function endOfPoints(text: string, points: number): number {
  if (!/[\ud800-\udfff]/.test(text.slice(0, points))) return Math.min(points, text.length);
  let end = 0;
  for (let i = 0; i < points && end < text.length; i++) end += (text.codePointAt(end) as number) > 0xffff ? 2 : 1;
  return end;
}

/** A number from 0 to 15, from six code units all over the beginning of a long text: long texts often begin alike. */
function slotOf(text: string): number {
  let sum = 0;
  for (let i = 31; i < maxLength - 1; i += 186) sum = (sum * 31 + text.charCodeAt(i)) | 0;
  return (sum ^ (sum >>> 4)) & 15;
}
