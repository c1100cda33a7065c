import { exportsOf, type PeerUse, peerError } from '../../peers.js';

/** A node of a YAML document, as it is written. An alias is the node that it names. */
export type YamlNode = YamlScalar | YamlList | YamlMapping;

/** A scalar by its source text: nothing has decided yet whether it is a number, a date or a text. */
export interface YamlScalar {
  readonly kind: 'scalar';
  readonly line: number;
  readonly text: string;
  /** Whether it is written without quotation marks and without a tag, so that its text says what it is. */
  readonly isPlain: boolean;
  /** The tag in its long form, such as `tag:yaml.org,2002:int`. */
  readonly tag: string | undefined;
}

export interface YamlList {
  readonly kind: 'list';
  readonly line: number;
  readonly items: readonly YamlNode[];
}

export interface YamlMapping {
  readonly kind: 'mapping';
  readonly line: number;
  readonly entries: readonly (readonly [key: YamlNode, value: YamlNode])[];
}

/** The first document of a file, as Go reads it. */
export interface YamlFile {
  /** `undefined` where the file is empty. */
  readonly root: YamlNode | undefined;
  /** Whether more documents follow, which nothing reads. */
  readonly hasMore: boolean;
}

/** The text is not YAML. */
export class YamlError extends Error {
  readonly line: number;

  constructor(line: number, message: string, options?: ErrorOptions) {
    super(message, options);
    this.line = line;
  }
}

/**
 * Parses a text by the package `yaml`, version 1 or 2.
 *
 * @throws YamlError where the text is not YAML.
 */
export function parseYaml(text: string, parser: YamlParser): YamlFile {
  // Why: a parser counts the breaks of lines in its own way; here there is only one kind of them.
  const source = text.replace(/\r\n?/g, '\n');
  refuseControlCharacters(source);
  try {
    return readDocument(source, parser);
  } catch (cause) {
    if (cause instanceof YamlError) throw cause;
    // Why: the parser calls itself for each level, and thousands of brackets end its stack.
    throw new YamlError(1, (cause as Error).message, { cause });
  }
}

/**
 * Why: Go refuses them, and the package does not. A file that was being written when the machine lost power has them.
 *
 * Source: YAML 1.1, section 5.1.
 */
function refuseControlCharacters(source: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  const at = source.search(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/);
  if (at === -1) return;
  throw new YamlError(source.slice(0, at).split('\n').length, 'it has a control character');
}

/*
 * Why failsafe: every scalar stays the text that it is; Go's rules for what it means stand in `go-yaml.ts`.
 * Why no merge and no unique keys: Go has rules of its own for both.
 */
const parserOptions = {
  version: '1.1',
  schema: 'failsafe',
  merge: false,
  prettyErrors: true,
  resolveKnownTags: false,
  uniqueKeys: false,
};

/** The parts of the package that are used. Version 1 has no `isMap`: its collections have types. */
export interface YamlParser {
  parseDocument(text: string, options: object): ParsedDocument;
  stringify(value: unknown, options: object): string;
  parseAllDocuments(text: string): readonly ParsedDocument[];
  readonly isMap?: (node: ParsedNode) => boolean;
}

const isTypedMapping = ({ type }: ParsedNode): boolean => type === 'MAP' || type === 'FLOW_MAP';

/** The parts of a parsed document that are the same in the versions 1 and 2 of the package, or are told apart here. */
export interface ParsedDocument {
  readonly contents: ParsedNode | null;
  readonly errors: readonly ParseError[];
  /** The version in a directive `%YAML`: in the first place by version 1 of the package, in the second by version 2. */
  readonly version?: string | undefined;
  readonly directives?: { readonly yaml?: { readonly version?: string } };
}

export interface ParsedNode {
  readonly type?: string;
  readonly range?: readonly number[] | null;
  readonly tag?: string;
  readonly value?: unknown;
  readonly items?: readonly (ParsedNode | ParsedPair | null)[];
  /** Of an alias: the node that it names in version 1, the name in version 2. */
  readonly source?: unknown;
  /** Of an alias in version 2. */
  resolve?(document: ParsedDocument): ParsedNode | undefined;
}

interface ParsedPair {
  readonly key: ParsedNode | null;
  readonly value: ParsedNode | null;
}

interface ParseError {
  readonly message: string;
  readonly linePos?: { readonly start: { readonly line: number } } | readonly { readonly line: number }[] | null;
}

const severalDocuments = 'Source contains multiple documents';
const repeatedKey = 'Map keys must be unique';

function readDocument(source: string, { parseDocument, isMap }: YamlParser): YamlFile {
  const document = parseDocument(source, parserOptions);
  const faults = document.errors.filter(({ message }) => !message.startsWith(repeatedKey));
  // Why only the first: the others, which may be hundreds, mostly follow from it.
  const error = faults.find(({ message }) => !message.startsWith(severalDocuments));
  if (error !== undefined) throw new YamlError(lineOfError(error), firstSentence(error.message));
  const version = document.version ?? document.directives?.yaml?.version ?? '1.1';
  if (version !== '1.1') throw new YamlError(1, `exporters read version 1.1, and it says ${version}`);
  const isMapping = isMap ?? isTypedMapping;
  const reader = new TreeReader(source, document, isMapping);
  const isEmpty = document.contents === null;
  return { root: isEmpty ? undefined : reader.read(document.contents, 1), hasMore: faults.length > 0 };
}

const lineOfError = ({ linePos }: ParseError): number =>
  (linePos && ('start' in linePos ? linePos.start : linePos[0])?.line) || 1;

const firstSentence = (message: string): string => (message.split('\n')[0] as string).replace(/ at line .*$/, '');

/** Turns the nodes of the parser into nodes without a version. */
class TreeReader {
  readonly #document: ParsedDocument;
  readonly #isMapping: (node: ParsedNode) => boolean;
  readonly #lineStarts: readonly number[];
  readonly #read = new Map<ParsedNode, YamlNode | 'being read'>();

  constructor(source: string, document: ParsedDocument, isMapping: (node: ParsedNode) => boolean) {
    this.#document = document;
    this.#isMapping = isMapping;
    this.#lineStarts = [0, ...[...source.matchAll(/\n/g)].map(({ index }) => index + 1)];
  }

  /** @param line the line of what is around a node that is not written, such as the value of `key:`. */
  read(parsed: ParsedNode | null, line: number): YamlNode {
    if (parsed === null) return { kind: 'scalar', line, text: '', isPlain: true, tag: undefined };
    const known = this.#read.get(parsed);
    if (known === 'being read') throw new YamlError(line, 'an anchor contains itself');
    // Why kept: a node with an anchor may be named thousands of times.
    if (known !== undefined) return known;
    this.#read.set(parsed, 'being read');
    const node = this.#readNew(parsed, this.#lineOf(parsed) ?? line);
    this.#read.set(parsed, node);
    return node;
  }

  #readNew(parsed: ParsedNode, line: number): YamlNode {
    if (isAlias(parsed)) return this.read(this.#target(parsed, line), line);
    const { items, type, tag, value } = parsed;
    if (items === undefined) {
      const isPlain = (type === 'PLAIN' && tag === undefined) || tag === '!';
      return { kind: 'scalar', line, text: String(value ?? ''), isPlain, tag };
    }
    if (this.#isMapping(parsed)) {
      return { kind: 'mapping', line, entries: items.map((item) => this.#entry(item as ParsedPair, line)) };
    }
    return { kind: 'list', line, items: items.map((item) => this.#item(item, line)) };
  }

  #entry({ key, value }: ParsedPair, line: number): readonly [YamlNode, YamlNode] {
    const name = this.read(key, line);
    return [name, this.read(value, name.line)];
  }

  /** An item of a list; version 1 gives the mapping of one entry in `[a: 1]` as that entry. */
  #item(item: ParsedNode | ParsedPair | null, line: number): YamlNode {
    if (item === null || !('key' in item)) return this.read(item, line);
    return { kind: 'mapping', line, entries: [this.#entry(item, line)] };
  }

  #target(alias: ParsedNode, line: number): ParsedNode {
    const target = alias.resolve === undefined ? (alias.source as ParsedNode) : alias.resolve(this.#document);
    if (target === undefined) throw new YamlError(line, `no anchor before it has the name "${String(alias.source)}"`);
    return target;
  }

  #lineOf({ range }: ParsedNode): number | undefined {
    if (!range) return undefined;
    const start = range[0] as number;
    let [first, last] = [0, this.#lineStarts.length];
    while (last - first > 1) {
      const middle = (first + last) >> 1;
      if ((this.#lineStarts[middle] as number) <= start) first = middle;
      else last = middle;
    }
    return last;
  }
}

const isAlias = ({ type, resolve }: ParsedNode): boolean => type === 'ALIAS' || typeof resolve === 'function';

/**
 * Loads the package.
 *
 * Why here: it is an optional peer, and a file is read asynchronously anyway.
 *
 * @throws MetricsError `missing_peer` where it is not installed.
 */
export async function loadYaml(site = 'MetricsServer', purpose = 'to read a web-config.yml'): Promise<YamlParser> {
  try {
    return exportsOf((await import('yaml')) as object) as YamlParser;
  } catch (cause) {
    const peer: PeerUse = { packages: ['yaml'], purpose, install: 'yaml' };
    throw peerError(site, peer, cause);
  }
}
