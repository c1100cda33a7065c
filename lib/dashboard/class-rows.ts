import type { CatalogueEntry } from '../catalogue/catalogue.js';
import type { DrawnPanel, DrawnRow } from './board.js';
import type { Charted, PanelContext } from './charted.js';
import { createPanels } from './family-panels.js';
import { chooseGrouping } from './grouping.js';
import { toTitle } from './panel-text.js';

const byHand = 'Recorded by hand';
const bySeveral = 'Several classes';

/** Makes a row for each class that feeds families, by its name, and then one for the families of several, and of none. */
export function createClassRows(entries: readonly CatalogueEntry[], context: PanelContext): DrawnRow[] {
  const rows = new Map<string, Charted[]>();
  for (const charted of placeBesideBounds(entries.map((entry) => ({ entry, by: chooseGrouping(entry) })))) {
    const title = nameRow(charted.entry);
    rows.set(title, [...(rows.get(title) ?? []), charted]);
  }
  const last = [bySeveral, byHand];
  const titles = [...rows.keys()].filter((title) => !last.includes(title)).sort();
  return [...titles, ...last.filter((title) => rows.has(title))].map((title) => ({
    title: toTitle(title),
    panels: arrangePanels(rows.get(title) ?? [], context),
  }));
}

/** Makes the panels of a row: the single ones first, because the three of a histogram take a line. */
export function arrangePanels(charted: readonly Charted[], context: PanelContext): DrawnPanel[] {
  const panels = charted.map((one) => createPanels(one, context));
  return [...panels.filter(({ length }) => length === 1), ...panels.filter(({ length }) => length > 1)].flat();
}

/** Draws a gauge and its bound in one panel, instead of each in its own. */
export function placeBesideBounds(charted: readonly Charted[]): Charted[] {
  const bounds = new Map(charted.map((one) => [one, findBound(one.entry, charted)]));
  const drawnBeside = new Set(bounds.values());
  return charted
    .filter(({ entry }) => !drawnBeside.has(entry))
    .map((one) => {
      const bound = bounds.get(one);
      return bound === undefined ? one : { ...one, bound };
    });
}

function nameRow({ fedBy }: CatalogueEntry): string {
  const classes = new Set(fedBy.map(nameClass));
  const [first = byHand] = classes;
  return classes.size > 1 ? bySeveral : first;
}

/** The class, or the function, in the name of a place: `@Gauge on ClusterService.list`. */
const nameClass = (site: string): string => site.replace(/^@\w+ on /, '').replace(/\.[^.]*$/, '');

/** What a name may end in that is the bound of another gauge. */
const boundSuffixes = ['_limit', '_max'];

/** Finds the gauge that is the bound of this one, by its name: `jobs_in_flight_limit` or `jobs_max` of `jobs_in_flight`. */
function findBound({ name, kind }: CatalogueEntry, all: readonly Charted[]): CatalogueEntry | undefined {
  if (kind !== 'gauge' || boundSuffixes.some((suffix) => name.endsWith(suffix))) return undefined;
  const names = [name, name.replace(/_in_flight$/, '')].flatMap((stem) => boundSuffixes.map((suffix) => stem + suffix));
  return all.map(({ entry }) => entry).find((one) => one.kind === 'gauge' && names.includes(one.name));
}
