import { Cursor } from './cursor.js';
import type { ExposedSample } from './exposition.js';
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
import { OpenMetricsRules, referenceParser } from './open-metrics-rules.js';
import { parseGoFloat } from './parse-go-float.js';
import type { Source } from './source.js';

/** Which samples belong to a family of OpenMetrics. */
export const openMetricsSuffixes: Suffixes = {
  counter: /^_(?:total|created)$/,
  histogram: /^_(?:bucket|sum|count|created)$/,
  gaugehistogram: /^_(?:bucket|gsum|gcount)$/,
  summary: /^_(?:sum|count|created)$/,
  info: /^_info$/,
};

const nothing = /(?:)/y;
const keyword = /# (?:HELP|TYPE|UNIT) /y;
const eof = /# EOF\n?/y;
const word = /[^ \n\0]+/y;
const exemplarStart = / # (?=\{)/y;
const types = ['counter', 'gauge', 'histogram', 'gaugehistogram', 'summary', 'info', 'stateset', 'unknown'];
const labelStyle: LabelStyle = {
  blanks: nothing,
  hasOptionalCommas: false,
  hasLineFeeds: false,
  refusesLastComma: true,
};

/** An exemplar, as it is written behind a sample. */
export interface Exemplar {
  readonly labels: ReadLabels['pairs'];
}

/** Reads OpenMetrics 1.0 as Prometheus does. */
export class OpenMetricsReader {
  readonly #source: Source;
  readonly #cursor: Cursor;
  readonly #builder: ExpositionBuilder;
  readonly #rules: OpenMetricsRules;

  constructor(source: Source, builder: ExpositionBuilder) {
    this.#source = source;
    this.#cursor = new Cursor(source.text);
    this.#builder = builder;
    this.#rules = new OpenMetricsRules(builder);
  }

  /** @throws Refusal where Prometheus stops. */
  read(): void {
    const cursor: Cursor = this.#cursor;
    if (cursor.isAtEnd) {
      this.#builder.object(0, '# EOF is missing from an empty answer', ['Prometheus 2']);
      return;
    }
    while (cursor.match(eof) === '') {
      if (cursor.isAtEnd) cursor.refuse('# EOF is missing at the end: the answer is cut off, or is no scrape');
      if (cursor.stands('#')) this.#readMetadata();
      else this.#readSample();
    }
    if (!cursor.isAtEnd) cursor.refuse('more stands after # EOF');
    this.#rules.end();
  }

  #readMetadata(): void {
    const cursor: Cursor = this.#cursor;
    const at = cursor.at;
    const kind = cursor.match(keyword).slice(2, -1);
    if (kind === '') cursor.refuse('this is neither HELP, TYPE, UNIT nor EOF, and OpenMetrics has no other comments');
    const name = readDeclaredName(cursor, this.#source, this.#builder, kind);
    if (!cursor.take(' ')) cursor.refuse(`no blank stands after the name of ${kind}`);
    const textAt = cursor.at;
    const text = cursor.restOfLine();
    if (!cursor.take('\n')) cursor.refuse('# EOF is missing at the end: the answer is cut off, or is no scrape');
    if (kind === 'TYPE') {
      if (!types.includes(text)) cursor.refuse('the type is unknown', textAt);
      this.#builder.declare(name, text);
    } else if (kind === 'UNIT') {
      if (text !== '' && !name.endsWith(`_${text}`)) cursor.refuse('the name does not end with the unit', textAt);
    } else if (this.#source.decode(text) === undefined) cursor.refuse('the help text is not UTF-8', textAt);
    this.#rules.metadata(at, kind, name, text);
  }

  #readSample(): void {
    const cursor: Cursor = this.#cursor;
    const start = cursor.at;
    const written = readMetricName(cursor);
    if (written === '' && !cursor.stands('{')) cursor.refuse('this is neither a sample nor a comment');
    const braces = cursor.at;
    const labels = cursor.stands('{') ? this.#readLabels() : noLabels;
    if (written !== '' && labels.name !== undefined) cursor.refuse('the metric has two names', braces);
    const name = labels.name ?? written;
    if (name === '') cursor.refuse('the metric has no name', start);
    const value = this.#readValue();
    const isTimed = cursor.match(exemplarStart) === '';
    const timestamp = isTimed ? this.#readTimestamp() : undefined;
    const exemplar = !isTimed || cursor.match(exemplarStart) !== '' ? this.#readExemplar(start, name) : undefined;
    const end = cursor.at;
    if (cursor.isAtEnd) cursor.refuse('# EOF is missing at the end: the answer is cut off, or is no scrape');
    if (!cursor.take('\n')) cursor.refuse('more stands after the sample');
    const sample: ExposedSample = {
      name,
      labels: settleLabels(cursor, this.#builder, labels.pairs, referenceParser),
      value,
      ...(timestamp === undefined ? {} : { timestamp: Math.trunc(Number(timestamp) * 1000) }),
    };
    this.#rules.sample(start, sample, timestamp, exemplar);
    this.#builder.add(sample, start, end);
  }

  #readLabels(): ReadLabels {
    return readLabels(this.#cursor, this.#source, this.#builder, labelStyle);
  }

  #readValue(): number {
    const cursor: Cursor = this.#cursor;
    if (!cursor.take(' ')) cursor.refuse('one blank must stand before the value');
    const at = cursor.at;
    const value = parseGoFloat(cursor.match(word));
    if (value === undefined) cursor.refuse(cursor.at === at ? 'the value is missing' : 'the value is no number', at);
    return value;
  }

  #readTimestamp(): string | undefined {
    const cursor: Cursor = this.#cursor;
    if (!cursor.stands(' ')) return undefined;
    cursor.at++;
    const at = cursor.at;
    const written = cursor.match(word);
    const time = parseGoFloat(written);
    if (written === '') cursor.refuse('a blank stands at the end of the line', at - 1);
    if (time === undefined || !Number.isFinite(time)) cursor.refuse('the timestamp is no number', at);
    return written;
  }

  #readExemplar(start: number, name: string): Exemplar {
    const at = this.#cursor.at;
    if (!/_(?:total|bucket)$/.test(name)) {
      this.#builder.object(start, 'an exemplar stands behind neither _total nor _bucket', ['Prometheus 2']);
    }
    const { pairs, name: unlabelled } = this.#readLabels();
    if (unlabelled !== undefined) this.#cursor.refuse('a label of the exemplar has no value', at);
    this.#readValue();
    this.#readTimestamp();
    return { labels: pairs };
  }
}
