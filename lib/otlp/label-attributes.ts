import { WireWriter } from '../exposition/formats/wire-writer.js';
import { type AttributeStarts, beginAttribute, endAttribute } from './request-body.js';

/**
 * The labels of the series that is being written, as attributes in bytes.
 *
 * Why kept as bytes: series that follow each other share most of their labels.
 */
export class LabelAttributes {
  readonly #byDepth: LabelAttribute[] = [];

  /** The names of the labels that were set. */
  get names(): readonly string[] {
    return this.#byDepth.map(({ name }) => name);
  }

  /** Sets the label at this depth. */
  set(depth: number, name: string, value: string): void {
    const attribute = this.#byDepth[depth];
    if (attribute === undefined) this.#byDepth[depth] = new LabelAttribute(name, value);
    else attribute.set(name, value);
  }

  /** Writes the labels up to this depth as fields of this number. */
  appendTo(out: WireWriter, field: number, depth: number): void {
    for (let i = 0; i < depth; i++) (this.#byDepth[i] as LabelAttribute).appendTo(out, field);
  }

  /** What tells a series from the others of its family. */
  keyOf(depth: number): string {
    let key = '';
    for (let i = 0; i < depth; i++) {
      const { name, value } = this.#byDepth[i] as LabelAttribute;
      // Why the lengths: names and values may have any character, so none can stand between them.
      key += `${name.length} ${value.length} ${name}${value}`;
    }
    return key;
  }
}

/** A label as an attribute. Why up to the value by itself: all series of a family have the names in common. */
class LabelAttribute {
  name: string;
  value: string;
  readonly #bytes = new WireWriter(64);
  /** The field as which the label is in the bytes; 0 where it is not. */
  #field = 0;
  /** The field as which the name is in the bytes; 0 where it is not. */
  #nameField = 0;
  #starts: AttributeStarts = { attribute: 0, value: 0, text: 0 };

  constructor(name: string, value: string) {
    this.name = name;
    this.value = value;
  }

  set(name: string, value: string): void {
    if (value === this.value && name === this.name) return;
    if (name !== this.name) this.#nameField = 0;
    this.name = name;
    this.value = value;
    this.#field = 0;
  }

  appendTo(out: WireWriter, field: number): void {
    if (this.value === '') return;
    if (this.#field !== field) this.#encode(field);
    out.append(this.#bytes, 0, this.#bytes.length);
  }

  #encode(field: number): void {
    const bytes = this.#bytes;
    if (this.#nameField !== field) {
      bytes.truncate(0);
      this.#starts = beginAttribute(bytes, field, this.name);
    }
    bytes.truncate(this.#starts.text);
    bytes.characters(this.value);
    endAttribute(bytes, this.#starts);
    this.#field = field;
    // Why: the length of a long one takes more than the byte that was left for it, and moves the rest.
    this.#nameField = bytes.length < 0x80 ? field : 0;
  }
}
