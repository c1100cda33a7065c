import type { LabelGuard } from './label-guard.js';
import type { SeriesTable } from './series-table.js';

/** How many different values a label has. */
export interface LabelCardinality {
  readonly name: string;
  /** Different values that series have, without `other` and `redacted`. */
  readonly values: number;
  /** How many there may be: the label's `limit`, or the length of its `oneOf`. */
  readonly limit?: number;
}

/** How many series a family has, and which labels cause them. */
export interface FamilyCardinality {
  /** The exposed name, with the recorder's prefix. */
  readonly name: string;
  readonly series: number;
  /** Exposed samples: a series of a histogram has its buckets + 3, and one more with native ones. */
  readonly samples: number;
  /** How many series there may be. */
  readonly limit: number;
  /** The label with the most values first. */
  readonly labels: readonly LabelCardinality[];
}

/** Counts series and samples by family, the family with the most samples first. */
export function countCardinality(tables: readonly SeriesTable[], prefix: string): FamilyCardinality[] {
  const families = tables.map((table) => ({
    name: prefix + table.family.name,
    series: table.size,
    samples: table.size * table.samplesPerSeries,
    limit: table.maxSeries,
    labels: [...table.guards].map(countLabel).sort((a, b) => b.values - a.values),
  }));
  return families.sort((a, b) => b.samples - a.samples);
}

function countLabel([name, { size, policy }]: readonly [string, LabelGuard]): LabelCardinality {
  const limit = policy.oneOf?.length ?? policy.limit;
  return { name, values: size, ...(limit !== undefined && { limit }) };
}
