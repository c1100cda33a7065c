/** Whether a number is written as a count. Why not −0, which is whole: its sign would get lost. */
export const isWhole = (value: number): boolean => Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0);

/** Writes numbers and texts as bytes, one after the other. */
export class ByteWriter {
  #bytes: Buffer;
  #length = 0;

  constructor(capacity = 1024) {
    this.#bytes = Buffer.allocUnsafeSlow(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** What was written, as a view that is valid until the next call of another method. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** A whole number from 0 to 2^53 - 1: seven bits a byte, the lowest first. */
  count(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      // Why no bit operators: they cut a number to 32 bits.
      this.#bytes[this.#length++] = (rest % 0x80) + 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** 32 bits. */
  word(value: number): void {
    this.#reserve(4);
    this.#length = this.#bytes.writeInt32LE(value, this.#length);
  }

  double(value: number): void {
    this.#reserve(8);
    this.#bytes.writeDoubleLE(value, this.#length);
    this.#length += 8;
  }

  /** Any number, in as few bytes as most of them need. */
  number(value: number): void {
    const isCount = isWhole(value);
    this.byte(isCount ? 1 : 0);
    if (isCount) this.count(value);
    else this.double(value);
  }

  /** A whole number of any sign, of 32 bits. */
  integer(value: number): void {
    this.count(value < 0 ? -2 * value - 1 : 2 * value);
  }

  text(value: string): void {
    const length = Buffer.byteLength(value);
    this.count(length);
    this.#reserve(length);
    this.#length += this.#bytes.write(value, this.#length);
  }

  append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

/** Is thrown where bytes are not what the protocol says. */
export class MalformedFrame extends Error {
  override readonly name = 'MalformedFrame';
}

/** Reads what a `ByteWriter` has written. Never reads beyond the end. */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** How many bytes are left. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  byte(): number {
    this.#need(1);
    return this.#bytes[this.#at++] as number;
  }

  count(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
      scale *= 0x80;
      if (scale > 2 ** 49) throw new MalformedFrame('a number is too long');
    }
    if (!Number.isSafeInteger(value)) throw new MalformedFrame('a number is too large');
    return value;
  }

  /** A count of things that take at least one byte each: more than there are bytes is a lie, and must not reserve memory. */
  countOfThings(): number {
    const count = this.count();
    this.#need(count);
    return count;
  }

  word(): number {
    this.#need(4);
    this.#at += 4;
    return this.#bytes.readInt32LE(this.#at - 4);
  }

  double(): number {
    this.#need(8);
    const value = this.#bytes.readDoubleLE(this.#at);
    this.#at += 8;
    return value;
  }

  /** A number as `ByteWriter.number` has written it. */
  number(): number {
    return this.byte() === 1 ? this.count() : this.double();
  }

  integer(): number {
    const written = this.count();
    const value = written % 2 === 1 ? -(written + 1) / 2 : written / 2;
    if (value !== (value | 0)) throw new MalformedFrame('a number is too large');
    return value;
  }

  text(): string {
    const length = this.count();
    this.#need(length);
    const value = this.#bytes.toString('utf8', this.#at, this.#at + length);
    this.#at += length;
    return value;
  }

  /** The next bytes, so many of them, as hexadecimal digits. */
  hex(length: number): string {
    this.#need(length);
    this.#at += length;
    return this.#bytes.toString('hex', this.#at - length, this.#at);
  }

  /** A reader of the next bytes, so many of them. */
  part(length: number): ByteReader {
    this.#need(length);
    const part = new ByteReader(this.#bytes.subarray(this.#at, this.#at + length));
    this.#at += length;
    return part;
  }

  #need(length: number): void {
    if (length > this.left) throw new MalformedFrame('it ends too early');
  }
}
