import { ProtoJsonError } from './proto-json-error.js';

type Bounds = readonly [least: bigint, most: bigint];

const signed = (bits: bigint): Bounds => [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n];
const unsigned = (bits: bigint): Bounds => [0n, 2n ** bits - 1n];

/** Why bounds of our own: protobufjs cuts off what does not fit, and says nothing. */
const wholeNumbers: Readonly<Record<string, Bounds>> = {
  ...{ int32: signed(32n), sint32: signed(32n), sfixed32: signed(32n), uint32: unsigned(32n), fixed32: unsigned(32n) },
  ...{ int64: signed(64n), sint64: signed(64n), sfixed64: signed(64n), uint64: unsigned(64n), fixed64: unsigned(64n) },
};

/** A field of a scalar type, as proto3 JSON writes it. Throws `ProtoJsonError`. */
export function scalar(type: string, json: unknown, path: string): unknown {
  const bounds = wholeNumbers[type];
  if (bounds !== undefined) return whole(bounds, json, path);
  if (type === 'bytes') return bytes(json, path);
  if (type === 'double' || type === 'float') return decimal(json, path);
  const wanted = type === 'bool' ? 'boolean' : 'string';
  if (typeof json !== wanted) throw new ProtoJsonError(`"${path}" must be a ${wanted}`);
  return json;
}

/** Why as text: numbers of 64 bits are written so, since JavaScript has no such numbers. */
function whole([least, most]: Bounds, json: unknown, path: string): string {
  const text = typeof json === 'number' || typeof json === 'string' ? String(json) : '';
  const number = /^-?\d{1,20}$/.test(text) ? BigInt(text) : undefined;
  if (number !== undefined && number >= least && number <= most) return String(number);
  throw new ProtoJsonError(`"${path}" must be a whole number from ${least} to ${most}`);
}

const decimalText = /^(-?\d+(\.\d+)?([eE][+-]?\d+)?|NaN|-?Infinity)$/;

function decimal(json: unknown, path: string): number {
  if (typeof json === 'number') return json;
  if (typeof json === 'string' && decimalText.test(json)) return Number(json);
  throw new ProtoJsonError(`"${path}" must be a number`);
}

/** Both alphabets, with or without padding. */
const base64 = /^([\w+/-]{4})*([\w+/-]{2}(==)?|[\w+/-]{3}=?)?$/;

function bytes(json: unknown, path: string): Buffer {
  if (typeof json === 'string' && base64.test(json)) return Buffer.from(json, 'base64');
  throw new ProtoJsonError(`"${path}" must be base64`);
}
