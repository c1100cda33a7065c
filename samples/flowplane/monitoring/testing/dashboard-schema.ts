import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HideableFieldConfig } from '@grafana/grafana-foundation-sdk/common';
import type {
  AnnotationQuery,
  Dashboard,
  FieldConfig,
  FieldConfigSource,
  Panel,
  RowPanel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type * as heatmap from '@grafana/grafana-foundation-sdk/heatmap';
import type * as piechart from '@grafana/grafana-foundation-sdk/piechart';
import type * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import type * as stat from '@grafana/grafana-foundation-sdk/stat';
import type * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import { createGenerator, type Schema } from 'ts-json-schema-generator';
import { sampleFolder } from '../paths.js';

/*
 * Grafana's dashboard schema leaves queries, options and legends open. These types fill them in for the panels in use.
 * Why from the types of Grafana's SDK: they are generated from the same definitions as Grafana's own schema.
 */

type Query = Omit<prometheus.Dataquery, '_implementsDataqueryVariant'>;

type Fields<Custom> = Omit<FieldConfigSource, 'defaults'> & {
  defaults: Omit<FieldConfig, 'unit' | 'custom'> & { unit: string; custom?: Custom };
};

type PanelOf<Type extends string, Options, Custom> = Omit<Panel, 'type' | 'targets' | 'options' | 'fieldConfig'> & {
  type: Type;
  targets: Query[];
  options: Options;
  fieldConfig: Fields<Custom>;
};

type KnownPanel =
  | PanelOf<'timeseries', timeseries.Options, timeseries.FieldConfig>
  | PanelOf<'stat', stat.Options, HideableFieldConfig>
  | PanelOf<'piechart', piechart.Options, piechart.FieldConfig>
  | PanelOf<'heatmap', heatmap.Options, heatmap.FieldConfig>;

/** A valid dashboard file. */
export type DashboardJson = Omit<Dashboard, 'annotations' | 'panels'> & {
  annotations: { list?: (Omit<AnnotationQuery, 'target'> & { target: Query })[] };
  panels: (KnownPanel | (Omit<RowPanel, 'panels'> & { panels?: KnownPanel[] }))[];
};

/** The JSON schema of `DashboardJson`. */
export function dashboardSchema(): Schema {
  const path = fileURLToPath(import.meta.url)
    .replace('/dist/', '/')
    .replace(/\.js$/, '.ts');
  return createGenerator({
    path,
    tsconfig: join(sampleFolder, 'tsconfig.json'),
    type: 'DashboardJson',
    // Why: several of these types share a name, and exposed definitions must have different names.
    expose: 'none',
    skipTypeCheck: true,
  }).createSchema('DashboardJson');
}
