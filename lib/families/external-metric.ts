import { type Family, family } from './family.js';
import type { MetricKind } from './kinds.js';
import type { Policies } from './label-policy.js';

/** Any metric of prom-client or its successor, by shape: several copies and versions exist. `N` are its label names. */
export interface ExternalMetric<N extends string> {
  remove(labels: Partial<Record<N, string | number>>): void;
}

/** A counter of prom-client, standing where a family stands. */
export interface ExternalCounter<N extends string> extends ExternalMetric<N> {
  inc(value?: number): void;
}

/** A gauge of prom-client, standing where a family stands. */
export interface ExternalGauge<N extends string> extends ExternalMetric<N> {
  set(value: number): void;
}

/** A histogram of prom-client, standing where a family stands. */
export interface ExternalHistogram<N extends string> extends ExternalMetric<N> {
  observe(value: number): void;
}

/** What a placed metric does with its labels: what its types do not say in one shape, but both clients have. */
export interface ExternalMetricOperations {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  inc(labels: object, value: number): void;
  dec(labels: object, value: number): void;
  set(labels: object, value: number): void;
  observe(labels: object, value: number): void;
}

/** The policies of labels that somebody else bounds. */
export type OpenLabels<N extends string> = { readonly [K in N]: {} };

export function isExternalMetric(given: unknown): given is ExternalMetricOperations {
  if (typeof given !== 'object' || given === null || 'kind' in given) return false;
  const { name, remove, labelNames } = given as Partial<ExternalMetricOperations & ExternalMetric<string>>;
  return typeof name === 'string' && typeof remove === 'function' && Array.isArray(labelNames);
}

const families = new WeakMap<ExternalMetricOperations, Family>();

/** The family that a placed metric stands for, the same one each time. */
export function externalFamily(metric: ExternalMetricOperations): Family {
  const known = families.get(metric);
  if (known !== undefined) return known;
  const { name, help, labelNames } = metric;
  const labels: Policies = Object.fromEntries(labelNames.map((label) => [label, {}]));
  const made = Object.freeze({
    // Why no initial series: the metric is somebody else's.
    ...family(kindOf(metric), { name, help, labels, initial: [] }, `the metric "${name}"`),
    external: metric,
  });
  families.set(metric, made);
  return made;
}

function kindOf(metric: Partial<ExternalMetricOperations>): MetricKind {
  if (typeof metric.observe === 'function') return 'histogram';
  return typeof metric.set === 'function' ? 'gauge' : 'counter';
}
