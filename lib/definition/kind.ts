/** How a family's numbers behave over time. */
export type MetricKind = 'counter' | 'gauge' | 'histogram';

interface KindRules {
  /** Label names that the exposition formats keep for themselves. */
  readonly reservedLabels: readonly string[];
  /** What a sample's name may add to the family's name. */
  readonly sampleSuffixes: readonly string[];
}

/** Everything that differs by kind alone. */
export const kinds: Readonly<Record<MetricKind, KindRules>> = {
  counter: { reservedLabels: [], sampleSuffixes: [''] },
  gauge: { reservedLabels: [], sampleSuffixes: [''] },
  histogram: { reservedLabels: ['le'], sampleSuffixes: ['', '_bucket', '_sum', '_count'] },
};
