const longest = 1024;

/**
 * The text that a raw label value stands for, as it may go on the wire: well-formed and at most 1,024 code points.
 * `''` is the empty value; `undefined` says that a value of this type is never a label.
 */
export function labelText(raw: unknown): string | undefined {
  switch (typeof raw) {
    case 'string':
      return wellFormedCopy(cut(raw));
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
export const isOrdinary = (raw: unknown): raw is string =>
  typeof raw === 'string' && raw !== '' && raw.length <= longest && raw.isWellFormed();

/**
 * Why a copy: a slice of a large string keeps the whole of it alive. V8 slices from 13 code units on; a shorter text
 * owns itself, and kept as the caller's own object it is found again by identity.
 */
function wellFormedCopy(text: string): string {
  return text.length < 13 ? text.toWellFormed() : Buffer.from(text, 'utf8').toString('utf8');
}

function cut(text: string): string {
  if (text.length <= longest) return text;
  // Why sliced first: twice as many code units hold all the code points that can count, whatever the text's length.
  const points = Array.from(text.slice(0, 2 * (longest + 1)));
  return points.length <= longest ? text : `${points.slice(0, longest - 1).join('')}…`;
}
