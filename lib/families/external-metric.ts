import { createFamily, type Family } from './family.js';
import type { MetricKind } from './kinds.js';
import type { LabelPolicies } from './labels.js';

/** A metric of prom-client or its successor, by shape: several copies and versions exist. `N` are its label names. */
export interface ExternalMetric<N extends string> {
  remove(labels: Partial<Record<N, string | number>>): void;
}

/** A counter of prom-client that stands for a family. */
export interface ExternalCounter<N extends string> extends ExternalMetric<N> {
  inc(value?: number): void;
}

/** A gauge of prom-client that stands for a family. */
export interface ExternalGauge<N extends string> extends ExternalMetric<N> {
  set(value: number): void;
}

/** A histogram of prom-client that stands for a family. */
export interface ExternalHistogram<N extends string> extends ExternalMetric<N> {
  observe(value: number): void;
}

/** The operations of an external metric with labels. Both clients have them, though their types differ. */
export interface ExternalMetricOperations {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  inc(labels: object, value: number): void;
  dec(labels: object, value: number): void;
  set(labels: object, value: number): void;
  observe(labels: object, value: number): void;
  /** Whether `inc` and `observe` take everything in one object. */
  readonly enableExemplars?: boolean;
}

/** The policies of the labels of an external metric: this package sets no limits there. */
export type ExternalLabels<N extends string> = { readonly [K in N]: {} };

/** Whether this is a metric of prom-client or its successor. */
export function isExternalMetric(given: unknown): given is ExternalMetricOperations {
  if (typeof given !== 'object' || given === null || 'kind' in given) return false;
  const { name, remove, labelNames } = given as Partial<ExternalMetricOperations & ExternalMetric<string>>;
  return typeof name === 'string' && typeof remove === 'function' && Array.isArray(labelNames);
}

const families = new WeakMap<ExternalMetricOperations, Family>();

/** The family that an external metric stands for, the same one at each call. */
export function familyOfExternal(metric: ExternalMetricOperations): Family {
  const known = families.get(metric);
  if (known !== undefined) return known;
  const { name, help, labelNames } = metric;
  const labels: LabelPolicies = Object.fromEntries(labelNames.map((label) => [label, {}]));
  const created = Object.freeze({
    // Why no initial series: the metric itself decides which series it has.
    ...createFamily(kindOf(metric), { name, help, labels, initial: [] }, `the metric "${name}"`),
    external: metric,
  });
  families.set(metric, created);
  return created;
}

function kindOf(metric: Partial<ExternalMetricOperations>): MetricKind {
  if (typeof metric.observe === 'function') return 'histogram';
  return typeof metric.set === 'function' ? 'gauge' : 'counter';
}
