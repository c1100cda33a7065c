import type { Cursor } from './cursor.js';
import type { Consumer } from './exposition.js';
import type { ExpositionBuilder } from './exposition-builder.js';
import { type Source, unescaped } from './source.js';

/** How the labels of one format are written. */
export interface LabelStyle {
  /** What may stand between their parts. */
  readonly blanks: RegExp;
  /** Whether a comma between labels may be missing. */
  readonly hasOptionalCommas: boolean;
  /** Whether a value may go over several lines. */
  readonly hasLineFeeds: boolean;
  /** Whether Prometheus 2 refuses a comma before the closing brace. */
  readonly refusesLastComma: boolean;
}

/** What stands between braces. */
export interface ReadLabels {
  /** The name of the metric, where it stands between the braces. */
  readonly name?: string;
  /** Each label in its order, its value as it is written and as it is meant. */
  readonly pairs: readonly LabelPair[];
  /** Whether a comma between two labels is missing. */
  readonly isWithoutComma: boolean;
}

/** The labels of a sample without braces. */
export const noLabels: ReadLabels = { pairs: [], isWithoutComma: false };

export interface LabelPair {
  /** Where it stands in the text. */
  readonly at: number;
  readonly label: string;
  readonly value: string;
  readonly written: string;
}

const metricName = /[a-zA-Z_:][\w:]*/y;
const labelName = /[a-zA-Z_]\w*/y;
/** What may follow a label value: a comma, the closing brace, or the next label. */
const afterValue = /[ \t]*(?:[,}]|[a-zA-Z_]\w*[ \t]*=)/y;

/** Reads the name of a metric before its braces; the empty text where none stands here. */
export const readMetricName = (cursor: Cursor): string => cursor.match(metricName);

/** Reads the name of the family after HELP, TYPE or UNIT, which may be quoted. */
export function readDeclaredName(cursor: Cursor, source: Source, builder: ExpositionBuilder, keyword: string): string {
  if (!cursor.stands('"')) return readMetricName(cursor) || cursor.refuse(`no metric name stands after ${keyword}`);
  const at = cursor.at;
  const written = cursor.quoted();
  if (written === undefined) cursor.refuse('the quoted name has no closing quote', at);
  if (!builder.options.isQuoting) builder.object(at, 'a name is quoted', ['Prometheus 2']);
  return unescaped(source.decode(written) ?? written);
}

/** Reads labels, from their opening brace to their closing one. */
export function readLabels(cursor: Cursor, source: Source, builder: ExpositionBuilder, style: LabelStyle): ReadLabels {
  const pairs: LabelPair[] = [];
  let name: string | undefined;
  let isWithoutComma = false;
  cursor.at++;
  cursor.match(style.blanks);
  while (!cursor.take('}')) {
    const { at } = cursor;
    const own = readName(cursor, source, builder, style);
    if (own.isMetric && name !== undefined) cursor.refuse('the metric has two names', at);
    if (own.isMetric) name = own.name;
    else pairs.push({ at, label: own.name, ...readValue(cursor, source, style) });
    cursor.match(style.blanks);
    if (cursor.stands('}')) continue;
    const comma = cursor.at;
    const hasComma = cursor.take(',');
    cursor.match(style.blanks);
    if (!hasComma && !style.hasOptionalCommas) cursor.refuse('a comma or a closing brace is missing after the label');
    if (!hasComma) isWithoutComma = true;
    else if (style.refusesLastComma && cursor.stands('}')) {
      builder.object(comma, 'a comma stands after the last label', ['Prometheus 2']);
    }
  }
  return { ...(name === undefined ? {} : { name }), pairs, isWithoutComma };
}

/** Reads the name of a label and the = after it, or the quoted name of the metric. */
function readName(
  cursor: Cursor,
  source: Source,
  builder: ExpositionBuilder,
  style: LabelStyle,
): { name: string; isMetric: boolean } {
  const { at } = cursor;
  const isQuoted = cursor.stands('"');
  const name = isQuoted ? readQuoted(cursor, source, style) : cursor.match(labelName);
  if (name === '') cursor.refuse('a label name is missing', at);
  if (isQuoted && !builder.options.isQuoting) builder.object(at, 'a name is quoted', ['Prometheus 2']);
  cursor.match(style.blanks);
  if (isQuoted && (cursor.stands(',') || cursor.stands('}'))) return { name, isMetric: true };
  if (!cursor.take('=')) cursor.refuse('the label name has no = after it');
  cursor.match(style.blanks);
  return { name, isMetric: false };
}

/** Gives the labels of a sample as Prometheus takes them. */
export function settleLabels(
  cursor: Cursor,
  builder: ExpositionBuilder,
  pairs: readonly LabelPair[],
  others: readonly Consumer[],
): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  const left = new Set<string>();
  let empty: ReadonlySet<string> | undefined;
  for (const { at, label, value } of pairs) {
    if (label === '__name__') cursor.refuse('__name__ is the name of the metric, and no label', at);
    if (Object.hasOwn(labels, label)) {
      // Why: Prometheus leaves a label out that is empty at one of its places, and refuses each other.
      empty ??= new Set(pairs.filter((one) => one.value === '').map((one) => one.label));
      if (!empty.has(label)) cursor.refuse('a label stands here twice', at);
      builder.object(at, 'a label stands here twice, and is left out since it is empty once', others);
      left.add(label);
    } else if (label === '__proto__')
      Object.defineProperty(labels, label, { value, enumerable: true, configurable: true });
    else labels[label] = value;
  }
  for (const label of left) delete labels[label];
  return labels;
}

function readValue(cursor: Cursor, source: Source, style: LabelStyle): Pick<LabelPair, 'value' | 'written'> {
  if (!cursor.stands('"')) cursor.refuse('the label value is not quoted');
  const at = cursor.at;
  const written = cursor.quoted();
  if (written === undefined) cursor.refuse('the label value has no closing quote', at);
  if (written.includes('\n')) {
    // Why here: a forgotten quote takes the lines below for its value, and the next complaint would name one of them.
    const end = cursor.at;
    const isMeant = style.hasLineFeeds && cursor.match(afterValue) !== '';
    cursor.at = end;
    if (!isMeant) cursor.refuse('the label value has no closing quote on its line', at);
  }
  const decoded = source.decode(written);
  if (decoded === undefined) cursor.refuse('the label value is not UTF-8', at);
  return { value: unescaped(decoded), written: decoded };
}

function readQuoted(cursor: Cursor, source: Source, style: LabelStyle): string {
  const at = cursor.at;
  const written = cursor.quoted();
  if (written === undefined || (!style.hasLineFeeds && written.includes('\n'))) {
    cursor.refuse('the quoted name has no closing quote', at);
  }
  const decoded = source.decode(written);
  if (decoded === undefined) cursor.refuse('the quoted name is not UTF-8', at);
  return unescaped(decoded);
}
