import { catalogue } from '../catalogue/catalogue.js';
import type { MetricKind } from '../families/kinds.js';
import { exporterFamilies } from '../otlp/export-metrics.js';
import { series } from '../promql/functions.js';
import { endpointFamilies } from '../server/endpoint-metrics.js';
import { selfFamilies } from '../store/self-metrics.js';
import { loopFamilies } from '../thread/loop-metrics.js';
import type { DrawnPanel, DrawnRow } from './board.js';
import { type Charted, conditionsOf, type PanelContext } from './charted.js';
import { arrangePanels, placeBesideBounds } from './class-rows.js';
import { declareSeries } from './foreign-series.js';

/** Gauges that are 1 where all is well: the worst instance counts. */
const worst = ['flowplane_metrics_collector_up', 'flowplane_metrics_web_config_last_reload_successful'];

/** Makes the row of what the library says about itself, and of what Prometheus says of the scrapes. */
export function createLibraryRow(context: PanelContext): DrawnRow {
  // Why without the prefix: the recorder does not put it before its own families.
  const own = { ...context, prefix: '' };
  return {
    title: 'Metrics library',
    isCollapsed: true,
    panels: [
      ...ofPrometheus.map((one) => createTargetPanel(one, own)),
      ...arrangePanels(placeBesideBounds(ownFamilies()), own),
    ],
  };
}

const ownFamilies = (): Charted[] => {
  const declared = catalogue([...selfFamilies, ...endpointFamilies, ...exporterFamilies, ...loopFamilies]);
  const sources = ofSources.map(([name, kind, labels, help]) => declareSeries(name, kind, labels, help).entry);
  return [...declared, ...sources].map((entry) => ({
    entry,
    // Why all: the library bounds the values of its own labels.
    by: entry.labels.map(({ name }) => name),
    ...(worst.includes(entry.name) && { mergedBy: 'min' as const }),
  }));
};

/** What an aggregator of several processes exposes about them. */
const ofSources: readonly (readonly [name: string, kind: MetricKind, labels: readonly string[], help: string])[] = [
  ['flowplane_metrics_sources', 'gauge', [], 'Processes and threads that publish'],
  ['flowplane_metrics_source_age_seconds', 'gauge', ['source'], 'Seconds since a process or thread has published'],
  ['flowplane_metrics_source_failures_total', 'counter', ['reason'], 'What was published and is not merged, by reason'],
];

interface TargetSeries {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
}

const ofPrometheus: readonly TargetSeries[] = [
  { name: 'up', title: 'Whether Prometheus can scrape each instance', unit: 'short' },
  { name: 'scrape_duration_seconds', title: 'How long Prometheus has waited for a scrape', unit: 's' },
  { name: 'scrape_samples_scraped', title: 'Samples of a scrape', unit: 'short' },
];

function createTargetPanel({ name, title, unit }: TargetSeries, context: PanelContext): DrawnPanel {
  const charted = declareSeries(name, 'gauge');
  const query = series(charted.family).where(conditionsOf(charted, context));
  return {
    key: name,
    title,
    description: `${name}, which Prometheus adds`,
    unit,
    queries: [{ expr: query, legend: '{{instance}}' }],
  };
}
