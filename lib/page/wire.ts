/** A field of a message of Protocol Buffers: its number, and a number or the bytes of what has a length. */
export type Field = readonly [field: number, value: number | Uint8Array];

/** Reads the fields of a message in their order. Throws where the bytes end within a field. */
export function* readFields(bytes: Uint8Array): Generator<Field> {
  const input = new WireInput(bytes);
  while (!input.isAtEnd) {
    const key = input.varint();
    yield [Math.floor(key / 8), input.value(key % 8)];
  }
}

/** Reads messages that stand one after the other, each after its length. */
export function* readDelimited(bytes: Uint8Array): Generator<Uint8Array> {
  const input = new WireInput(bytes);
  while (!input.isAtEnd) yield input.bytes(input.varint());
}

/** Reads the numbers of a packed field. */
export function* readPacked(bytes: Uint8Array): Generator<number> {
  const input = new WireInput(bytes);
  while (!input.isAtEnd) yield input.varint();
}

/** The number of a field with a sign, which is written zigzag. */
export const toSigned = (number: number): number => (number % 2 === 0 ? number / 2 : -(number + 1) / 2);

/** The text of a field. */
export const toText = (value: number | Uint8Array): string => utf8.decode(toBytes(value));

/** The bytes of a field. Throws where it has a number. */
export function toBytes(value: number | Uint8Array): Uint8Array {
  if (typeof value === 'number') throw new TypeError('a field of bytes has a number');
  return value;
}

/** The number of a field. Throws where it has bytes. */
export function toNumber(value: number | Uint8Array): number {
  if (typeof value !== 'number') throw new TypeError('a field with a number has bytes');
  return value;
}

const utf8 = new TextDecoder();

class WireInput {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** A whole number. Why by multiplication: the operators for bits would cut it at 32 of them. */
  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#view.getUint8(this.#at++);
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  bytes(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError('a message ends early');
    const part = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return part;
  }

  value(type: number): number | Uint8Array {
    if (type === 0) return this.varint();
    if (type === 2) return this.bytes(this.varint());
    const length = type === 1 ? 8 : 4;
    const at = this.#at;
    this.bytes(length);
    return type === 1 ? this.#view.getFloat64(at, true) : this.#view.getFloat32(at, true);
  }
}
