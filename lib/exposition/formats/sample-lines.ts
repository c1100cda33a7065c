import { isLabelName } from '../../families/naming.js';
import type {
  Exemplar,
  ExposedFamily,
  HistogramView,
  SampleWriter,
  SummaryView,
  UpperBound,
} from '../../store/exposed-family.js';
import { ByteWriter } from './byte-writer.js';

/** What the text formats differ in. */
export interface Dialect {
  /** Writes the lines before a family's samples. */
  writeMetadata(family: ExposedFamily, out: ByteWriter): void;
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

/** How many code points the names and values of an exemplar's labels may have. Source: OpenMetrics 1.0.0, "Exemplars". */
const maxExemplarLength = 128;
const chunkSize = 64 * 1024;
const comma = 0x2c;
const quote = 0x22;
const openBrace = 0x7b;

/** Renders families as lines of text, which both text formats share. */
export function* renderLines(families: readonly ExposedFamily[], dialect: Dialect): Generator<Buffer> {
  // Why larger than a chunk: what is written between two looks at its length still fits.
  const out = new ByteWriter(2 * chunkSize);
  for (const family of families) {
    dialect.writeMetadata(family, out);
    for (const _ of family.write(new SampleLines(family, out, dialect))) {
      if (out.length >= chunkSize) yield* lend(out);
    }
    if (out.length >= chunkSize) yield* lend(out);
  }
  out.text(dialect.end);
  if (out.length > 0) yield* lend(out);
}

/** Lends the bytes until the next chunk is asked for; then they are written over. */
function* lend(out: ByteWriter): Generator<Buffer> {
  yield out.written;
  out.truncate(0);
}

/** Writes the samples of one family. Names, labels and bounds, which samples share, are spelled once. */
class SampleLines implements SampleWriter {
  readonly #name: string;
  readonly #out: ByteWriter;
  readonly #dialect: Dialect;
  /** The beginning of a sample's line, by suffix. */
  readonly #heads = new Map<string, ByteWriter>();
  readonly #bounds = new Map<number, ByteWriter>();
  /** The upper bounds of the last histogram, and how each is written. */
  #upperBounds: readonly number[] = [];
  #spelledBounds: readonly ByteWriter[] = [];
  /** The text before the value of the label at each depth. */
  readonly #labelHeads: { readonly name: string; readonly text: ByteWriter }[] = [];
  readonly #labels = new ByteWriter(256);
  /** Where the labels of each depth end. */
  readonly #ends: number[] = [0];
  /**
   * The depth of the last label, and its value as long as that is not among the labels. Why apart: it differs in nearly every
   * line, while all labels before it stay the same for many lines.
   */
  #last = -1;
  #lastName = '';
  #lastValue: string | undefined;
  /** A value's line up to the last label's value, and whether it still is right. */
  readonly #beginning = new ByteWriter(256);
  #hasBeginning = false;
  readonly #createdHead: ByteWriter | undefined;
  readonly #hasExemplars: boolean;
  #hasNegativeBound = false;

  constructor(family: ExposedFamily, out: ByteWriter, dialect: Dialect) {
    this.#name = family.name;
    const created = dialect.createdName?.(family);
    this.#createdHead = created === undefined ? undefined : writerOf(created);
    this.#hasExemplars = dialect.allowsExemplars?.(family) ?? false;
    this.#out = out;
    this.#dialect = dialect;
  }

  label(depth: number, name: string, value: string): void {
    if (depth !== this.#last || name !== this.#lastName) {
      this.#hasBeginning = false;
      if (depth < this.#last) {
        this.#lastValue = undefined;
        this.#spell(depth, name, value);
        return;
      }
      this.#spellLast();
      this.#last = depth;
      this.#lastName = name;
    }
    this.#lastValue = value;
  }

  #spellLast(): void {
    if (this.#lastValue === undefined) return;
    this.#spell(this.#last, this.#lastName, this.#lastValue);
    this.#lastValue = undefined;
  }

  #spell(depth: number, name: string, value: string): void {
    const labels = this.#labels;
    labels.truncate(this.#ends[depth] as number);
    if (value !== '') {
      if (labels.length > 0) labels.byte(comma);
      const head = this.#labelHeads[depth];
      labels.append(head?.name === name ? head.text : this.#labelHead(depth, name));
      labels.escaped(value, true);
      labels.byte(quote);
    }
    this.#ends[depth + 1] = labels.length;
  }

  value(depth: number, value: number, createdAt?: number, exemplar?: Exemplar): void {
    if (this.#lastValue && depth === this.#last + 1) {
      if (!this.#hasBeginning) this.#spellBeginning();
      this.#out.lineOf(this.#beginning, this.#lastValue, value);
    } else {
      this.#labelsTo(depth);
      this.#line('', value);
    }
    if (exemplar !== undefined) this.#addExemplar(exemplar);
    if (createdAt !== undefined) this.#writeCreated(depth, createdAt);
  }

  histogram(depth: number, view: HistogramView): void {
    const { upperBounds, cumulativeCounts, sum, count, createdAt, exemplars } = view;
    this.#labelsTo(depth);
    if (upperBounds !== this.#upperBounds) this.#spellUpperBounds(upperBounds);
    const head = this.#headOf('_bucket');
    const bounds = this.#spelledBounds;
    for (let i = 0; i < bounds.length; i++) {
      this.#out.line(head, this.#labels, bounds[i], cumulativeCounts[i] as number);
      const exemplar = exemplars?.[i];
      if (exemplar !== undefined) this.#addExemplar(exemplar);
    }
    this.#writeSumAndCount(sum, count);
    if (createdAt !== undefined) this.#writeCreated(depth, createdAt);
  }

  summary(depth: number, { quantiles, values, sum, count }: SummaryView): void {
    this.#labelsTo(depth);
    const head = this.#headOf('');
    for (const [i, at] of quantiles.entries()) {
      this.#out.line(head, this.#labels, this.#boundOf({ label: 'quantile', at }), values[i] as number);
    }
    this.#writeSumAndCount(sum, count);
  }

  sample(depth: number, suffix: string, value: number, bound?: UpperBound, exemplar?: Exemplar): void {
    if (this.#mustLeaveOutSum && (suffix === '_sum' || suffix === '_count')) return;
    this.#labelsTo(depth);
    this.#line(suffix, value, bound && this.#boundOf(bound));
    if (exemplar !== undefined && suffix === '_bucket') this.#addExemplar(exemplar);
  }

  #writeSumAndCount(sum: number, count: number): void {
    if (this.#mustLeaveOutSum) return;
    this.#line('_sum', sum);
    this.#line('_count', count);
  }

  get #mustLeaveOutSum(): boolean {
    return this.#hasNegativeBound && !this.#dialect.allowsNegativeBounds;
  }

  /** Adds an exemplar to the line that was written last. */
  #addExemplar({ labels, value, timestamp }: Exemplar): void {
    const named = Object.entries(labels).filter(([name, text]) => isLabelName(name) && text !== '');
    // Why none instead of a shorter one: a trace id that was cut leads nowhere.
    if (!this.#hasExemplars || countCodePoints(named.flat()) > maxExemplarLength) return;
    const out = this.#out;
    out.truncate(out.length - 1);
    out.text(' # {');
    for (const [i, [name, text]] of named.entries()) {
      out.text(`${i === 0 ? '' : ','}${name}="`);
      out.escaped(text, true);
      out.byte(quote);
    }
    out.text('} ');
    out.value(value);
    if (timestamp !== undefined) out.text(` ${timestamp}`);
    out.text('\n');
  }

  #writeCreated(depth: number, seconds: number): void {
    if (this.#createdHead === undefined) return;
    this.#labelsTo(depth);
    this.#out.line(this.#createdHead, this.#labels, undefined, seconds);
  }

  /** Brings the spelled labels up to date: those up to this depth, and no others. */
  #labelsTo(depth: number): void {
    this.#spellLast();
    this.#labels.truncate(this.#ends[depth] as number);
  }

  #line(suffix: string, value: number, bound?: ByteWriter): void {
    this.#out.line(this.#headOf(suffix), this.#labels, bound, value);
  }

  #spellBeginning(): void {
    const beginning = this.#beginning;
    const labels = this.#labels;
    labels.truncate(this.#ends[this.#last] as number);
    beginning.truncate(0);
    beginning.append(this.#headOf(''));
    beginning.byte(openBrace);
    beginning.append(labels);
    if (labels.length > 0) beginning.byte(comma);
    beginning.text(`${this.#lastName}="`);
    this.#hasBeginning = true;
  }

  #headOf(suffix: string): ByteWriter {
    let head = this.#heads.get(suffix);
    if (head === undefined) {
      head = writerOf(this.#name + suffix);
      this.#heads.set(suffix, head);
    }
    return head;
  }

  #labelHead(depth: number, name: string): ByteWriter {
    const text = writerOf(`${name}="`);
    this.#labelHeads[depth] = { name, text };
    return text;
  }

  #spellUpperBounds(upperBounds: readonly number[]): void {
    this.#upperBounds = upperBounds;
    this.#spelledBounds = upperBounds.map((at) => this.#boundOf({ label: 'le', at }));
  }

  // Why by its number alone: a family has one kind of bounds.
  #boundOf({ label, at }: UpperBound): ByteWriter {
    let bound = this.#bounds.get(at);
    if (bound === undefined) {
      if (at < 0 && label === 'le') this.#hasNegativeBound = true;
      bound = writerOf(`${label}="${this.#dialect.formatBound(at)}"`);
      this.#bounds.set(at, bound);
    }
    return bound;
  }
}

const countCodePoints = (texts: readonly string[]): number => Array.from(texts.join('')).length;

function writerOf(text: string): ByteWriter {
  const writer = new ByteWriter(text.length * 3);
  writer.text(text);
  return writer;
}
