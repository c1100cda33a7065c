import type { Examination } from '../examination.js';
import { addLabels, anyLabels, dropLabels, keepLabels, type LabelNames, noLabels } from '../label-names.js';
import type { Aggregation } from '../promql/expression.js';
import { anyShape, computedFrom, type Shape } from '../shape.js';
import type { Argument } from './functions.js';
import { checkLabel } from './selectors.js';

/** The aggregations that choose series, and leave their labels. */
const choosing = ['topk', 'bottomk', 'limitk', 'limit_ratio'];
/** The aggregations whose values are what the values of the series are. */
const preserving = ['sum', 'max', 'min', 'avg', ...choosing];

/** Checks the labels of an aggregation; gives what is known of its result. */
export function examineAggregation(
  aggregation: Aggregation,
  args: readonly Argument[],
  examination: Examination,
): Shape {
  const shape = args.at(-1)?.shape ?? anyShape;
  const { name, grouping } = aggregation;
  for (const label of grouping?.labels ?? []) checkLabel(label, shape, examination);
  const isKept = preserving.includes(name.text) && !name.isVariable;
  const labels = choosing.includes(name.text) ? shape.labels : listLabels(aggregation, args, shape.labels);
  const values = isKept
    ? { ...shape, isSum: name.text === 'sum' }
    : computedFrom(shape, name.isVariable ? 'unknown' : 'gauge');
  const fixed = new Map([...shape.fixed].filter(([label]) => labels.possible.has(label)));
  return { ...values, labels, fixed, isScalar: false };
}

function listLabels({ name, grouping }: Aggregation, args: readonly Argument[], of: LabelNames): LabelNames {
  const added = name.text === 'count_values' ? args[0]?.expression : undefined;
  if (added?.type === 'text') return addLabels(group(grouping, of), [added.value.text]);
  return group(grouping, of);
}

function group(grouping: Aggregation['grouping'], of: LabelNames): LabelNames {
  if (grouping === undefined) return noLabels;
  if (grouping.labels.some(({ isVariable }) => isVariable)) return anyLabels;
  const labels = grouping.labels.map(({ text }) => text);
  return grouping.keeps ? keepLabels(of, labels) : dropLabels(of, labels);
}
