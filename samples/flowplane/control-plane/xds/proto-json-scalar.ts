import { ProtoJsonError } from './proto-json-error.js';

type Range = readonly [min: bigint, max: bigint];

const signed = (bits: bigint): Range => [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n];
const unsigned = (bits: bigint): Range => [0n, 2n ** bits - 1n];

/** Why checked here: protobufjs silently truncates a number outside the range. */
const integerRanges: Readonly<Record<string, Range>> = {
  ...{ int32: signed(32n), sint32: signed(32n), sfixed32: signed(32n), uint32: unsigned(32n), fixed32: unsigned(32n) },
  ...{ int64: signed(64n), sint64: signed(64n), sfixed64: signed(64n), uint64: unsigned(64n), fixed64: unsigned(64n) },
};

/** Converts a scalar of proto3 JSON to the value that protobufjs expects. @throws ProtoJsonError */
export function convertScalar(type: string, json: unknown, path: string): unknown {
  const range = integerRanges[type];
  if (range !== undefined) return parseInteger(range, json, path);
  if (type === 'bytes') return parseBytes(json, path);
  if (type === 'double' || type === 'float') return parseNumber(json, path);
  const expected = type === 'bool' ? 'boolean' : 'string';
  if (typeof json !== expected) throw new ProtoJsonError(`"${path}" must be a ${expected}`);
  return json;
}

/** Why as text: a JavaScript number cannot hold 64 bits, so proto3 JSON writes such integers as strings. */
function parseInteger([min, max]: Range, json: unknown, path: string): string {
  const text = typeof json === 'number' || typeof json === 'string' ? String(json) : '';
  const number = /^-?\d{1,20}$/.test(text) ? BigInt(text) : undefined;
  if (number !== undefined && number >= min && number <= max) return String(number);
  throw new ProtoJsonError(`"${path}" must be an integer from ${min} to ${max}`);
}

const numberPattern = /^(-?\d+(\.\d+)?([eE][+-]?\d+)?|NaN|-?Infinity)$/;

function parseNumber(json: unknown, path: string): number {
  if (typeof json === 'number') return json;
  if (typeof json === 'string' && numberPattern.test(json)) return Number(json);
  throw new ProtoJsonError(`"${path}" must be a number`);
}

/** Both base64 alphabets, with or without padding. */
const base64Pattern = /^([\w+/-]{4})*([\w+/-]{2}(==)?|[\w+/-]{3}=?)?$/;

function parseBytes(json: unknown, path: string): Buffer {
  if (typeof json === 'string' && base64Pattern.test(json)) return Buffer.from(json, 'base64');
  throw new ProtoJsonError(`"${path}" must be base64`);
}
