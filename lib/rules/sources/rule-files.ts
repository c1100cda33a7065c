import { createFound, type FoundExpression } from './found-expression.js';
import { findNode, findText, listItems, type ScalarNode, type SourceFile, type SourceNode } from './source-tree.js';

/** The kinds of Kubernetes resources whose `spec` is a rule file. */
const resourceKinds = ['PrometheusRule', 'VMRule', 'GlobalRules', 'Rules', 'ClusterRules'];

/** Finds the expressions of Prometheus' rule files, of resources that contain one, and of alerts that Grafana manages. */
export const findInRules = (file: SourceFile): FoundExpression[] =>
  file.documents
    .flatMap(listGroups)
    .flatMap((group) =>
      listItems(group, 'rules').flatMap((rule) => [...findRule(file, rule), ...findGrafanaAlert(file, rule)]),
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
  const added = findNode(rule, 'labels');
  const labels = added?.type === 'map' ? [...added.entries.keys()] : [];
  return [
    record === undefined
      ? createFound(file, expression, { title: `alert ${alert}`, use: 'alert', mayHaveVariables: false })
      : createFound(file, expression, {
          title: `record ${record}`,
          use: 'record',
          mayHaveVariables: false,
          record: { name: record, labels },
        }),
  ];
}

/** The expressions of Grafana that compare the result of a query. Source: Grafana, "Expression queries". */
const comparing = ['threshold', 'classic_conditions'];

/** The queries of one alert that Grafana manages. */
function findGrafanaAlert(file: SourceFile, rule: SourceNode): FoundExpression[] {
  const queries = listItems(rule, 'data');
  const models = queries.map((query) => findNode(query, 'model'));
  const isCompared = models.some((model) => comparing.includes(findText(model, 'type') ?? ''));
  const title = `alert ${findText(rule, 'title') ?? ''}`;
  return models.flatMap((model) => {
    const expression = findNode(model, 'expr');
    const type = findText(model, 'datasource', 'type');
    if (expression?.type !== 'scalar' || typeof expression.value !== 'string') return [];
    if (type !== undefined && type !== 'prometheus') return [];
    return [createFound(file, expression as ScalarNode, { title, use: 'alert', isCompared, mayHaveVariables: true })];
  });
}
