import { parseGoDuration } from './go-duration.js';
import type { YamlNode, YamlScalar } from './yaml-tree.js';

/*
 * What a scalar means to Go. Source: gopkg.in/yaml.v2 2.4.0, with which exporter-toolkit reads its files; tried against a
 * program in Go. A field has a type there, and the type decides: a text is what is written, whatever it looks like.
 */

/** What Go takes a scalar for before it looks at the type of the field. A whole number is a bigint. */
type Resolved = null | boolean | bigint | number | string;

/** The decoded value, or `undecodable`. */
export type Decoded = unknown;

/** A value that Go does not take for a field of this type. */
export const undecodable = Symbol('undecodable');

/** How the value of a field is decoded. `name` is a text of which Go has a list, and whose empty value is its default. */
export type GoType = 'text' | 'name' | 'flag' | 'whole' | 'duration' | 'texts' | 'names';

/** Decodes a value. `undefined` is the default of the field. */
export const decoders: Readonly<Record<GoType, (node: YamlNode) => Decoded>> = {
  text: scalarDecoder(textOf),
  name: scalarDecoder((scalar) => (isLeftOut(scalar) ? undefined : textOf(scalar))),
  flag: scalarDecoder((scalar) => {
    const value = resolve(scalar) ?? false;
    return typeof value === 'boolean' ? value : undecodable;
  }),
  whole: scalarDecoder((scalar) => wholeOf(resolve(scalar) ?? 0n)),
  duration: scalarDecoder((scalar) => {
    const value = resolve(scalar) ?? 0n;
    return typeof value === 'string' ? (parseGoDuration(value) ?? undecodable) : wholeOf(value);
  }),
  texts: (node) => decodeList(node, decoders.text),
  names: (node) => decodeList(node, decoders.name),
};

/** The text of a key, as a field of texts has it; `undefined` where the key is no scalar. */
export function keyOf(key: YamlNode): string | undefined {
  return key.kind === 'scalar' && resolve(key) !== undecodable ? (textOf(key) as string) : undefined;
}

/** Whether a key is `<<`, which puts the entries of another mapping in its place. */
export const isMergeKey = (key: YamlNode): boolean =>
  key.kind === 'scalar' && key.text === '<<' && (key.isPlain || key.tag === longTag('merge'));

/** Whether a value is one that Go does not show to the type of the field: not written, `~` or `null`. */
export const isLeftOut = (node: YamlNode): boolean =>
  node.kind === 'scalar' &&
  (node.tag === longTag('null') || (node.isPlain && node.tag === undefined && ['', '~', 'null'].includes(node.text)));

/** Whether a value is one of the spellings of nothing. */
export const isNull = (node: YamlNode): boolean => node.kind === 'scalar' && resolve(node) === null;

function scalarDecoder(decode: (scalar: YamlScalar) => Decoded): (node: YamlNode) => Decoded {
  return (node) => (node.kind === 'scalar' && resolve(node) !== undecodable ? decode(node) : undecodable);
}

function textOf(scalar: YamlScalar): Decoded {
  const value = resolve(scalar);
  if (value === null) return '';
  return scalar.tag === longTag('binary') ? value : scalar.text;
}

function decodeList(node: YamlNode, decode: (node: YamlNode) => Decoded): Decoded {
  if (isNull(node)) return undefined;
  if (node.kind !== 'list') return undecodable;
  const values = node.items.map(decode);
  return values.includes(undecodable) ? undecodable : values.filter((value) => value !== undefined);
}

const int64Limit = 2n ** 63n;
const uint64Limit = 2n ** 64n;

/** A number for a field of whole numbers. As in Go, what follows the point is cut off. */
function wholeOf(value: Resolved | typeof undecodable): Decoded {
  if (typeof value === 'bigint') return value < int64Limit ? Number(value) : undecodable;
  if (typeof value !== 'number' || !(value <= Number(int64Limit))) return undecodable;
  return Math.max(Math.trunc(value), -Number(int64Limit));
}

const longTag = (name: string): string => `tag:yaml.org,2002:${name}`;

/** The texts that are something else without quotation marks. */
const words: ReadonlyMap<string, Resolved> = new Map<string, Resolved>([
  ...spellings(true, ['y', 'yes', 'true', 'on']),
  ...spellings(false, ['n', 'no', 'false', 'off']),
  ...spellings(null, ['', '~', 'null']),
  ...spellings(Number.POSITIVE_INFINITY, ['.inf', '+.inf']),
  ...spellings(Number.NEGATIVE_INFINITY, ['-.inf']),
  ...(['.nan', '.NaN', '.NAN'] as const).map((word) => [word, Number.NaN] as const),
]);

/** Each word in small letters, with one capital letter, and in capital letters; no other mixture. */
function spellings(value: Resolved, all: readonly string[]): (readonly [string, Resolved])[] {
  return all.flatMap((word) => {
    const capitalized = word.replace(/[a-z]/, (letter) => letter.toUpperCase());
    return [word, capitalized, word.toUpperCase()].map((spelling) => [spelling, value] as const);
  });
}

/** What each tag allows; a tag that is not listed makes a text of whatever it stands before. */
const tags: Readonly<Record<string, (value: Resolved, text: string) => Resolved | typeof undecodable>> = {
  [longTag('str')]: (_value, text) => text,
  [longTag('null')]: (value) => (value === null ? value : undecodable),
  [longTag('bool')]: (value) => (typeof value === 'boolean' ? value : undecodable),
  [longTag('int')]: (value) => (typeof value === 'bigint' ? value : undecodable),
  [longTag('float')]: (value) => {
    if (typeof value === 'bigint' && value < int64Limit) return Number(value);
    return typeof value === 'number' ? value : undecodable;
  },
  [longTag('timestamp')]: (_value, text) => (/^\d{4}-\d{1,2}-\d{1,2}([Tt ]|$)/.test(text) ? text : undecodable),
  [longTag('binary')]: (_value, text) => fromBase64(text) ?? undecodable,
};

function resolve({ text, tag, isPlain }: YamlScalar): Resolved | typeof undecodable {
  if (tag === undefined) return isPlain ? resolvePlain(text) : text;
  const allow = tags[tag];
  return allow === undefined ? text : allow(resolvePlain(text), text);
}

function resolvePlain(text: string): Resolved {
  const word = words.get(text);
  if (word !== undefined) return word;
  if (/^\.\d/.test(text)) return floatOf(text.replace(/(?<=\d)_(?=\d)/g, '')) ?? text;
  if (!/^[-+\d]/.test(text)) return text;
  const plain = text.replaceAll('_', '');
  return wholeNumberOf(plain) ?? floatOf(plain) ?? text;
}

const floatOf = (text: string): number | undefined =>
  /^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/.test(text) && Number.isFinite(Number(text)) ? Number(text) : undefined;

/** A whole number as Go reads it: `0x1f`, `0b11`, `0o17`, and `017`, which is octal too. */
function wholeNumberOf(text: string): bigint | undefined {
  const [, sign, digits] = /^([-+]?)(0[xX][\da-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9]\d*)$/.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const value = BigInt(digits.replace(/^0(?=[0-7])/, '0o'));
  if (sign === '') return value < uint64Limit ? value : undefined;
  if (sign === '+') return value < int64Limit ? value : undefined;
  return value <= int64Limit ? -value : undefined;
}

function fromBase64(text: string): string | undefined {
  const compact = text.replace(/[\r\n]/g, '');
  const decoded = Buffer.from(compact, 'base64');
  return decoded.toString('base64') === compact ? decoded.toString('utf8') : undefined;
}
