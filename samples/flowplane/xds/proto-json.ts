import type { Enum, Field, Type } from 'protobufjs';
import { messageCalled } from './envoy-messages.js';
import { ProtoJsonError } from './proto-json-error.js';
import { scalar } from './proto-json-scalar.js';

// Why own code: protobufjs takes only its own plain objects and overlooks what it does not know, and the libraries that
// do proto3 JSON want code that was generated from the .proto files.

type Plain = Readonly<Record<string, unknown>>;

/** Encodes proto3 JSON as the protobuf message that it describes. Throws `ProtoJsonError`. */
export function encodeJson(type: Type, json: unknown): Uint8Array {
  return type.encode(type.fromObject(message(type, json, ''))).finish();
}

/** The messages that proto3 JSON writes in a way of their own. */
const wellKnown: Readonly<Record<string, (json: unknown, path: string) => Plain>> = {
  '.google.protobuf.Duration': duration,
  '.google.protobuf.Any': any,
  '.google.protobuf.Struct': (json, path) => struct(object(json, path)),
};

function message(type: Type, json: unknown, path: string): Plain {
  const special = own(wellKnown, type.fullName);
  if (special !== undefined) return special(json, path);
  if (/^\.google\.protobuf\.\w+Value$/.test(type.fullName)) {
    return { value: scalar((type.fields['value'] as Field).type, json, path) };
  }
  const seen = new Map<string, Seen>();
  const fields = Object.entries(object(json, path)).map(([key, value]): [string, unknown] => {
    const field = own(type.fields, key) ?? own(type.fields, snakeCase(key));
    const at = path === '' ? key : `${path}.${key}`;
    if (field === undefined) throw new ProtoJsonError(`"${at}" is no field of ${type.fullName.slice(1)}`);
    once(field, at, seen);
    return [field.name, content(field, value, at)];
  });
  return Object.fromEntries(fields);
}

/** A field that was there, under the name of its oneof where it is in one. */
interface Seen {
  readonly name: string;
  readonly at: string;
}

/** Throws where the field, or another one of its oneof, was there already: only one of them would count. */
function once({ name, partOf }: Field, at: string, seen: Map<string, Seen>): void {
  const key = partOf?.name ?? name;
  const earlier = seen.get(key);
  if (earlier?.name === name) throw new ProtoJsonError(`"${at}" is there twice: as "${earlier.at}", too`);
  if (earlier !== undefined) throw new ProtoJsonError(`"${at}" and "${earlier.at}" exclude each other`);
  seen.set(key, { name, at });
}

function content(field: Field, json: unknown, path: string): unknown {
  if (field.map) {
    const entries = Object.entries(object(json, path));
    return Object.fromEntries(entries.map(([key, value]) => [key, single(field, value, `${path}.${key}`)]));
  }
  if (!field.repeated) return single(field, json, path);
  if (!Array.isArray(json)) throw new ProtoJsonError(`"${path}" must be a list`);
  return json.map((item, index) => single(field, item, `${path}[${index}]`));
}

function single(field: Field, json: unknown, path: string): unknown {
  const { resolvedType } = field;
  if (resolvedType === null) return scalar(field.type, json, path);
  if ('fields' in resolvedType) return message(resolvedType, json, path);
  return enumValue(resolvedType, json, path);
}

function enumValue({ values, valuesById }: Enum, json: unknown, path: string): number {
  if (typeof json === 'string' && Object.hasOwn(values, json)) return values[json] as number;
  if (typeof json === 'number' && Object.hasOwn(valuesById, json)) return json;
  throw new ProtoJsonError(`"${path}" must be one of ${Object.keys(values).join(', ')}`);
}

/** The seconds that a `Duration` may have: about 10,000 years. */
const longest = 315_576_000_000;

function duration(json: unknown, path: string): Plain {
  const [, sign, seconds, fraction = ''] = /^(-?)(\d+)(?:\.(\d{1,9}))?s$/.exec(String(json)) ?? [];
  if (seconds === undefined || Number(seconds) > longest)
    throw new ProtoJsonError(`"${path}" must be seconds such as "0.25s"`);
  const factor = sign === '-' ? -1 : 1;
  return { seconds: factor * Number(seconds), nanos: factor * Number(fraction.padEnd(9, '0')) };
}

function any(json: unknown, path: string): Plain {
  const { '@type': typeUrl, ...rest } = object(json, path);
  const type = messageCalled(String(typeUrl).replace(/^type\.googleapis\.com\//, ''));
  if (type === undefined) throw new ProtoJsonError(`"${path}.@type" is no type that is known here`);
  return { type_url: typeUrl, value: type.encode(type.fromObject(message(type, rest, path))).finish() };
}

function struct(json: Plain): Plain {
  return { fields: Object.fromEntries(Object.entries(json).map(([key, item]) => [key, structValue(item)])) };
}

function structValue(json: unknown): Plain {
  if (json === null) return { nullValue: 0 };
  if (typeof json === 'string') return { stringValue: json };
  if (typeof json === 'number') return { numberValue: json };
  if (typeof json === 'boolean') return { boolValue: json };
  if (Array.isArray(json)) return { listValue: { values: json.map(structValue) } };
  return { structValue: struct(json as Plain) };
}

function object(json: unknown, path: string): Plain {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as Plain;
  throw new ProtoJsonError(`${path === '' ? 'the resource' : `"${path}"`} must be an object`);
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Why: JSON may well have a key called "constructor". */
const own = <T>(record: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;
