import type { Span } from '../faults.js';

/** A text of PromQL in which something else of the same length stands for each variable of Grafana. */
export interface PlainText {
  readonly text: string;
  /** Whether a variable stands in this part of the text. */
  hasVariable(span: Span): boolean;
}

/** A text without variables, as it stands in a rule file. */
export const asPlainText = (text: string): PlainText => ({ text, hasVariable: () => false });

/** Source: Grafana, "Variable syntax". */
const variable = /\$\{[\w.]+(?::[^}]*)?\}|\$\w+|\[\[\w+(?::[^\]]*)?\]\]/g;

/**
 * Replaces the variables of Grafana, so that the grammar can read the text.
 *
 * Why by something of the same length: the offsets in the text stay those of the text that is written.
 */
export function replaceVariables(written: string): PlainText {
  if (!/[$[]/.test(written)) return asPlainText(written);
  const spans: Span[] = [];
  const texts = findTexts(written);
  const text = written.replace(variable, (found, ...more: readonly unknown[]) => {
    const from = more.find((one) => typeof one === 'number') as number;
    const to = from + found.length;
    spans.push({ from, to });
    if (texts.some((one) => one.from < from && to < one.to)) return found;
    return standIn(found.length, written.slice(0, from), written.slice(to));
  });
  return { text, hasVariable: ({ from, to }) => spans.some((one) => one.from < to && one.to > from) };
}

/** The literals of a text, in which a variable needs no replacement. */
const findTexts = (text: string): Span[] =>
  Array.from(text.matchAll(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|#.*/g), (match) => ({
    from: match.index,
    to: match.index + match[0].length,
  }));

/** What stands in for a variable, by what stands around it: the first row that fits. */
const standIns: readonly (readonly [before: RegExp, after: RegExp, shortest: number, what: string, padding: string])[] =
  [
    // A number of seconds or milliseconds with its unit: [${__range_s}s].
    [/[[:\s(]$/, /^(?:ms|[smhdwy])\s*[\]:)]/, 1, '', '1'],
    // A duration: [$__rate_interval], [1h:$step], offset $shift.
    [/(?:\[|\[[^\]]*:|\boffset\s+-?)\s*$/i, /^/, 2, '1m', ' '],
    // A time: @ $__from.
    [/@\s*$/, /^/, 1, '', '1'],
    // A part of a name.
    [/[\w:]$/, /^/, 1, '', '_'],
    [/^|[^\w:]$/, /^[\w:]/, 1, '', '_'],
    // The labels of a clause: by ($labels).
    [/\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^()]*$/i, /^/, 1, '', '_'],
    // A matcher: {$filter}.
    [/\{(?:[^{}]*,)?\s*$/, /^\s*[,}]/, 5, '__=""', ' '],
    // The name of an aggregation or function.
    [/^|[^\w:]$/, /^\s*(?:\(|by\b|without\b)/i, 3, 'sum', ' '],
    [/^|[^\w:]$/, /^\s*\(/, 2, 'ln', ' '],
  ];

function standIn(length: number, before: string, after: string): string {
  const row = standIns.find(
    ([wantsBefore, wantsAfter, shortest]) => length >= shortest && wantsBefore.test(before) && wantsAfter.test(after),
  );
  const [, , , what = '', padding = '_'] = row ?? [];
  return what.padEnd(length, padding);
}
