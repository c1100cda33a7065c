import { Cursor } from './cursor.js';
import { type ExposedSample, prometheus } from './exposition.js';
import type { ExpositionBuilder, Suffixes } from './exposition-builder.js';
import {
  type LabelStyle,
  noLabels,
  type ReadLabels,
  readDeclaredName,
  readLabels,
  readMetricName,
  settleLabels,
} from './labels.js';
import { parseGoFloat } from './parse-go-float.js';
import type { Source } from './source.js';
import { TextRules, textConsumers } from './text-rules.js';

/** Which samples belong to a family of the text format. */
export const textSuffixes: Suffixes = { histogram: /^_(?:bucket|sum|count)$/, summary: /^_(?:sum|count)$/ };

const blanks = /[ \t]*/y;
const keyword = /(?:HELP|TYPE)[ \t]+/y;
const valueText = /[^{ \t\n\0]+/y;
const digits = /\d+/y;
const types = ['counter', 'gauge', 'histogram', 'summary', 'untyped'];
const labelStyle: LabelStyle = { blanks, hasOptionalCommas: true, hasLineFeeds: true, refusesLastComma: false };

/** Reads the text format, 0.0.4 and 1.0.0, as Prometheus does. */
export class TextReader {
  readonly #source: Source;
  readonly #cursor: Cursor;
  readonly #builder: ExpositionBuilder;
  readonly #rules: TextRules;

  constructor(source: Source, builder: ExpositionBuilder) {
    this.#source = source;
    this.#cursor = new Cursor(source.text);
    this.#builder = builder;
    this.#rules = new TextRules(builder);
  }

  /** @throws Refusal where Prometheus stops. */
  read(): void {
    const cursor: Cursor = this.#cursor;
    while (!cursor.isAtEnd) this.#readLine();
    this.#rules.end(this.#source.text);
  }

  #readLine(): void {
    const cursor: Cursor = this.#cursor;
    const start = cursor.at;
    const indent = cursor.match(blanks);
    if (cursor.isAtEnd || cursor.take('\n')) return;
    if (cursor.stands('\0')) this.#loseTheRest();
    else if (cursor.stands('#')) this.#readComment();
    else this.#readSample(indent === '' || cursor.stands('{') ? undefined : start);
  }

  /** Why not refused: Prometheus takes what stands above, and says nothing. */
  #loseTheRest(): void {
    this.#builder.object(this.#cursor.at, 'nothing is read from this NUL byte on', prometheus, 'lose');
    this.#cursor.at = this.#source.text.length;
  }

  #readComment(): void {
    const cursor: Cursor = this.#cursor;
    const at = cursor.at++;
    const isSpaced = cursor.match(blanks) !== '';
    const word = isSpaced ? cursor.match(keyword).trimEnd() : '';
    if (word === '') this.#skipComment(isSpaced);
    else this.#readMetadata(word);
    this.#rules.comment(at, this.#source.text.slice(at + 1, cursor.at));
  }

  #skipComment(isSpaced: boolean): void {
    const cursor: Cursor = this.#cursor;
    const start = cursor.at;
    const nul = cursor.restOfLine().indexOf('\0');
    // Why: behind a blank, Prometheus stops only at a NUL byte with which the comment begins.
    if (nul === -1 || (isSpaced && nul > 0)) return;
    cursor.at = start + nul;
    this.#loseTheRest();
  }

  #readMetadata(word: string): void {
    const cursor: Cursor = this.#cursor;
    const name = readDeclaredName(cursor, this.#source, this.#builder, word);
    const at = cursor.at;
    const rest = cursor.restOfLine();
    // Why the first character goes, whatever it is: Prometheus takes it for the blank.
    const text = /^[ \t]*$/.test(rest) ? '' : rest.slice(1);
    if (word === 'TYPE') {
      if (!types.includes(text)) cursor.refuse('the type is unknown', at + (text === '' ? 0 : 1));
      this.#builder.declare(name, text);
      return;
    }
    if (rest.startsWith('\0')) cursor.refuse('a NUL byte stands after the name', at);
    // Why the character before: of one that has several bytes, only the first goes.
    const isCut = text !== '' && rest.charCodeAt(0) > 127 && this.#source.decode(rest) !== undefined;
    if (isCut || this.#source.decode(text) === undefined) cursor.refuse('the help text is not UTF-8', at);
  }

  /** @param indented where the blanks before the sample begin, if there are any. */
  #readSample(indented: number | undefined): void {
    const cursor: Cursor = this.#cursor;
    const start = indented ?? cursor.at;
    const { name, labels } = this.#readSeries(start, indented !== undefined);
    cursor.match(blanks);
    const at = cursor.at;
    const value = parseGoFloat(cursor.match(valueText));
    if (value === undefined) cursor.refuse(cursor.at === at ? 'the value is missing' : 'the value is no number', at);
    const { timestamp, hasTrailingBlank } = this.#readTimestamp();
    const end = cursor.at;
    if (!cursor.isAtEnd && !cursor.stands('\n')) {
      cursor.refuse(timestamp === undefined ? 'the timestamp is no whole number' : 'more stands after the timestamp');
    }
    const sample: ExposedSample = {
      name,
      labels: settleLabels(cursor, this.#builder, labels.pairs, textConsumers),
      value,
      ...(timestamp === undefined ? {} : { timestamp }),
    };
    this.#rules.sample(start, sample, labels, hasTrailingBlank);
    this.#builder.add(sample, start, end);
  }

  #readSeries(start: number, isIndented: boolean): { readonly name: string; readonly labels: ReadLabels } {
    const cursor: Cursor = this.#cursor;
    const stem = readMetricName(cursor);
    if (stem === '' && !cursor.stands('{')) cursor.refuse('this is neither a sample nor a comment');
    if (isIndented) {
      this.#builder.object(start, 'blanks stand before the name, and become a part of it', ['Prometheus 2']);
    }
    const written = this.#source.text.slice(start, cursor.at);
    cursor.match(blanks);
    const braces = cursor.at;
    const labels = cursor.stands('{') ? readLabels(cursor, this.#source, this.#builder, labelStyle) : noLabels;
    if (written !== '' && labels.name !== undefined) cursor.refuse('the metric has two names', braces);
    const name = labels.name ?? written;
    if (name === '') cursor.refuse('the metric has no name', start);
    return { name, labels };
  }

  /** Reads what stands between the value and the end of the line. */
  #readTimestamp(): { readonly timestamp: number | undefined; readonly hasTrailingBlank: boolean } {
    const cursor: Cursor = this.#cursor;
    const hasBlank = cursor.match(blanks) !== '';
    const at = cursor.at;
    const written = cursor.match(digits);
    if (written === '') return { timestamp: undefined, hasTrailingBlank: hasBlank };
    const significant = written.replace(/^0+/, '');
    const isTooLarge = significant.length > 19 || (significant.length === 19 && BigInt(significant) >= 2n ** 63n);
    if (isTooLarge) cursor.refuse('the timestamp is too large', at);
    return { timestamp: Number(written), hasTrailingBlank: cursor.match(blanks) !== '' };
  }
}
