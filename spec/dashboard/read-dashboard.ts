import type { CatalogueEntry } from '../../lib/catalogue/catalogue.js';
import { createDashboard, type DashboardOptions } from '../../lib/dashboard/index.js';

export interface ReadTarget {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat: string;
  readonly exemplar?: boolean;
  readonly format?: string;
}

export interface ReadPanel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly collapsed?: boolean;
  readonly panels?: readonly ReadPanel[];
  readonly targets: readonly ReadTarget[];
  readonly datasource: { readonly type: string; readonly uid: string };
  readonly fieldConfig: {
    readonly defaults: { readonly unit: string; readonly thresholds?: { readonly steps: readonly object[] } };
    readonly overrides: readonly object[];
  };
}

export interface ReadVariable {
  readonly name: string;
  readonly type: string;
  readonly query: string;
  readonly allValue?: string;
  readonly multi?: boolean;
}

export interface ReadDashboard {
  readonly title: string;
  readonly uid: string;
  readonly refresh: string;
  readonly panels: readonly ReadPanel[];
  readonly templating: { readonly list: readonly ReadVariable[] };
  readonly annotations: {
    readonly list: readonly { readonly name: string; readonly enable: boolean; readonly target: ReadTarget }[];
  };
}

/** A dashboard as Grafana reads it. */
export const readDashboard = async (
  entries: readonly CatalogueEntry[],
  options?: DashboardOptions,
): Promise<ReadDashboard> => JSON.parse(JSON.stringify(await createDashboard(entries, options))) as ReadDashboard;

/** The panels of each row, by its title, whether it is closed or open. */
export function listRows({ panels }: ReadDashboard): Map<string, readonly ReadPanel[]> {
  const rows = new Map<string, ReadPanel[]>();
  let last: ReadPanel[] = [];
  for (const panel of panels) {
    if (panel.type === 'row') {
      last = [...(panel.panels ?? [])];
      rows.set(panel.title, last);
    } else last.push(panel);
  }
  return rows;
}

/** All panels that draw something. */
export const listPanels = (dashboard: ReadDashboard): ReadPanel[] => [...listRows(dashboard).values()].flat();

/** Parts of the library, and how the descriptions of the panels about them begin: one service does not use them all. */
export const partsOfLibrary = {
  'exports over OTLP': /^flowplane_metrics_otlp_/,
  'a metrics thread and the event loop that it watches': /^flowplane_metrics_(?:event_loop|thread|scrapes_incomplete)_/,
  'processes and threads whose metrics are merged': /^flowplane_metrics_sources?(?:_|,|$)/,
} as const;

/** An expression with the values that Grafana gives its variables where everything is chosen. */
export const fillVariables = (expression: string): string =>
  expression.replaceAll('$__rate_interval', '5s').replaceAll('$job', 'shop').replace(/\$\w+/g, '.*');
