import { type Word, wordAt } from '../promql/expression.js';
import { isQueried, typeInName } from './data-sources.js';
import { createFound, type FoundExpression } from './found-expression.js';
import { findNode, findText, type ScalarNode, type SourceFile, type SourceNode } from './source-tree.js';

/** What is known at a place of a dashboard. */
interface Surroundings {
  readonly file: SourceFile;
  /** The types of the data sources that variables choose, by the names of the variables. */
  readonly variables: ReadonlyMap<string, string>;
  readonly title: string;
  /** The type of the data source; `undefined` where it is not known. */
  readonly source: string | undefined;
}

/**
 * Finds the expressions of Grafana's dashboards, of both schemas, and of library panels.
 *
 * Why by looking everywhere: a query stands in panels, in rows, in annotations, in elements and in library panels, and each
 * version of the schema has put it elsewhere; but everywhere it is an object with a text `expr`.
 */
export function findInDashboards(file: SourceFile): FoundExpression[] {
  return file.documents.flatMap((document) => {
    const variables = new Map(listSourceVariables(document));
    return [...walk(document, { file, variables, title: '', source: undefined })];
  });
}

function* walk(node: SourceNode, above: Surroundings): Generator<FoundExpression> {
  if (node.type === 'list') for (const item of node.items) yield* walk(item, above);
  if (node.type !== 'map') return;
  const here = { ...above, title: titleOf(node) ?? above.title, source: sourceOf(node, above) };
  const variable = findVariable(node, here);
  if (variable !== undefined) return yield* variable;
  const expression = node.entries.get('expr');
  if (isQuery(expression) && isQueried(here.source)) {
    yield createFound(here.file, expression, { title: here.title, use: 'panel', mayHaveVariables: true });
  }
  for (const [key, value] of node.entries) if (key !== 'expr') yield* walk(value, here);
}

const isQuery = (node: SourceNode | undefined): node is ScalarNode =>
  node?.type === 'scalar' && typeof node.value === 'string' && node.value.trim() !== '';

function titleOf(node: SourceNode): string | undefined {
  const title = findText(node, 'title');
  const isPanel = findNode(node, 'targets') ?? findNode(node, 'data') ?? findNode(node, 'type');
  return title === undefined || title === '' || isPanel === undefined ? undefined : `panel "${title}"`;
}

/** The type of the data source that an object names, or else of what is around it. */
function sourceOf(node: SourceNode, { variables, source }: Surroundings): string | undefined {
  const named = findText(node, 'datasource', 'type') ?? typeOfQuery(findNode(node, 'query'));
  if (named !== undefined) return named === 'datasource' || named === 'mixed' ? undefined : named;
  const reference = findText(node, 'datasource', 'uid') ?? findText(node, 'datasource');
  if (reference === undefined) return source;
  return variables.get(variableIn(reference)) ?? typeInName(reference);
}

/** The name of the variable that a reference consists of, in each way to write one; otherwise the reference. */
const variableIn = (reference: string): string =>
  reference.replace(/^(?:\$\{([\w.]+)(?::[^}]*)?\}|\$(\w+)|\[\[(\w+)(?::[^\]]*)?\]\])$/, '$1$2$3');

/** The type of the data source that a query of the newer schema is for: its versions put it in two places. */
function typeOfQuery(query: SourceNode | undefined): string | undefined {
  if (findNode(query, 'spec') === undefined) return undefined;
  const kind = findText(query, 'kind');
  return kind === 'DataQuery' ? findText(query, 'group') : kind;
}

/** The variables that choose a data source, and the inputs of an exported dashboard, with the types. */
function* listSourceVariables(document: SourceNode): Generator<[name: string, type: string]> {
  if (document.type === 'list') for (const item of document.items) yield* listSourceVariables(item);
  if (document.type !== 'map') return;
  const name = findText(document, 'name');
  const isVariable = findText(document, 'type') === 'datasource';
  const type = isVariable ? (findText(document, 'query') ?? findText(document, 'pluginId')) : undefined;
  const plugin = findText(document, 'pluginId');
  if (name !== undefined && type !== undefined) yield [name, type];
  else if (name !== undefined && plugin !== undefined) yield [name, plugin];
  for (const [key, value] of document.entries) if (key !== 'panels') yield* listSourceVariables(value);
}

/** The queries of a variable; `undefined` where the object is no variable that queries. */
function findVariable(node: SourceNode, { file, source }: Surroundings): FoundExpression[] | undefined {
  const isClassic = findText(node, 'type') === 'query' && findNode(node, 'query') !== undefined;
  const isNewer = findText(node, 'kind') === 'QueryVariable';
  if (!isClassic && !isNewer) return undefined;
  if (!isQueried(isNewer ? sourceOfNewer(node) : source)) return [];
  const title = `variable ${findText(node, 'name') ?? findText(node, 'spec', 'name') ?? ''}`;
  const places = isNewer
    ? [
        findNode(node, 'spec', 'query', 'spec', 'query'),
        findNode(node, 'spec', 'query', 'spec', '__legacyStringValue'),
        findNode(node, 'spec', 'query'),
      ]
    : [findNode(node, 'query', 'query'), findNode(node, 'query')];
  const scalar = places.find(isQuery);
  const part = scalar && readVariableQuery(String(scalar.value));
  if (scalar === undefined || part === undefined) return [];
  const { valuesOf } = part;
  const purpose = { use: 'variable', ...(valuesOf !== undefined && { valuesOf }) } as const;
  return [createFound(file, scalar, { title, ...purpose, mayHaveVariables: true }, part)];
}

const sourceOfNewer = (node: SourceNode): string | undefined =>
  findText(node, 'spec', 'datasource', 'type') ?? typeOfQuery(findNode(node, 'spec', 'query'));

/** The expression in the query of a variable, with the label whose values the variable has. */
interface VariableQuery {
  readonly text: string;
  /** Where the expression begins in the query. */
  readonly from: number;
  readonly valuesOf?: Word;
}

/**
 * Reads the query of a variable. Source: Grafana, "Template variables" of the Prometheus data source:
 * `label_values(expression, label)` and `query_result(expression)`; the other functions have no expression.
 */
function readVariableQuery(query: string): VariableQuery | undefined {
  const [, result = '', expression = ''] = /^(\s*query_result\(\s*)(.*)\)\s*$/s.exec(query) ?? [];
  if (expression !== '') return { text: expression, from: result.length };
  const [, before = '', text = '', comma = '', label = ''] =
    /^(\s*label_values\(\s*)(.*?)(\s*,\s*)([\w$:{}.[\]"]+)\s*\)\s*$/s.exec(query) ?? [];
  if (text === '') return undefined;
  const from = text.length + comma.length;
  return {
    text,
    from: before.length,
    valuesOf: wordAt({ from, to: from + label.length }, label, !/^\w+$/.test(label)),
  };
}
