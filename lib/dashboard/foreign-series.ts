import { type CatalogueEntry, catalogue } from '../catalogue/catalogue.js';
import { createFamily, type Family } from '../families/family.js';
import type { MetricKind } from '../families/kinds.js';

/** Series that no code declares, as queries take them. */
export interface ForeignSeries<K extends MetricKind> {
  readonly family: Family<K>;
  readonly entry: CatalogueEntry;
}

/** Describes series that Prometheus, its rules or the client of the process give. */
export function declareSeries<K extends MetricKind>(
  name: string,
  kind: K,
  labels: readonly string[] = [],
  help = name,
): ForeignSeries<K> {
  const policies = Object.fromEntries(labels.map((label) => [label, {}]));
  const family = createFamily(kind, { name, help, labels: policies }, name);
  return { family, entry: entryOf(family) };
}

/** The catalogue's entry of a family. */
export const entryOf = (family: Family): CatalogueEntry => catalogue([family])[0] as CatalogueEntry;
