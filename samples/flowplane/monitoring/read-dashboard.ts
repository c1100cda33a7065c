import { readFileSync } from 'node:fs';
import { dashboardFile } from './paths.js';

/** A panel of the dashboard file, with its queries. */
export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly w: number };
  readonly targets: readonly { readonly refId: string; readonly expr: string; readonly legendFormat: string }[];
  readonly fieldConfig: { readonly defaults: { readonly unit: string } };
}

type PanelOrRow = Panel & { readonly panels?: readonly Panel[] };

/** Reads the panels of the dashboard file, also those in closed rows. */
export function readPanels(): Panel[] {
  const { panels } = JSON.parse(readFileSync(dashboardFile, 'utf8')) as { readonly panels: readonly PanelOrRow[] };
  return panels.flatMap((panel) => (panel.type === 'row' ? (panel.panels ?? []) : [panel]));
}

/** Finds a panel by its title. */
export function readPanel(title: string): Panel {
  const found = readPanels().find((panel) => panel.title === title);
  if (found === undefined) throw new Error(`the dashboard has no panel "${title}"`);
  return found;
}

/** An expression of a panel as Grafana asks it where everything is chosen, with rates over a minute. */
export const fillVariables = (expression: string): string =>
  expression.replaceAll('$__rate_interval', '1m').replaceAll('$job', 'flowplane').replace(/\$\w+/g, '.*');
