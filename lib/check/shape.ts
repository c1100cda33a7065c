import type { KnownFamily, SeriesKind } from './known-names.js';
import { anyLabels, type LabelNames, noLabels } from './label-names.js';

/** What is known of the series that an expression gives. */
export interface Shape {
  readonly labels: LabelNames;
  /** What the samples are: a counter only while it is one, so not after `rate()` or arithmetic. */
  readonly kind: SeriesKind;
  /** Whether it is one number, without labels. */
  readonly isScalar: boolean;
  /** Whether all that it is made of is declared by code. What is wrong with it is an error then. */
  readonly isOwn: boolean;
  /** The values that matchers fix. */
  readonly fixed: ReadonlyMap<string, string>;
  /** The families that it is made of. */
  readonly families: readonly KnownFamily[];
  /** The name of the first series that it is made of, as a message says it. */
  readonly name?: string;
  /** The name of the series that a rule has recorded it from. */
  readonly recordedFrom?: string;
  /** Whether it has a sample at any time. */
  readonly isAlwaysPresent: boolean;
  /** The family whose last bucket bounds the values, where they are quantiles. */
  readonly quantileOf?: KnownFamily;
  /** Whether several counters are added up in it, so that a restart of one looks like a fall. */
  readonly isSum?: boolean;
  /** The counter whose growth the values are, and the function that gives it. */
  readonly growth?: { readonly of: KnownFamily; readonly by: string };
}

/** Nothing is known. */
export const anyShape: Shape = {
  labels: anyLabels,
  kind: 'unknown',
  isScalar: false,
  isOwn: false,
  fixed: new Map(),
  families: [],
  isAlwaysPresent: false,
};

/** A number. */
export const scalarShape: Shape = {
  ...anyShape,
  labels: noLabels,
  kind: 'gauge',
  isScalar: true,
  isOwn: true,
  isAlwaysPresent: true,
};

/** What is left of a kind in values that are computed from it by an operator: they have the buckets, and no counter. */
export const keptKind = (kind: SeriesKind): SeriesKind => {
  if (kind === 'buckets' || kind === 'bucketGrowth') return 'bucketGrowth';
  return kind === 'histogram' ? kind : 'unknown';
};

/** Values computed from others: the labels and the families stay. */
export const computedFrom = (shape: Shape, kind: SeriesKind = 'gauge'): Shape => ({
  labels: shape.labels,
  kind,
  isScalar: shape.isScalar,
  isOwn: shape.isOwn,
  fixed: shape.fixed,
  families: shape.families,
  isAlwaysPresent: shape.isAlwaysPresent,
  ...(shape.name !== undefined && { name: shape.name }),
});
