const maxLength = 1024;

/**
 * The text of a raw label value as it may be exposed: well-formed and at most 1,024 code points. `''` is the empty value;
 * `undefined` means that a value of this type is never a label.
 */
export function labelText(raw: unknown): string | undefined {
  switch (typeof raw) {
    case 'string':
      return raw.length < shortestSlice ? raw.toWellFormed() : copyWellFormed(cut(raw));
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

/** Whether this is a text that is a label value as it stands. */
export const isPlainText = (raw: unknown): raw is string =>
  typeof raw === 'string' && raw !== '' && raw.length <= maxLength && raw.isWellFormed();

/**
 * From which length on a text may be a slice of another one, which it keeps alive as a whole. Why V8's: a shorter text owns its
 * memory, and kept as the caller's own object it is found again by identity.
 */
const shortestSlice = 13;

/** A copy that owns its memory. */
const copyWellFormed = (text: string): string => Buffer.from(text, 'utf8').toString('utf8');

function cut(text: string): string {
  if (text.length <= maxLength) return text;
  // Why sliced first: twice as many code units hold all the code points that can count, whatever the length of the text.
  const points = Array.from(text.slice(0, 2 * (maxLength + 1)));
  return points.length <= maxLength ? text : `${points.slice(0, maxLength - 1).join('')}…`;
}
