import { wordAt } from '../promql/expression.js';
import { isQueried, typeInName } from './data-sources.js';
import { createFound, type FoundExpression } from './found-expression.js';
import {
  findNode,
  findText,
  listItems,
  positionIn,
  type ScalarNode,
  type SourceFile,
  type SourceNode,
} from './source-tree.js';

/** The kinds of Kubernetes resources whose `spec` is a rule file. */
const resourceKinds = ['PrometheusRule', 'VMRule', 'GlobalRules', 'Rules', 'ClusterRules'];

/** Finds the expressions of Prometheus' rule files, of resources that contain one, and of rules that Grafana manages. */
export const findInRules = (file: SourceFile): FoundExpression[] =>
  file.documents
    .flatMap(listGroups)
    .flatMap((group) =>
      listItems(group, 'rules').flatMap((rule) => [...findRule(file, rule), ...findGrafanaRule(file, rule)]),
    );

/** The groups of a rule file, of a resource, of a list of resources, or of what Grafana exports. */
function listGroups(document: SourceNode): readonly SourceNode[] {
  const kind = findText(document, 'kind');
  if (kind === 'List') return listItems(document, 'items').flatMap(listGroups);
  if (kind !== undefined && resourceKinds.includes(kind)) return listItems(document, 'spec', 'groups');
  return listItems(document, 'groups');
}

function findRule(file: SourceFile, rule: SourceNode): FoundExpression[] {
  const expression = findNode(rule, 'expr');
  if (expression?.type !== 'scalar' || expression.value === null || expression.value === undefined) return [];
  const record = findText(rule, 'record');
  const alert = findText(rule, 'alert') ?? '';
  const recorded = record === undefined ? undefined : { name: record, labels: listLabels(rule) };
  const found = createFound(file, expression, { ...purposeOf(alert, recorded), mayHaveVariables: false });
  return [recorded === undefined ? withNamedLabels(found, file, rule) : found];
}

/**
 * Source: Prometheus, "Template reference": the labels of an alert in its annotations and labels.
 *
 * Why not `.Labels`: inside of a `range` these are the labels of what the range goes through.
 */
const labelInTemplate = /\$labels\.([a-zA-Z_]\w*)|\bindex\s+\$labels\s+"([^"]+)"/g;

/** An alert with the labels that its texts name. The offset of each is a number behind the expression. */
function withNamedLabels(found: FoundExpression, file: SourceFile, rule: SourceNode): FoundExpression {
  const texts = ['annotations', 'labels'].flatMap((key) => listScalars(findNode(rule, key)));
  const uses = texts.flatMap((scalar) =>
    Array.from(String(scalar.value).matchAll(labelInTemplate), ({ index, 1: plain, 2: quoted }) => ({
      scalar,
      index,
      name: (plain ?? quoted) as string,
    })),
  );
  if (uses.length === 0) return found;
  const first = found.text.length + 1;
  return {
    ...found,
    named: uses.map(({ name }, i) => wordAt({ from: first + i, to: first + i + 1 }, name, false)),
    locate(offset) {
      const use = uses[offset - first];
      return use === undefined ? found.locate(offset) : positionIn(file.text, use.scalar, use.index);
    },
  };
}

const listScalars = (node: SourceNode | undefined): ScalarNode[] =>
  node?.type === 'map' ? [...node.entries.values()].filter((one) => one.type === 'scalar') : [];

/** The labels that a rule adds. */
function listLabels(rule: SourceNode): string[] {
  const added = findNode(rule, 'labels');
  return added?.type === 'map' ? [...added.entries.keys()] : [];
}

type Recorded = NonNullable<FoundExpression['record']>;

const purposeOf = (alert: string, record: Recorded | undefined) =>
  record === undefined
    ? ({ title: `alert ${alert}`, use: 'alert' } as const)
    : ({ title: `record ${record.name}`, use: 'record', record } as const);

/** The expressions of Grafana that compare the result of a query. Source: Grafana, "Expression queries". */
const comparing = ['threshold', 'classic_conditions'];

/** The queries of one rule that Grafana manages: of an alert, or of a recording rule. */
function findGrafanaRule(file: SourceFile, rule: SourceNode): FoundExpression[] {
  const queries = listItems(rule, 'data');
  const isCompared = queries.some((query) => comparing.includes(findText(query, 'model', 'type') ?? ''));
  const recorded = listRecorded(rule);
  return queries.flatMap((query) => {
    const expression = findNode(query, 'model', 'expr');
    if (expression?.type !== 'scalar' || typeof expression.value !== 'string') return [];
    if (!isQueried(sourceOfQuery(query))) return [];
    const purpose = purposeOf(findText(rule, 'title') ?? '', recorded);
    return [createFound(file, expression as ScalarNode, { ...purpose, isCompared, mayHaveVariables: true })];
  });
}

/**
 * What a recording rule of Grafana records.
 *
 * Why opaque: Grafana computes it from its queries, by expressions of its own.
 */
function listRecorded(rule: SourceNode): Recorded | undefined {
  const name = findText(rule, 'record', 'metric');
  return name === undefined ? undefined : { name, labels: listLabels(rule), isOpaque: true };
}

function sourceOfQuery(query: SourceNode): string | undefined {
  const uid = findText(query, 'datasourceUid');
  return findText(query, 'model', 'datasource', 'type') ?? (uid === undefined ? undefined : typeInName(uid));
}
