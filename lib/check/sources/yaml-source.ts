import { loadYaml, type ParsedDocument, type ParsedNode } from '../../server/config/yaml-tree.js';
import type { MapNode, SourceNode } from './source-tree.js';

/** Reads the documents of a text of YAML. */
export type YamlReader = (text: string) => readonly SourceNode[];

/**
 * Loads the package that reads YAML.
 *
 * @throws MetricsError `missing_peer` where it is not installed.
 */
export async function loadYamlReader(): Promise<YamlReader> {
  const parser = await loadYaml('check', 'to read rule files');
  return (text) => parser.parseAllDocuments(text).map(readDocument);
}

/** @throws Error where a document is no YAML. */
function readDocument(document: ParsedDocument): SourceNode {
  const [error] = document.errors;
  if (error !== undefined) throw new Error(error.message.split('\n')[0]?.replace(/:$/, ''));
  return new TreeReader(document).read(document.contents);
}

/** Why a bound: an alias may name aliases, so that a short text stands for more values than there is memory for. */
const maxNodes = 1_000_000;

/** Turns the nodes of the parser into nodes with their places. */
class TreeReader {
  readonly #document: ParsedDocument;
  /** Why kept: the parser goes through the whole document to find what an alias names. */
  readonly #targets = new Map<ParsedNode, ParsedNode | undefined>();
  readonly #open = new Set<ParsedNode>();
  #size = 0;

  constructor(document: ParsedDocument) {
    this.#document = document;
  }

  read(given: ParsedNode | null | undefined): SourceNode {
    if (++this.#size > maxNodes) throw new Error(`its aliases make more than ${maxNodes} values of it`);
    const node = given?.resolve === undefined ? given : this.#find(given);
    const from = node?.range?.[0] ?? 0;
    if (node?.items === undefined) return { type: 'scalar', from, value: node?.value };
    if (this.#open.has(node)) throw new Error('an anchor contains itself');
    this.#open.add(node);
    const read = this.#readItems(node.items, from);
    this.#open.delete(node);
    return read;
  }

  #readItems(items: readonly Item[], from: number): SourceNode {
    const pairs = items.filter(isPair);
    if (pairs.length < items.length || items.length === 0) {
      return { type: 'list', from, items: items.map((item) => this.read(item as ParsedNode | null)) };
    }
    const entries = pairs.map(({ key, value }) => [String(key?.value), this.read(value)] as const);
    const merged = entries.filter(([key]) => key === mergeKey).flatMap(([, value]) => listMaps(value));
    const own = entries.filter(([key]) => key !== mergeKey);
    // Why reversed: of several that are merged, the first of a name counts.
    return { type: 'map', from, entries: new Map([...merged.reverse().flatMap((one) => [...one.entries]), ...own]) };
  }

  #find(alias: ParsedNode): ParsedNode | undefined {
    if (!this.#targets.has(alias)) this.#targets.set(alias, alias.resolve?.(this.#document));
    return this.#targets.get(alias);
  }
}

/** The key whose value is one mapping, or a list of them, that stand for all that they have. Source: YAML 1.1, "Merge key". */
const mergeKey = '<<';

const listMaps = (node: SourceNode): MapNode[] => {
  if (node.type === 'map') return [node];
  return node.type === 'list' ? node.items.flatMap(listMaps) : [];
};

type Item = NonNullable<ParsedNode['items']>[number];

const isPair = (item: Item): item is Extract<Item, { readonly key: unknown }> => item !== null && 'key' in item;
