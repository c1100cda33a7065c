import type { WatchedFiles } from '../../access/watched-files.js';
import { formatValue, MetricsError, type Problem, refuseIfAny } from '../../error.js';
import type { Unchecked } from '../../validation.js';
import { FieldProblems, type Path } from './field-problems.js';
import { decoders, isMergeKey, isNull, keyOf, undecodable } from './go-yaml.js';
import { type CheckedWebConfig, checkWebConfig, mustBeMapping, unknownField } from './web-config.js';
import { type Field, isSection, type Section, webConfigSections } from './web-config-fields.js';
import {
  loadYaml,
  parseYaml,
  YamlError,
  type YamlFile,
  type YamlMapping,
  type YamlNode,
  type YamlParser,
} from './yaml-tree.js';

/**
 * Reads a `web-config.yml`, the file that every exporter of Prometheus takes, as Go reads it.
 *
 * @throws MetricsError with everything that is wrong in it, each with its line; `missing_peer` without the package `yaml`.
 */
export async function readWebConfig(path: string, files: WatchedFiles): Promise<CheckedWebConfig> {
  const text = await files.read(path, 'webConfigFile');
  return decodeWebConfig(path, text, await loadYaml());
}

/** @throws MetricsError with everything that is wrong in the text, each with its line. */
export function decodeWebConfig(path: string, text: string, parser: YamlParser): CheckedWebConfig {
  const { root, hasMore } = parseFile(path, text, parser);
  const decoder = new Decoder(path);
  const given = root === undefined || isNull(root) ? {} : decoder.file(root);
  if (hasMore && Object.keys(given).length === 0) decoder.problems.add([], emptyBeforeOthers);
  const checked = checkWebConfig(given, 'file', decoder.problems);
  refuseIfAny(path, decoder.problems.list(decoder.lineOf));
  const ofFile = [...(hasMore ? [othersFollow] : []), ...(Object.keys(given).length === 0 ? [noSection] : [])];
  const remarks = [...checked.remarks, ...ofFile.map((remark) => `line 1: "${path}" ${remark}`)];
  return { ...checked, remarks: remarks.map((remark) => `${path}: ${remark}`) };
}

const emptyBeforeOthers =
  'must not be empty in its first document (given several): no other is read, and every client would be let in. Put all sections into one.';
const othersFollow = 'has several documents (given "---" between them), and only the first is read. Put all into one.';
const noSection =
  'protects nothing (given no section), so that every client is let in. Write its sections, or leave the file out.';

function parseFile(path: string, text: string, parser: YamlParser): YamlFile {
  try {
    return parseYaml(text, parser);
  } catch (cause) {
    if (!(cause instanceof YamlError)) throw cause;
    const message = `line ${cause.line}: "${path}" is not YAML (${cause.message}). Correct it.`;
    const problem: Problem = { code: 'illegal_option', message };
    throw new MetricsError(path, [problem], { cause });
  }
}

/** How many entries are looked at. Why a limit: a merge of merges of merges has millions of them in a few lines. */
const maxEntries = 10_000;

/** The decoded fields of a section: a section inside is a map too, and `null` is what Go takes for nothing. */
type Values = Map<string, unknown>;

/** Decodes the values of a file by the types of their fields. */
class Decoder {
  readonly problems: FieldProblems;
  readonly #lines = new Map<string, number>();
  #entries = 0;

  constructor(file: string) {
    this.problems = new FieldProblems((path) => `line ${this.lineOf(path)}: "${path.join('.') || file}"`);
  }

  /** The line of a field's name, or of the nearest section around it. */
  readonly lineOf = (path: Path): number => {
    const lengths = Array.from({ length: path.length + 1 }, (_, i) => path.length - i);
    return lengths.map((length) => this.#lines.get(keyOfPath(path.slice(0, length)))).find(Boolean) ?? 1;
  };

  /** Returns the fields of the file. */
  file(root: YamlNode): Unchecked {
    this.#lines.set(keyOfPath([]), root.line);
    return toObject(this.#section([], root, { fields: webConfigSections }, new Map()));
  }

  /** @param values what an earlier entry of the same section has brought, as a merge can. */
  #section(path: Path, node: YamlNode, section: Section, values: Values): Values {
    if (node.kind === 'mapping') this.#mapping(path, node, section, values);
    else this.problems.add(path, mustBeMapping(describe(node)));
    return values;
  }

  #mapping(path: Path, { entries }: YamlMapping, section: Section, values: Values): void {
    // Why: in Go an entry may replace a field that was merged in, or the other way round, but never an entry of a map.
    const taken = section.isMap ? values : new Map<string, unknown>();
    for (const [key, value] of entries) {
      if (this.#entries++ >= maxEntries) {
        this.problems.add([], `has more than ${maxEntries} entries (given merges of merges). Write them out.`);
        return;
      }
      if (isMergeKey(key)) {
        this.#merge(path, value, section, values);
        continue;
      }
      const name = keyOf(key);
      if (name === undefined) {
        this.problems.add(path, `has a name that is no text (given ${describe(key)}). Correct or remove it.`);
        continue;
      }
      const at = [...path, name];
      this.#lines.set(keyOfPath(at), key.line);
      if (taken.has(name)) {
        this.problems.add(at, 'is given twice (given one name for two entries). Keep one of the two.');
        continue;
      }
      const decoded = this.#field(at, value, section, values.get(name));
      values.set(name, decoded);
      taken.set(name, decoded);
    }
  }

  #merge(path: Path, value: YamlNode, section: Section, values: Values): void {
    // Why backwards: the first of several mappings wins.
    const merged = value.kind === 'list' ? [...value.items].reverse() : [value];
    for (const mapping of merged) {
      if (mapping.kind === 'mapping') this.#mapping(path, mapping, section, values);
      else this.problems.add(path, `has "<<" before ${describe(mapping)}. Write a mapping there, or a list of them.`);
    }
  }

  #field(path: Path, value: YamlNode, { fields, everyName }: Section, earlier: unknown): unknown {
    const name = path.at(-1) as string;
    const field = everyName ?? (Object.hasOwn(fields, name) ? fields[name] : undefined);
    if (field === undefined) {
      this.problems.add(path, unknownField(fields), 'unknown_option');
      return undefined;
    }
    if (!isSection(field)) return this.#value(path, value, field);
    if (isNull(value)) return null;
    return this.#section(path, value, field, earlier instanceof Map ? earlier : new Map());
  }

  #value(path: Path, value: YamlNode, { type, must, isSecret }: Field): unknown {
    const decoded = decoders[type](value);
    if (decoded !== undecodable) return decoded ?? null;
    // Why: to Go a number or a flag in quotation marks is a text.
    const isQuoted = value.kind === 'scalar' && !value.isPlain && value.tag === undefined && value.text !== '';
    const remedy = isQuoted ? 'Write it without quotation marks' : 'Correct or remove it';
    this.problems.add(path, `must ${must} (given ${isSecret ? 'something else' : describe(value)}). ${remedy}.`);
    return undefined;
  }
}

const keyOfPath = (path: Path): string => JSON.stringify(path);

const toObject = (values: Values): Unchecked =>
  Object.fromEntries([...values].map(([name, value]) => [name, value instanceof Map ? toObject(value) : value]));

const describe = (node: YamlNode): string => formatValue(plainValue(node));

function plainValue(node: YamlNode): unknown {
  if (node.kind === 'scalar') return node.text;
  return node.kind === 'list' ? node.items.slice(0, 10).map(plainValue) : node;
}
