import { WireWriter } from '../exposition/formats/wire-writer.js';
import { WireCursor } from './wire-reader.js';

/** Writes in JSON what stands from the place of a cursor to an end. It need not move the cursor. */
type Write = (input: WireCursor, end: number, out: WireWriter) => void;

/** A field: how it begins in JSON, how its value is written, and whether it is a list, of which each occurrence is an element. */
interface Field {
  readonly begin: string;
  readonly write: Write;
  readonly isList: boolean;
}

const field = (name: string, write: Write): Field => ({ begin: `"${name}":`, write, isList: false });
const list = (name: string, write: Write): Field => ({ begin: `"${name}":[`, write, isList: true });

/** Writes a message with these fields, by number. A field that the bytes do not have has the default of its type. */
const asMessage =
  (fields: Readonly<Record<number, Field>>): Write =>
  (input, end, out) => {
    let open: Field | undefined;
    out.characters('{');
    for (let isFirst = true; input.at < end; ) {
      const tag = input.readVarint();
      const found = fields[tag >>> 3];
      const fieldEnd = input.endOf(tag & 7);
      if (found !== undefined) {
        // Why so simple: the elements of a list follow each other, as `RequestBody` and `FamilyPoints` write them.
        if (open !== undefined && open !== found) out.characters(']');
        if (!isFirst) out.characters(',');
        if (open !== found || !found.isList) out.characters(found.begin);
        found.write(input, fieldEnd, out);
        open = found.isList ? found : undefined;
        isFirst = false;
      }
      input.at = fieldEnd;
    }
    out.characters(open === undefined ? '}' : ']}');
  };

// Source: OTLP, "JSON Protobuf Encoding": numbers of 64 bits are texts, ids are hexadecimal, enumerations are numbers. Numbers
// that JSON does not have are texts, as Protocol Buffers say.
const asText: Write = ({ bytes, at }, end, out) => {
  out.characters('"');
  if (isPlain(bytes, at, end)) out.copy(bytes, at, end);
  else out.characters(JSON.stringify(bytes.toString('utf8', at, end)).slice(1, -1));
  out.characters('"');
};
const asHex: Write = ({ bytes, at }, end, out) => out.characters(`"${bytes.toString('hex', at, end)}"`);
const asNumber: Write = (input, _, out) => out.characters(String(input.readVarint()));
const asFlag: Write = (input, _, out) => out.characters(String(input.readVarint() === 1));
const asSigned: Write = (input, _, out) => {
  const value = input.readVarint();
  out.characters(String(value % 2 === 0 ? value / 2 : -(value + 1) / 2));
};
const asDouble: Write = ({ bytes, at }, _, out) => {
  const value = bytes.readDoubleLE(at);
  // Why asked: as a text, -0 has no sign.
  if (Object.is(value, -0)) out.characters('-0');
  else out.characters(Number.isFinite(value) ? String(value) : `"${value}"`);
};
const asLong: Write = ({ bytes, at }, _, out) => out.characters(`"${bytes.readBigUInt64LE(at)}"`);
const asVarint: Write = (input, _, out) => out.characters(`"${input.readVarint()}"`);

/** Writes a packed list of numbers, each of which has so many bytes, or moves the cursor itself. */
const asPacked =
  (write: Write, size: number): Write =>
  (input, end, out) => {
    out.characters('[');
    for (let isFirst = true; input.at < end; input.at += size, isFirst = false) {
      if (!isFirst) out.characters(',');
      write(input, end, out);
    }
    out.characters(']');
  };
const asDoubles = asPacked(asDouble, 8);
const asLongs = asPacked(asLong, 8);
const asVarints = asPacked(asVarint, 0);

/** Whether these bytes of a text are the same in JSON. */
function isPlain(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const byte = bytes[i] as number;
    if (byte < 0x20 || byte === 0x22 || byte === 0x5c) return false;
  }
  return true;
}

const attribute = asMessage({
  1: field('key', asText),
  2: field('value', asMessage({ 1: field('stringValue', asText) })),
});
const exemplar = asMessage({
  7: list('filteredAttributes', attribute),
  2: field('timeUnixNano', asLong),
  3: field('asDouble', asDouble),
  4: field('spanId', asHex),
  5: field('traceId', asHex),
});
const period = { 2: field('startTimeUnixNano', asLong), 3: field('timeUnixNano', asLong) } as const;
const distribution = { ...period, 4: field('count', asLong), 5: field('sum', asDouble) } as const;
const buckets = asMessage({ 1: field('offset', asSigned), 2: field('bucketCounts', asVarints) });
const quantile = asMessage({ 1: field('quantile', asDouble), 2: field('value', asDouble) });

const numberPoint = asMessage({
  7: list('attributes', attribute),
  ...period,
  4: field('asDouble', asDouble),
  5: list('exemplars', exemplar),
});
const explicitPoint = asMessage({
  9: list('attributes', attribute),
  ...distribution,
  6: field('bucketCounts', asLongs),
  7: field('explicitBounds', asDoubles),
  8: list('exemplars', exemplar),
});
const exponentialPoint = asMessage({
  1: list('attributes', attribute),
  ...distribution,
  6: field('scale', asSigned),
  7: field('zeroCount', asLong),
  8: field('positive', buckets),
  9: field('negative', buckets),
  11: list('exemplars', exemplar),
  14: field('zeroThreshold', asDouble),
});
const summaryPoint = asMessage({
  7: list('attributes', attribute),
  ...distribution,
  6: list('quantileValues', quantile),
});

const dataOf = (point: Write): Write =>
  asMessage({
    1: list('dataPoints', point),
    2: field('aggregationTemporality', asNumber),
    3: field('isMonotonic', asFlag),
  });
const metric = asMessage({
  1: field('name', asText),
  2: field('description', asText),
  3: field('unit', asText),
  5: field('gauge', dataOf(numberPoint)),
  7: field('sum', dataOf(numberPoint)),
  9: field('histogram', dataOf(explicitPoint)),
  10: field('exponentialHistogram', dataOf(exponentialPoint)),
  11: field('summary', dataOf(summaryPoint)),
});
const scope = asMessage({ 1: field('name', asText), 2: field('version', asText) });
const resourceMetrics = asMessage({
  1: field('resource', asMessage({ 1: list('attributes', attribute) })),
  2: list('scopeMetrics', asMessage({ 1: field('scope', scope), 2: list('metrics', metric) })),
});

/** After how many bytes a piece ends. */
const pieceLength = 64 * 1024;

/**
 * The body of a request in JSON, from its pieces in protobuf.
 *
 * Why from those: so there is one writer of points, which is quick where it matters. JSON is for receivers that take nothing
 * else. Why byte by byte into one buffer that is kept: texts and objects in between would be garbage of many times that size.
 */
export class JsonBody {
  readonly #out = new WireWriter(pieceLength);

  /** Writes a body, and yields after each piece of it. */
  *write(pieces: readonly Uint8Array[]): Generator<void> {
    this.#out.truncate(0);
    this.#out.characters('{"resourceMetrics":[');
    for (const [i, { buffer, byteOffset, length }] of pieces.entries()) {
      if (i > 0) this.#out.characters(',');
      const input = new WireCursor(Buffer.from(buffer, byteOffset, length));
      // Each piece is one field, a message.
      input.endOf(input.readVarint() & 7);
      resourceMetrics(input, length, this.#out);
      yield;
    }
    this.#out.characters(']}');
  }

  /** Takes what was written, in pieces, whose bytes are valid until the next body is written. */
  take(): Uint8Array[] {
    const bytes = this.#out.take();
    const count = Math.ceil(bytes.length / pieceLength);
    return Array.from({ length: count }, (_, i) => bytes.subarray(i * pieceLength, (i + 1) * pieceLength));
  }
}
