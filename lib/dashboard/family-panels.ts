import type { CatalogueEntry } from '../catalogue/catalogue.js';
import type { MetricKind } from '../families/kinds.js';
import { rate, series } from '../promql/functions.js';
import type { DrawnPanel, PanelQuery } from './board.js';
import {
  type Charted,
  conditionsOf,
  headPanel,
  legendOf,
  namesOf,
  type PanelContext,
  type Query,
  rateWindow,
  toFamily,
} from './charted.js';
import { isOwnName } from './grouping.js';
import { createHistogramPanels } from './histogram-panels.js';
import { unitOf } from './units.js';

/** Makes the panels of a family by its kind. */
export const createPanels = (charted: Charted, context: PanelContext): DrawnPanel[] =>
  panelsOfKind[charted.entry.kind](charted, context);

const panelsOfKind: Readonly<Record<MetricKind, (charted: Charted, context: PanelContext) => DrawnPanel[]>> = {
  counter: (charted, context) => [createRatePanel(charted, context)],
  gauge: (charted, context) => [createValuePanel(charted, context)],
  histogram: createHistogramPanels,
};

function createRatePanel(charted: Charted, context: PanelContext): DrawnPanel {
  const { entry, by } = charted;
  const all = series(toFamily(charted, 'counter'), namesOf(context));
  const query = rate(all, rateWindow)
    .where(conditionsOf(charted, context))
    .sumBy(...by);
  return {
    ...headPanel(charted, context, 'per second'),
    unit: unitOf(entry).rate,
    queries: [{ expr: query, legend: legendOf(by) || 'all' }],
    // Why by the name: OpenMetrics has no place for the exemplars of other counters.
    hasExemplars: entry.name.endsWith('_total'),
  };
}

function createValuePanel(given: Charted, context: PanelContext): DrawnPanel {
  const charted = splitByInstance(given);
  const { entry, bound, by } = charted;
  const { value, factor } = unitOf(entry);
  const head = { ...headPanel(charted, context), unit: value, type: factor === 1 ? 'timeseries' : 'stat' } as const;
  const now = { expr: scale(mergeSeries(charted, context), factor), legend: legendOf(by) || 'now' };
  if (bound === undefined) return { ...head, queries: [now] };
  return { ...head, queries: [now, createBoundQuery(charted, bound, context)], hasBound: true };
}

/** Draws each instance where the declaration says that their values are not to be merged. */
const splitByInstance = (charted: Charted): Charted =>
  charted.entry.aggregator?.endsWith('all') ? { ...charted, by: [...charted.by, 'instance'] } : charted;

/** Why merged as the gauge is: three instances that may each have ten calls in flight may have thirty. */
function createBoundQuery(charted: Charted, bound: CatalogueEntry, context: PanelContext): PanelQuery {
  const by = bound.labels.map(({ name }) => name).filter((label) => charted.by.includes(label));
  const mergedBy = operationOf(bound.aggregator === undefined ? charted.entry : bound);
  return { expr: mergeSeries({ ...charted, mergedBy, entry: bound, by }, context), legend: legendOf(by, 'at most') };
}

const scale = (query: Query, factor: number): Query => (factor === 1 ? query : query.times(factor));

/**
 * Makes one value of what the instances say, and then of the labels that are not drawn.
 *
 * Why in two steps: the instances of a service mostly say the same, such as what a database has, and the values of a label
 * are parts of a whole, unless the unit cannot be added up.
 */
function mergeSeries(charted: Charted, context: PanelContext): Query {
  const { entry, by } = charted;
  const all: Query = series(toFamily(charted, 'gauge'), namesOf(context)).where(conditionsOf(charted, context));
  const operation = charted.mergedBy ?? operationOf(entry);
  if (operation === 'sum') return all.sumBy(...by);
  const merge = (labels: readonly string[]) => (operation === 'min' ? all.minBy(...labels) : all.maxBy(...labels));
  const labels = entry.labels.map(({ name }) => name).filter(isOwnName);
  const isWhole = labels.every((label) => by.includes(label));
  // Why the set: an instance that is drawn by itself is none of the family's own labels.
  return isWhole || !unitOf(entry).isAdditive ? merge(by) : merge([...new Set([...labels, ...by])]).sumBy(...by);
}

/** How the values of several instances become one, by the word of the declaration. */
function operationOf({ aggregator = 'livemax' }: CatalogueEntry): 'sum' | 'min' | 'max' {
  if (aggregator.endsWith('sum')) return 'sum';
  return aggregator.endsWith('min') ? 'min' : 'max';
}
