import { isMetricName } from '../../families/naming.js';
import type {
  Exemplar,
  ExposedFamily,
  HistogramView,
  SampleWriter,
  SummaryView,
  UpperBound,
} from '../../store/exposed-family.js';
import { listExemplarLabels } from './exemplar-labels.js';
import { escapeText, special, spellLabelName, spellNumber } from './spelling.js';

/** What the text formats differ in. */
export interface Dialect {
  /** The lines before a family's samples. */
  metadataOf(family: ExposedFamily): string;
  /** Whether a sum and a count may stand beside a bound below 0. If not, they are left out. */
  readonly allowsNegativeBounds: boolean;
  /** Whether the samples of this family may have exemplars. Absent: the dialect has none. */
  allowsExemplars?(family: ExposedFamily): boolean;
  /** The name of the sample that says when a series of this family was created. Absent: the dialect has no such sample. */
  createdName?(family: ExposedFamily): string | undefined;
  /** Spells a bound. */
  formatBound(at: number): string;
  /** The last line. */
  readonly end: string;
}

const chunkLength = 64 * 1024;
/** What is yielded between two chunks. Why at all: the reader may let the event loop turn. */
const nothingYet = new Uint8Array();

/** Renders families as lines of text, which both text formats share. A chunk is lent until the next one is asked for. */
export function* renderLines(families: readonly ExposedFamily[], dialect: Dialect): Generator<Uint8Array> {
  const out = new GrowingText();
  for (const family of families) {
    out.text += dialect.metadataOf(family);
    for (const _ of family.write(new SampleLines(family, out, dialect))) {
      yield out.text.length < chunkLength ? nothingYet : out.takeBytes();
    }
  }
  out.text += dialect.end;
  if (out.text !== '') yield out.takeBytes();
}

/**
 * The text that is not in a chunk yet.
 *
 * Why a text, and bytes only of whole chunks: the runtime joins and encodes texts in its own code, which is fast from the
 * first scrape on. Ours would not become so by a scrape every ten seconds.
 */
class GrowingText {
  text = '';
  #bytes: Buffer | undefined;

  /** The text as bytes, which are valid until the next call. */
  takeBytes(): Buffer {
    const { text } = this;
    this.text = '';
    // Why three times as long: no code unit takes more bytes.
    if (this.#bytes === undefined || this.#bytes.length < text.length * 3) {
      this.#bytes = Buffer.allocUnsafeSlow(text.length * 3);
    }
    return this.#bytes.subarray(0, this.#bytes.write(text));
  }
}

/** Writes the samples of one family. Names, labels and bounds, which samples share, are spelled once. */
class SampleLines implements SampleWriter {
  readonly #name: string;
  readonly #isQuoted: boolean;
  readonly #out: GrowingText;
  readonly #dialect: Dialect;
  /** The upper bounds of the last histogram, and how each is written. */
  #upperBounds: readonly number[] = [];
  #spelledBounds: readonly string[] = [];
  #bounds: Map<number, string> | undefined;
  /** The labels up to each depth. */
  readonly #labels: string[] = [''];
  /**
   * The depth of the last label, and its value as long as that is not among the labels. Why apart: it differs in nearly every
   * line, while all labels before it stay the same for many lines.
   */
  #last = -1;
  #lastName = '';
  #lastValue = '';
  #isLastPending = false;
  /** A value's line up to the last label's value; empty where it is not right any more. */
  #beginning = '';
  readonly #createdName: string | undefined;
  readonly #hasExemplars: boolean;
  #hasNegativeBound = false;

  constructor(family: ExposedFamily, out: GrowingText, dialect: Dialect) {
    this.#name = family.name;
    this.#isQuoted = !isMetricName(family.name);
    this.#createdName = dialect.createdName?.(family);
    this.#hasExemplars = dialect.allowsExemplars?.(family) ?? false;
    this.#out = out;
    this.#dialect = dialect;
  }

  label(depth: number, name: string, value: string): void {
    if (depth !== this.#last || name !== this.#lastName) {
      this.#beginning = '';
      if (depth < this.#last) {
        this.#isLastPending = false;
        this.#spell(depth, name, value);
        return;
      }
      this.#spellLast();
      this.#last = depth;
      this.#lastName = name;
    }
    this.#lastValue = value;
    this.#isLastPending = true;
  }

  #spellLast(): void {
    if (!this.#isLastPending) return;
    this.#spell(this.#last, this.#lastName, this.#lastValue);
    this.#isLastPending = false;
  }

  #spell(depth: number, name: string, value: string): void {
    const before = this.#labels[depth] as string;
    this.#labels[depth + 1] = value === '' ? before : `${beforeLabel(before, name)}${escapeText(value)}"`;
  }

  value(depth: number, value: number, createdAt?: number, exemplar?: Exemplar): void {
    if (this.#isLastPending && this.#lastValue !== '' && depth === this.#last + 1) {
      if (this.#beginning === '') this.#beginning = flatten(this.#spellBeginning());
      const out = this.#out;
      // Why one by one, and not a line at first: the runtime copies a text that grows so twice as fast.
      // Why not always by the functions: most lines need none, and in a cold process calls are what takes time.
      const label = special.test(this.#lastValue) ? escapeText(this.#lastValue) : this.#lastValue;
      const number = value > 0 && value < Infinity ? value : spellNumber(value);
      out.text = `${out.text}${this.#beginning}${label}"} ${number}\n`;
    } else this.#line('', depth, value);
    if (exemplar !== undefined && this.#hasExemplars) this.#addExemplar(exemplar);
    if (createdAt !== undefined) this.#writeCreated(depth, createdAt);
  }

  histogram(depth: number, view: HistogramView): void {
    const { upperBounds, cumulativeCounts, sum, count, createdAt } = view;
    const exemplars = this.#hasExemplars ? view.exemplars : undefined;
    if (upperBounds !== this.#upperBounds) this.#spellUpperBounds(upperBounds);
    const bounds = this.#spelledBounds;
    const labels = this.#labelsTo(depth);
    const beginning = flatten(`${this.#beginSample('_bucket')}${labels}${labels === '' ? '' : ','}`);
    let lines = this.#out.text;
    for (let i = 0; i < bounds.length; i++) {
      lines = `${lines}${beginning}${bounds[i]}${spellNumber(cumulativeCounts[i] as number)}\n`;
      const exemplar = exemplars?.[i];
      if (exemplar !== undefined) lines = this.#withExemplar(lines, exemplar);
    }
    this.#out.text = lines;
    this.#writeSumAndCount(depth, sum, count);
    if (createdAt !== undefined) this.#writeCreated(depth, createdAt);
  }

  summary(depth: number, { quantiles, values, sum, count }: SummaryView): void {
    for (const [i, at] of quantiles.entries()) {
      this.#line('', depth, values[i] as number, this.#boundOf({ label: 'quantile', at }));
    }
    this.#writeSumAndCount(depth, sum, count);
  }

  sample(depth: number, suffix: string, value: number, bound?: UpperBound, exemplar?: Exemplar): void {
    if (this.#mustLeaveOutSum && (suffix === '_sum' || suffix === '_count')) return;
    this.#line(suffix, depth, value, bound && this.#boundOf(bound));
    if (exemplar !== undefined && suffix === '_bucket') this.#addExemplar(exemplar);
  }

  #writeSumAndCount(depth: number, sum: number, count: number): void {
    if (this.#mustLeaveOutSum) return;
    this.#line('_sum', depth, sum);
    this.#line('_count', depth, count);
  }

  get #mustLeaveOutSum(): boolean {
    return this.#hasNegativeBound && !this.#dialect.allowsNegativeBounds;
  }

  /** Adds an exemplar to the line that was written last. */
  #addExemplar(exemplar: Exemplar): void {
    this.#out.text = this.#withExemplar(this.#out.text, exemplar);
  }

  /** These lines with an exemplar at the end of the last one. */
  #withExemplar(lines: string, exemplar: Exemplar): string {
    const labels = this.#hasExemplars ? listExemplarLabels(exemplar) : undefined;
    if (labels === undefined) return lines;
    const { value, timestamp } = exemplar;
    const spelled = labels.map(([name, text]) => `${name}="${escapeText(text)}"`).join(',');
    const time = timestamp === undefined ? '' : ` ${timestamp}`;
    return `${lines.slice(0, -1)} # {${spelled}} ${spellNumber(value)}${time}\n`;
  }

  #writeCreated(depth: number, seconds: number): void {
    if (this.#createdName === undefined) return;
    this.#out.text += `${this.#spellSample(this.#createdName, this.#labelsTo(depth))} ${spellNumber(seconds)}\n`;
  }

  /** The labels up to this depth, and no others. */
  #labelsTo(depth: number): string {
    this.#spellLast();
    return this.#labels[depth] as string;
  }

  #line(suffix: string, depth: number, value: number, bound = ''): void {
    const labels = this.#labelsTo(depth);
    const all = labels === '' || bound === '' ? labels + bound : `${labels},${bound}`;
    this.#out.text += `${this.#spellSample(this.#name + suffix, all)} ${spellNumber(value)}\n`;
  }

  // Source: Prometheus, "UTF-8 in metric names": a name in quotation marks is in the braces.
  /** The beginning of a sample's line up to its first label, which it has. */
  #beginSample(suffix: string): string {
    return this.#isQuoted ? `{"${escapeText(this.#name)}${suffix}",` : `${this.#name}${suffix}{`;
  }

  /** The name and the labels of a sample. */
  #spellSample(name: string, labels: string): string {
    if (this.#isQuoted) return `{"${escapeText(name)}"${labels === '' ? '' : `,${labels}`}}`;
    return labels === '' ? name : `${name}{${labels}}`;
  }

  #spellBeginning(): string {
    return `${this.#beginSample('')}${beforeLabel(this.#labels[this.#last] as string, this.#lastName)}`;
  }

  #spellUpperBounds(upperBounds: readonly number[]): void {
    this.#upperBounds = upperBounds;
    this.#spelledBounds = upperBounds.map((at) => `${this.#boundOf({ label: 'le', at })}} `);
  }

  // Why by its number alone: a family has one kind of bounds.
  #boundOf({ label, at }: UpperBound): string {
    this.#bounds ??= new Map();
    let bound = this.#bounds.get(at);
    if (bound === undefined) {
      if (at < 0 && label === 'le') this.#hasNegativeBound = true;
      bound = `${label}="${this.#dialect.formatBound(at)}"`;
      this.#bounds.set(at, bound);
    }
    return bound;
  }
}

/** Everything up to the value of a label: the labels before it, its name and the quote. */
const beforeLabel = (labels: string, name: string): string =>
  labels === '' ? `${spellLabelName(name)}="` : `${labels},${spellLabelName(name)}="`;

/** Makes the runtime copy a text that it keeps in parts to one place. Why: it is a part of many lines. */
function flatten(text: string): string {
  text.charCodeAt(0);
  return text;
}
