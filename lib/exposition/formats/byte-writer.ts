const space = 0x20;
const comma = 0x2c;
const open = 0x7b;
const close = 0x7d;
/** More bytes than a number and the characters around it take. */
const maxValueLength = 40;
/** The windows of texts below this length are kept. */
const maxWindows = 1024;
const newline = 0x0a;
const quote = 0x22;
const backslash = 0x5c;
const zero = 0x30;
const letterN = 0x6e;

/**
 * Bytes that grow. Why short texts are written one code unit at a time: a call into the runtime costs more than they do.
 */
export class ByteWriter {
  #bytes: Buffer;
  #length = 0;
  /** Windows on the beginning of the bytes, by length. */
  #windows: (Buffer | undefined)[] = [];

  constructor(size = 1024) {
    this.#bytes = Buffer.allocUnsafe(size);
  }

  get length(): number {
    return this.#length;
  }

  /** Forgets everything after this length. */
  truncate(length: number): void {
    this.#length = length;
  }

  /** The bytes that were written. They are valid until the next change. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  text(text: string): void {
    this.#reserve(text.length * 3);
    const bytes = this.#bytes;
    let at = this.#length;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f) {
        at += bytes.write(text.slice(i), at, 'utf8');
        break;
      }
      bytes[at++] = unit;
    }
    this.#length = at;
  }

  /** Writes a text with `\` and newline escaped, and `"` too if it is quoted. */
  escaped(text: string, quoted: boolean): void {
    this.#reserve(text.length * 3);
    const bytes = this.#bytes;
    let at = this.#length;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit > 0x7f || unit === newline || unit === backslash || unit === quote) {
        this.#length = at;
        this.#escapedRest(text.slice(i), quoted);
        return;
      }
      bytes[at++] = unit;
    }
    this.#length = at;
  }

  append(other: ByteWriter): void {
    this.#reserve(other.#length);
    this.#length = other.#copyInto(this.#bytes, this.#length);
  }

  /** Writes the line of a sample: `head{labels,bound} value`. Why in one method: there are millions of lines, so space is reserved once. */
  line(head: ByteWriter, labels: ByteWriter, bound: ByteWriter | undefined, value: number): void {
    this.#reserve(head.#length + labels.#length + (bound === undefined ? 0 : bound.#length) + maxValueLength);
    const bytes = this.#bytes;
    let at = head.#copyInto(bytes, this.#length);
    if (labels.#length > 0 || bound !== undefined) {
      bytes[at++] = open;
      at = labels.#copyInto(bytes, at);
      if (bound !== undefined) {
        if (labels.#length > 0) bytes[at++] = comma;
        at = bound.#copyInto(bytes, at);
      }
      bytes[at++] = close;
    }
    bytes[at++] = space;
    this.#length = at;
    this.value(value);
    this.byte(newline);
  }

  /** The same with everything before the last label's value as one text: `head{labels,last="`. */
  lineOf(beginning: ByteWriter, last: string, value: number): void {
    this.#reserve(beginning.#length + last.length * 3 + maxValueLength);
    this.#length = beginning.#copyInto(this.#bytes, this.#length);
    this.escaped(last, true);
    const bytes = this.#bytes;
    let at = this.#length;
    bytes[at++] = quote;
    bytes[at++] = close;
    bytes[at++] = space;
    this.#length = at;
    this.value(value);
    this.byte(newline);
  }

  /** Writes a value as every text format spells it. */
  value(value: number): void {
    if (Number.isInteger(value) && value >= 0 && value < 2 ** 31 && !Object.is(value, -0)) this.#integer(value);
    else this.text(spellNumber(value));
  }

  #escapedRest(text: string, quoted: boolean): void {
    const pattern = quoted ? /[\\\n"]/g : /[\\\n]/g;
    this.text(text.replace(pattern, (found) => `\\${found === '\n' ? String.fromCharCode(letterN) : found}`));
  }

  #integer(value: number): void {
    let digits = 1;
    for (let rest = value; rest >= 10; rest = (rest / 10) | 0) digits++;
    this.#reserve(digits);
    let at = this.#length + digits;
    this.#length = at;
    for (let rest = value; at > this.#length - digits; rest = (rest / 10) | 0) this.#bytes[--at] = zero + (rest % 10);
  }

  /**
   * Copies the bytes to a position in other bytes; returns the position after the copy.
   *
   * Why through windows that are kept: creating one takes longer than copying, and lines have few different lengths.
   */
  #copyInto(to: Buffer, at: number): number {
    const length = this.#length;
    const window = this.#windows[length] ?? this.#window(length);
    to.set(window, at);
    return at + length;
  }

  #window(length: number): Buffer {
    const window = this.#bytes.subarray(0, length);
    if (length < maxWindows) this.#windows[length] = window;
    return window;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + more));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
    this.#windows = [];
  }
}

/** Spells NaN, the infinities and -0 as Prometheus does, everything else as JavaScript does. */
function spellNumber(value: number): string {
  if (Object.is(value, -0)) return '-0';
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  return String(value);
}
