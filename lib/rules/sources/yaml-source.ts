import { loadYaml, type ParsedDocument, type ParsedNode } from '../../server/config/yaml-tree.js';
import type { SourceNode } from './source-tree.js';

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
  return readNode(document.contents, document);
}

function readNode(given: ParsedNode | null | undefined, document: ParsedDocument): SourceNode {
  const node = given?.resolve === undefined ? given : given.resolve(document);
  const from = node?.range?.[0] ?? 0;
  const items = node?.items;
  if (items === undefined) return { type: 'scalar', from, value: node?.value };
  const pairs = items.filter(isPair);
  if (pairs.length < items.length || items.length === 0) {
    return { type: 'list', from, items: items.map((item) => readNode(item as ParsedNode | null, document)) };
  }
  const entries = pairs.map(({ key, value }) => [String(key?.value), readNode(value, document)] as const);
  return { type: 'map', from, entries: new Map(entries) };
}

type Item = NonNullable<ParsedNode['items']>[number];

const isPair = (item: Item): item is Extract<Item, { readonly key: unknown }> => item !== null && 'key' in item;
