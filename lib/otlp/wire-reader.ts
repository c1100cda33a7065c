/** A field of a message: a varint as a number, anything else as its bytes. */
export interface WireField {
  readonly field: number;
  readonly value: number | Buffer;
}

/**
 * The fields of a message of Protocol Buffers, one after the other.
 *
 * Source: Protocol Buffers, "Encoding". Throws a `RangeError` where the bytes are no message.
 */
export function* readFields(message: Buffer): Generator<WireField> {
  let at = 0;
  const readVarint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = message.readUInt8(at++);
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      if (scale > 2 ** 63) throw new RangeError('a varint of more than 10 bytes');
    }
  };
  const take = (size: number): Buffer => {
    if (at + size > message.length) throw new RangeError('a field that is longer than its message');
    at += size;
    return message.subarray(at - size, at);
  };
  while (at < message.length) {
    const tag = readVarint();
    const [field, type] = [Math.floor(tag / 8), tag % 8];
    if (field === 0) throw new RangeError('a field without a number');
    if (type === 0) yield { field, value: readVarint() };
    else if (type === 1) yield { field, value: take(8) };
    else if (type === 2) yield { field, value: take(readVarint()) };
    else if (type === 5) yield { field, value: take(4) };
    else throw new RangeError('a field of an unknown type');
  }
}

/** A place in bytes of our own, which are messages: no object is made for a field, and nothing is copied. */
export class WireCursor {
  readonly bytes: Buffer;
  at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  readVarint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.bytes[this.at++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  /** Where the value ends that stands after the tag of a field of this type. Moves to its beginning. */
  endOf(type: number): number {
    if (type === 2) {
      const size = this.readVarint();
      return this.at + size;
    }
    if (type !== 0) return this.at + (type === 1 ? 8 : 4);
    let end = this.at;
    while ((this.bytes[end++] as number) >= 0x80);
    return end;
  }
}
