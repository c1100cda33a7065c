import type { LabelGuard } from './label-guard.js';
import type { SeriesRecorder } from './series-recorder.js';

/** How many different values a label has. */
export interface LabelCardinality {
  readonly name: string;
  /** Different values that series have, `other` and `redacted` aside. */
  readonly values: number;
  /** How many there may be: the label's `limit`, or the length of its `oneOf`. */
  readonly limit?: number;
}

/** How many series a family has, and which labels they come from. */
export interface FamilyCardinality {
  /** As it is exposed, with the recorder's prefix. */
  readonly name: string;
  readonly series: number;
  /** Exposed samples: a histogram's series has its buckets + 3. */
  readonly samples: number;
  /** How many series there may be. */
  readonly limit: number;
  /** The label with the most values first. */
  readonly labels: readonly LabelCardinality[];
}

/** What the families of a recorder cost, the one with the most samples first. */
export function cardinalityOf(recorders: Iterable<SeriesRecorder>, prefix: string): FamilyCardinality[] {
  const families = [...recorders].map((recorder) => ({
    name: prefix + recorder.family.name,
    series: recorder.size,
    samples: recorder.size * recorder.samplesPerSeries,
    limit: recorder.maxSeries,
    labels: [...recorder.domains].map(labelCardinality).sort((a, b) => b.values - a.values),
  }));
  return families.sort((a, b) => b.samples - a.samples);
}

function labelCardinality([name, { size, policy }]: readonly [string, LabelGuard]): LabelCardinality {
  const limit = policy.oneOf?.length ?? policy.limit;
  return { name, values: size, ...(limit !== undefined && { limit }) };
}
