import { readFields, readVarints } from './wire-reader.js';

/** How the bytes of a field become a value in JSON. */
type Convert = (value: number | Buffer) => unknown;

/** A field: its name in JSON, how it is converted, and whether it is a list, of which each occurrence is an element. */
type Field = readonly [name: string, convert: Convert, isList?: true];

// Source: OTLP, "JSON Protobuf Encoding": numbers of 64 bits are texts, ids are hexadecimal, enumerations are numbers. Numbers
// that JSON does not have are texts, as Protocol Buffers say.
const double = (bytes: Buffer): number | string => {
  const value = bytes.readDoubleLE();
  return Number.isFinite(value) ? value : String(value);
};
const bytesOf = (value: number | Buffer): Buffer => value as Buffer;
const split = (bytes: Buffer): Buffer[] =>
  Array.from({ length: bytes.length / 8 }, (_, i) => bytes.subarray(i * 8, i * 8 + 8));
const long = (bytes: Buffer): string => String(bytes.readBigUInt64LE());

const asText: Convert = (value) => bytesOf(value).toString();
const asHex: Convert = (value) => bytesOf(value).toString('hex');
const asNumber: Convert = (value) => value;
const asFlag: Convert = (value) => value === 1;
const asSigned: Convert = (value) =>
  (value as number) % 2 === 0 ? (value as number) / 2 : -((value as number) + 1) / 2;
const asDouble: Convert = (value) => double(bytesOf(value));
const asLong: Convert = (value) => long(bytesOf(value));
const asDoubles: Convert = (value) => split(bytesOf(value)).map(double);
const asLongs: Convert = (value) => split(bytesOf(value)).map(long);
const asVarints: Convert = (value) => readVarints(bytesOf(value)).map(String);

/** Converts a message with these fields, by number. A field that the bytes do not have has the default of its type. */
const asMessage =
  (fields: Readonly<Record<number, Field>>): Convert =>
  (bytes) => {
    const message: Record<string, unknown> = {};
    for (const { field, value } of readFields(bytesOf(bytes))) {
      const known = fields[field];
      if (known === undefined) continue;
      const [name, convert, isList] = known;
      const converted = convert(value);
      if (!isList) message[name] = converted;
      else if (Array.isArray(message[name])) message[name].push(converted);
      else message[name] = [converted];
    }
    return message;
  };

const attribute = asMessage({ 1: ['key', asText], 2: ['value', asMessage({ 1: ['stringValue', asText] })] });
const exemplar = asMessage({
  7: ['filteredAttributes', attribute, true],
  2: ['timeUnixNano', asLong],
  3: ['asDouble', asDouble],
  4: ['spanId', asHex],
  5: ['traceId', asHex],
});
const period = { 2: ['startTimeUnixNano', asLong], 3: ['timeUnixNano', asLong] } as const;
const distribution = { ...period, 4: ['count', asLong], 5: ['sum', asDouble] } as const;
const buckets = asMessage({ 1: ['offset', asSigned], 2: ['bucketCounts', asVarints] });
const quantile = asMessage({ 1: ['quantile', asDouble], 2: ['value', asDouble] });

const numberPoint = asMessage({
  7: ['attributes', attribute, true],
  ...period,
  4: ['asDouble', asDouble],
  5: ['exemplars', exemplar, true],
});
const explicitPoint = asMessage({
  9: ['attributes', attribute, true],
  ...distribution,
  6: ['bucketCounts', asLongs],
  7: ['explicitBounds', asDoubles],
  8: ['exemplars', exemplar, true],
});
const exponentialPoint = asMessage({
  1: ['attributes', attribute, true],
  ...distribution,
  6: ['scale', asSigned],
  7: ['zeroCount', asLong],
  8: ['positive', buckets],
  9: ['negative', buckets],
  11: ['exemplars', exemplar, true],
  14: ['zeroThreshold', asDouble],
});
const summaryPoint = asMessage({
  7: ['attributes', attribute, true],
  ...distribution,
  6: ['quantileValues', quantile, true],
});

const dataOf = (point: Convert): Convert =>
  asMessage({ 1: ['dataPoints', point, true], 2: ['aggregationTemporality', asNumber], 3: ['isMonotonic', asFlag] });
const metric = asMessage({
  1: ['name', asText],
  2: ['description', asText],
  3: ['unit', asText],
  5: ['gauge', dataOf(numberPoint)],
  7: ['sum', dataOf(numberPoint)],
  9: ['histogram', dataOf(explicitPoint)],
  10: ['exponentialHistogram', dataOf(exponentialPoint)],
  11: ['summary', dataOf(summaryPoint)],
});
const scope = asMessage({ 1: ['name', asText], 2: ['version', asText] });
const resourceMetrics = asMessage({
  1: ['resource', asMessage({ 1: ['attributes', attribute, true] })],
  2: ['scopeMetrics', asMessage({ 1: ['scope', scope], 2: ['metrics', metric, true] }), true],
});

/**
 * The body of a request in JSON, from its pieces in protobuf.
 *
 * Why from those: so there is one writer of points, which is quick where it matters. JSON is for receivers that take nothing
 * else, and takes several times as long anyway.
 */
export function* toJson(pieces: readonly Uint8Array[]): Generator<Uint8Array> {
  let separator = '{"resourceMetrics":[';
  for (const piece of pieces) {
    for (const { value } of readFields(Buffer.from(piece.buffer, piece.byteOffset, piece.length))) {
      yield Buffer.from(`${separator}${JSON.stringify(resourceMetrics(value))}`);
      separator = ',';
    }
  }
  yield Buffer.from(']}');
}
