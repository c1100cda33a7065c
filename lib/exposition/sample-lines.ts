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

/** Families as lines of text, which both text formats share. */
export function renderLines(families: readonly ExposedFamily[], dialect: Dialect): Buffer {
  const out = new ByteWriter(64 * 1024);
  for (const family of families) {
    dialect.metadata(family, out);
    family.write(new SampleLines(family.name, out, dialect));
  }
  out.text(dialect.end);
  return out.bytes();
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
