/** No number takes more bytes, with its tag. */
const maxNumberSize = 20;
/** There is always room for so many bytes more: `append` reads and writes four at a time. */
const spare = 4;
/** A text of up to so many characters is written character by character. Why: to ask the runtime for it takes longer. */
const maxShortText = 64;

const varintType = 0;
const doubleType = 1;
const fixed64Type = 1;
const bytesType = 2;

/**
 * Writes fields of Protocol Buffers one after the other.
 *
 * Source: Protocol Buffers, "Encoding". A number must be an integer of at most 2^53 where the field has one.
 */
export class WireWriter {
  #bytes: Buffer;
  #view: DataView;
  #length = 0;

  /** @param size how many bytes there is room for at first. */
  constructor(size: number) {
    this.#bytes = Buffer.allocUnsafeSlow(size);
    this.#view = viewOf(this.#bytes);
  }

  /** How many bytes there are. */
  get length(): number {
    return this.#length;
  }

  /** The bytes, which are valid until the next one is written. The writer is empty then. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    return taken;
  }

  /** Removes all bytes but the first ones. */
  truncate(length: number): void {
    this.#length = length;
  }

  /** Appends the bytes between two positions of another writer. */
  append(other: WireWriter, from: number, to: number): void {
    this.#reserve(to - from);
    const target = this.#view;
    const source = other.#view;
    // Why by four bytes, and so beyond the end: it takes a third of the time of one by one, or by `set`, for a few labels. Why
    // little-endian: most processors are, and need not turn the bytes then.
    for (let i = from, at = this.#length; i < to; i += 4, at += 4)
      target.setUint32(at, source.getUint32(i, true), true);
    this.#length += to - from;
  }

  /** Appends the bytes between two positions of others. */
  copy(bytes: Uint8Array, from: number, to: number): void {
    this.#reserve(to - from);
    const target = this.#bytes;
    // Why one by one: it takes less time than `set` for a label.
    for (let i = from, at = this.#length; i < to; i++, at++) target[at] = bytes[i] as number;
    this.#length += to - from;
  }

  /** A field of type `uint32`, `uint64`, `int64` or of an enumeration, whose value is not negative. */
  uint(field: number, value: number): void {
    this.#reserve(maxNumberSize);
    this.#varint(field * 8 + varintType);
    this.#varint(value);
  }

  /** A field of type `sint32` or `sint64`. */
  sint(field: number, value: number): void {
    this.uint(field, zigzag(value));
  }

  double(field: number, value: number): void {
    this.#reserve(maxNumberSize);
    this.#varint(field * 8 + doubleType);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  /** Replaces the number of the field of type `double` that was written last. */
  replaceDouble(value: number): void {
    this.#view.setFloat64(this.#length - 8, value, true);
  }

  /** A field of type `fixed64`. */
  fixed64(field: number, value: number): void {
    this.#reserve(maxNumberSize);
    this.#varint(field * 8 + fixed64Type);
    this.#fixed64(value);
  }

  /** A field of type `fixed64` that has a time in nanoseconds since the epoch. Why by microseconds: a number holds these. */
  nanoseconds(field: number, microseconds: number): void {
    this.#reserve(maxNumberSize);
    this.#varint(field * 8 + fixed64Type);
    const low = (microseconds % twoTo32) * 1000;
    this.#view.setUint32(this.#length, low % twoTo32, true);
    this.#view.setUint32(this.#length + 4, Math.floor(microseconds / twoTo32) * 1000 + Math.floor(low / twoTo32), true);
    this.#length += 8;
  }

  /** A field of type `bytes` that is given in hexadecimal digits. */
  hex(field: number, digits: string): void {
    const size = digits.length / 2;
    this.#reserve(maxNumberSize + size);
    this.#varint(field * 8 + bytesType);
    this.#varint(size);
    this.#length += this.#bytes.write(digits, this.#length, 'hex');
  }

  /** A repeated field of type `double`, packed. */
  packedDoubles(field: number, values: ArrayLike<number>, size = values.length): void {
    this.#packed(field, size * 8);
    for (let i = 0; i < size; i++, this.#length += 8) this.#view.setFloat64(this.#length, values[i] as number, true);
  }

  /** A repeated field of type `fixed64`, packed. */
  packedFixed64s(field: number, values: ArrayLike<number>): void {
    this.#packed(field, values.length * 8);
    for (let i = 0; i < values.length; i++) this.#fixed64(values[i] as number);
  }

  /** A repeated field of type `uint64`, packed. */
  packedUints(field: number, values: readonly number[]): void {
    if (values.length === 0) return;
    const start = this.begin(field);
    for (const value of values) {
      this.#reserve(maxNumberSize);
      this.#varint(value);
    }
    this.end(start);
  }

  /** A repeated field of type `sint64`, packed. */
  packedSints(field: number, values: readonly number[]): void {
    if (values.length === 0) return;
    const start = this.begin(field);
    for (const value of values) {
      this.#reserve(maxNumberSize);
      this.#varint(zigzag(value));
    }
    this.end(start);
  }

  /** A field of type `string`. A lone surrogate becomes U+FFFD, as UTF-8 has none. */
  text(field: number, text: string): void {
    const start = this.begin(field);
    this.characters(text);
    this.end(start);
  }

  /** The characters of a field of type `string` that `begin` has begun. */
  characters(text: string): void {
    this.#reserve(maxShortText);
    if (text.length <= maxShortText && this.#ascii(text)) return;
    this.#reserve(Buffer.byteLength(text));
    this.#length += this.#bytes.write(text, this.#length);
  }

  /** Begins a field that is a message; what is written until `end` belongs to it. Returns what `end` needs. */
  begin(field: number): number {
    this.#reserve(maxNumberSize);
    this.#varint(field * 8 + bytesType);
    return this.beginDelimited();
  }

  /** The same for a message that is no field, but preceded by its length alone. */
  beginDelimited(): number {
    this.#reserve(1);
    return ++this.#length;
  }

  /** Ends the message that has begun here, and writes its length before it. */
  end(start: number): void {
    const size = this.#length - start;
    if (size < 0x80) {
      this.#bytes[start - 1] = size;
      return;
    }
    // Why moved only here: nearly all messages are short, and their length takes the one byte that was left for it.
    const more = varintSize(size) - 1;
    this.#reserve(more);
    this.#bytes.copyWithin(start + more, start, this.#length);
    this.#length = start - 1;
    this.#varint(size);
    this.#length += size;
  }

  /** Begins a packed field of so many bytes, for which there is room then. */
  #packed(field: number, size: number): void {
    this.#reserve(maxNumberSize + size);
    this.#varint(field * 8 + bytesType);
    this.#varint(size);
  }

  #fixed64(value: number): void {
    this.#view.setUint32(this.#length, value % twoTo32, true);
    this.#view.setUint32(this.#length + 4, Math.floor(value / twoTo32), true);
    this.#length += 8;
  }

  #ascii(text: string): boolean {
    const bytes = this.#bytes;
    const start = this.#length;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) return false;
      bytes[start + i] = code;
    }
    this.#length = start + text.length;
    return true;
  }

  /** Writes a varint. Its callers reserve the bytes, once for several numbers. */
  #varint(value: number): void {
    const bytes = this.#bytes;
    let at = this.#length;
    let rest = value;
    if (rest <= 0x7f) {
      // Why first: the tag of nearly every field is so small.
      bytes[at] = rest;
      this.#length = at + 1;
      return;
    }
    // Why two loops: the operators on bits, which are faster, know 31 bits only.
    for (; rest > 0x7fffffff; rest = Math.floor(rest / 0x80)) bytes[at++] = (rest % 0x80) + 0x80;
    for (; rest > 0x7f; rest >>>= 7) bytes[at++] = (rest & 0x7f) | 0x80;
    bytes[at++] = rest;
    this.#length = at;
  }

  #reserve(size: number): void {
    const wanted = this.#length + size + spare;
    if (wanted <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(wanted, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
    this.#view = viewOf(larger);
  }
}

const twoTo32 = 2 ** 32;

const viewOf = ({ buffer, byteOffset, length }: Uint8Array): DataView => new DataView(buffer, byteOffset, length);

/** Makes small numbers of small numbers of either sign. */
const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);

/** How many bytes a number takes. */
function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) size++;
  return size;
}
