import { ByteWriter } from './byte-writer.js';
import type { Bound, ExposedFamily, SampleWriter } from './exposed-family.js';

/** What the text formats differ in. */
export interface Dialect {
  /** The lines before a family's samples. */
  metadata(family: ExposedFamily, out: ByteWriter): void;
  /** How a bound is spelled. */
  bound(at: number): string;
  /** The last line. */
  readonly end: string;
}

const chunk = 64 * 1024;

/** Families as lines of text, which both text formats share. */
export function* renderLines(families: readonly ExposedFamily[], dialect: Dialect): Generator<Buffer> {
  // Why larger than a chunk: what is written between two looks at its length still fits.
  const out = new ByteWriter(2 * chunk);
  for (const family of families) {
    dialect.metadata(family, out);
    for (const _ of family.write(new SampleLines(family.name, out, dialect))) {
      if (out.length >= chunk) yield out.take();
    }
    if (out.length >= chunk) yield out.take();
  }
  out.text(dialect.end);
  if (out.length > 0) yield out.take();
}

/** The samples of one family. The labels that samples share are spelled once. */
class SampleLines implements SampleWriter {
  readonly #name: string;
  readonly #out: ByteWriter;
  readonly #dialect: Dialect;
  readonly #labels = new ByteWriter(256);
  /** Where the labels of each depth end. */
  readonly #ends: number[] = [0];

  constructor(name: string, out: ByteWriter, dialect: Dialect) {
    this.#name = name;
    this.#out = out;
    this.#dialect = dialect;
  }

  label(depth: number, name: string, value: string): void {
    const labels = this.#labels;
    labels.truncate(this.#ends[depth] as number);
    if (value !== '') {
      if (labels.length > 0) labels.text(',');
      labels.text(name);
      labels.text('="');
      labels.escaped(value, true);
      labels.text('"');
    }
    this.#ends[depth + 1] = labels.length;
  }

  sample(depth: number, suffix: string, value: number, bound?: Bound): void {
    const out = this.#out;
    this.#labels.truncate(this.#ends[depth] as number);
    out.text(this.#name);
    out.text(suffix);
    this.#labelsOf(bound);
    out.text(' ');
    out.value(value);
    out.text('\n');
  }

  #labelsOf(bound: Bound | undefined): void {
    const [out, labels] = [this.#out, this.#labels];
    if (labels.length === 0 && bound === undefined) return;
    out.text('{');
    out.append(labels);
    if (bound !== undefined) {
      if (labels.length > 0) out.text(',');
      out.text(`${bound.label}="${this.#dialect.bound(bound.at)}"`);
    }
    out.text('}');
  }
}
