import type { Bound, ExposedFamily, SampleWriter } from '../../store/exposed-family.js';
import { ByteWriter } from './byte-writer.js';

/** What the text formats differ in. */
export interface Dialect {
  /** The lines before a family's samples. */
  metadata(family: ExposedFamily, out: ByteWriter): void;
  /** Whether a sum may be below 0, or stand beside a bound below 0; else it is left out, and the count with it. */
  readonly negativeSums: boolean;
  /** What the sample is called that tells when a series of this family was born. Absent where none does. */
  created?(family: ExposedFamily): string | undefined;
  /** How a bound is spelled. */
  bound(at: number): string;
  /** The last line. */
  readonly end: string;
}

const chunk = 64 * 1024;
const comma = 0x2c;
const quote = 0x22;
const open = 0x7b;

/** Families as lines of text, which both text formats share. */
export function* renderLines(families: readonly ExposedFamily[], dialect: Dialect): Generator<Buffer> {
  // Why larger than a chunk: what is written between two looks at its length still fits.
  const out = new ByteWriter(2 * chunk);
  for (const family of families) {
    dialect.metadata(family, out);
    for (const _ of family.write(new SampleLines(family, out, dialect))) {
      if (out.length >= chunk) yield* lent(out);
    }
    if (out.length >= chunk) yield* lent(out);
  }
  out.text(dialect.end);
  if (out.length > 0) yield* lent(out);
}

/** Lends what was written, until the next chunk is asked for: then it is written over. */
function* lent(out: ByteWriter): Generator<Buffer> {
  yield out.written;
  out.truncate(0);
}

/** The samples of one family. What samples share, their names, labels and bounds, is spelled once. */
class SampleLines implements SampleWriter {
  readonly #name: string;
  readonly #out: ByteWriter;
  readonly #dialect: Dialect;
  /** What a sample's line begins with, by suffix. */
  readonly #heads = new Map<string, ByteWriter>();
  readonly #bounds = new Map<number, ByteWriter>();
  /** What stands before the value of the label at each depth. */
  readonly #labelHeads: { readonly name: string; readonly text: ByteWriter }[] = [];
  readonly #labels = new ByteWriter(256);
  /** Where the labels of each depth end. */
  readonly #ends: number[] = [0];
  /**
   * The depth of the last label, and its value while that is not among the labels. Why apart: it is another one in nearly
   * every line, where all before it stays the same for many.
   */
  #last = -1;
  #lastName = '';
  #lastValue: string | undefined;
  /** The line of the series' first sample up to the last label's value, and with which suffix; `undefined` where it has changed. */
  readonly #beginning = new ByteWriter(256);
  #begun: string | undefined;
  readonly #created: ByteWriter | undefined;
  #hasNegativeBound = false;
  /** Whether the sum of this series is left out, and the count that follows it. */
  #isWithheld = false;

  constructor(family: ExposedFamily, out: ByteWriter, dialect: Dialect) {
    this.#name = family.name;
    const created = dialect.created?.(family);
    this.#created = created === undefined ? undefined : written(created);
    this.#out = out;
    this.#dialect = dialect;
  }

  label(depth: number, name: string, value: string): void {
    if (depth !== this.#last || name !== this.#lastName) {
      this.#begun = undefined;
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

  sample(depth: number, suffix: string, value: number, bound?: Bound): void {
    if (suffix === '_sum') this.#isWithheld = !this.#dialect.negativeSums && (this.#hasNegativeBound || value < 0);
    if (this.#isWithheld && (suffix === '_sum' || suffix === '_count')) return;
    if (this.#lastValue && bound === undefined && depth === this.#last + 1) {
      this.#out.lineOf(this.#begin(suffix), this.#lastValue, value);
      return;
    }
    this.#spellLast();
    this.#labels.truncate(this.#ends[depth] as number);
    const head = this.#heads.get(suffix) ?? this.#head(suffix);
    this.#out.line(head, this.#labels, bound && (this.#bounds.get(bound.at) ?? this.#bound(bound)), value);
  }

  created(depth: number, seconds: number): void {
    if (this.#created === undefined) return;
    this.#spellLast();
    this.#labels.truncate(this.#ends[depth] as number);
    this.#out.line(this.#created, this.#labels, undefined, seconds);
  }

  #begin(suffix: string): ByteWriter {
    const beginning = this.#beginning;
    if (this.#begun === suffix) return beginning;
    const labels = this.#labels;
    labels.truncate(this.#ends[this.#last] as number);
    beginning.truncate(0);
    beginning.append(this.#heads.get(suffix) ?? this.#head(suffix));
    beginning.byte(open);
    beginning.append(labels);
    if (labels.length > 0) beginning.byte(comma);
    beginning.text(`${this.#lastName}="`);
    this.#begun = suffix;
    return beginning;
  }

  #head(suffix: string): ByteWriter {
    const head = written(this.#name + suffix);
    this.#heads.set(suffix, head);
    return head;
  }

  #labelHead(depth: number, name: string): ByteWriter {
    const text = written(`${name}="`);
    this.#labelHeads[depth] = { name, text };
    return text;
  }

  // Why by its number alone: a family has one kind of bounds.
  #bound({ label, at }: Bound): ByteWriter {
    if (at < 0) this.#hasNegativeBound = true;
    const bound = written(`${label}="${this.#dialect.bound(at)}"`);
    this.#bounds.set(at, bound);
    return bound;
  }
}

function written(text: string): ByteWriter {
  const writer = new ByteWriter(text.length * 3);
  writer.text(text);
  return writer;
}
