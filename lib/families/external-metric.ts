import { type Family, family } from './family.js';
import type { MetricKind } from './kinds.js';
import type { Policies } from './label-policy.js';

/** Any metric of prom-client or its successor, by shape: several copies and versions exist. `N` are its label names. */
export interface Placed<N extends string> {
  remove(labels: Partial<Record<N, string | number>>): void;
}

/** A counter of prom-client, standing where a family stands. */
export interface PlacedCounter<N extends string> extends Placed<N> {
  inc(value?: number): void;
}

/** A gauge of prom-client, standing where a family stands. */
export interface PlacedGauge<N extends string> extends Placed<N> {
  set(value: number): void;
}

/** A histogram of prom-client, standing where a family stands. */
export interface PlacedHistogram<N extends string> extends Placed<N> {
  observe(value: number): void;
}

/** What a placed metric does with its labels: what its types do not say in one shape, but both clients have. */
export interface PlacedMetric {
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

export function isPlaced(given: unknown): given is PlacedMetric {
  if (typeof given !== 'object' || given === null || 'kind' in given) return false;
  const { name, remove, labelNames } = given as Partial<PlacedMetric & Placed<string>>;
  return typeof name === 'string' && typeof remove === 'function' && Array.isArray(labelNames);
}

const families = new WeakMap<PlacedMetric, Family>();

/** The family that a placed metric stands for, the same one each time. */
export function placedFamily(metric: PlacedMetric): Family {
  const known = families.get(metric);
  if (known !== undefined) return known;
  const { name, help, labelNames } = metric;
  const labels: Policies = Object.fromEntries(labelNames.map((label) => [label, {}]));
  const made = Object.freeze({
    // Why no initial series: the metric is somebody else's.
    ...family(kindOf(metric), { name, help, labels, initial: [] }, `the metric "${name}"`),
    placed: metric,
  });
  families.set(metric, made);
  return made;
}

function kindOf(metric: Partial<PlacedMetric>): MetricKind {
  if (typeof metric.observe === 'function') return 'histogram';
  return typeof metric.set === 'function' ? 'gauge' : 'counter';
}
