import type { Enum, Field, Type } from 'protobufjs';
import { findMessageType } from './envoy-messages.js';
import { ProtoJsonError } from './proto-json-error.js';
import { convertScalar } from './proto-json-scalar.js';

// Why own code: protobufjs does not read proto3 JSON and ignores unknown fields, and the libraries that read proto3 JSON
// need code that is generated from the .proto files.

type Plain = Readonly<Record<string, unknown>>;

/** Encodes proto3 JSON as a protobuf message. @throws ProtoJsonError */
export function encodeJson(type: Type, json: unknown): Uint8Array {
  return type.encode(type.fromObject(convertMessage(type, json, ''))).finish();
}

/** The message types with a JSON form of their own. */
const specialTypes: Readonly<Record<string, (json: unknown, path: string) => Plain>> = {
  '.google.protobuf.Duration': convertDuration,
  '.google.protobuf.Any': convertAny,
  '.google.protobuf.Struct': (json, path) => convertStruct(requireObject(json, path)),
};

function convertMessage(type: Type, json: unknown, path: string): Plain {
  const special = ownProperty(specialTypes, type.fullName);
  if (special !== undefined) return special(json, path);
  if (/^\.google\.protobuf\.\w+Value$/.test(type.fullName)) {
    return { value: convertScalar((type.fields['value'] as Field).type, json, path) };
  }
  const seen = new Map<string, SeenField>();
  const fields = Object.entries(requireObject(json, path)).map(([key, value]): [string, unknown] => {
    const field = ownProperty(type.fields, key) ?? ownProperty(type.fields, snakeCase(key));
    const at = path === '' ? key : `${path}.${key}`;
    if (field === undefined) throw new ProtoJsonError(`"${at}" is not a field of ${type.fullName.slice(1)}`);
    rejectDuplicate(field, at, seen);
    return [field.name, convertField(field, value, at)];
  });
  return Object.fromEntries(fields);
}

/** A field that the JSON already has. The key of the map is the name of its oneof, or its own. */
interface SeenField {
  readonly name: string;
  readonly at: string;
}

/** Throws if the JSON already has this field or another one of its oneof, because only one of them would be encoded. */
function rejectDuplicate({ name, partOf }: Field, at: string, seen: Map<string, SeenField>): void {
  const key = partOf?.name ?? name;
  const earlier = seen.get(key);
  if (earlier?.name === name) throw new ProtoJsonError(`"${at}" is given twice, also as "${earlier.at}"`);
  if (earlier !== undefined) throw new ProtoJsonError(`"${at}" and "${earlier.at}" cannot be set together`);
  seen.set(key, { name, at });
}

function convertField(field: Field, json: unknown, path: string): unknown {
  if (field.map) {
    const entries = Object.entries(requireObject(json, path));
    return Object.fromEntries(entries.map(([key, value]) => [key, convertValue(field, value, `${path}.${key}`)]));
  }
  if (!field.repeated) return convertValue(field, json, path);
  if (!Array.isArray(json)) throw new ProtoJsonError(`"${path}" must be a list`);
  return json.map((item, index) => convertValue(field, item, `${path}[${index}]`));
}

function convertValue(field: Field, json: unknown, path: string): unknown {
  const { resolvedType } = field;
  if (resolvedType === null) return convertScalar(field.type, json, path);
  if ('fields' in resolvedType) return convertMessage(resolvedType, json, path);
  return convertEnum(resolvedType, json, path);
}

function convertEnum({ values, valuesById }: Enum, json: unknown, path: string): number {
  if (typeof json === 'string' && Object.hasOwn(values, json)) return values[json] as number;
  if (typeof json === 'number' && Object.hasOwn(valuesById, json)) return json;
  throw new ProtoJsonError(`"${path}" must be one of ${Object.keys(values).join(', ')}`);
}

/** The limit of a `Duration`: about 10,000 years. */
const maxDurationSeconds = 315_576_000_000;

function convertDuration(json: unknown, path: string): Plain {
  const [, sign, seconds, fraction = ''] = /^(-?)(\d+)(?:\.(\d{1,9}))?s$/.exec(String(json)) ?? [];
  if (seconds === undefined || Number(seconds) > maxDurationSeconds)
    throw new ProtoJsonError(`"${path}" must be seconds such as "0.25s"`);
  const factor = sign === '-' ? -1 : 1;
  return { seconds: factor * Number(seconds), nanos: factor * Number(fraction.padEnd(9, '0')) };
}

function convertAny(json: unknown, path: string): Plain {
  const { '@type': typeUrl, ...rest } = requireObject(json, path);
  const type = findMessageType(String(typeUrl).replace(/^type\.googleapis\.com\//, ''));
  if (type === undefined) throw new ProtoJsonError(`"${path}.@type" is an unknown type`);
  return { type_url: typeUrl, value: type.encode(type.fromObject(convertMessage(type, rest, path))).finish() };
}

function convertStruct(json: Plain): Plain {
  return { fields: Object.fromEntries(Object.entries(json).map(([key, item]) => [key, convertStructValue(item)])) };
}

function convertStructValue(json: unknown): Plain {
  if (json === null) return { nullValue: 0 };
  if (typeof json === 'string') return { stringValue: json };
  if (typeof json === 'number') return { numberValue: json };
  if (typeof json === 'boolean') return { boolValue: json };
  if (Array.isArray(json)) return { listValue: { values: json.map(convertStructValue) } };
  return { structValue: convertStruct(json as Plain) };
}

function requireObject(json: unknown, path: string): Plain {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Plain;
  throw new ProtoJsonError(`${path === '' ? 'the resource' : `"${path}"`} must be an object`);
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Why own properties only: JSON may have the key "constructor". */
const ownProperty = <T>(record: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;
