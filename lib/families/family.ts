import { refuseIfAny } from '../error.js';
import { defaultBuckets } from './buckets.js';
import type { ExternalMetricOperations } from './external-metric.js';
import { familyProblems } from './family-problems.js';
import { type Initial, isClosed } from './initial-series.js';
import type { MetricKind } from './kinds.js';
import type { LabelSet, Policies } from './label-policy.js';

/** How the values of several processes become one: counters and histograms are summed, gauges that are set take the maximum. */
export type Aggregator = 'sum' | 'max' | 'min' | 'average' | 'first' | 'omit';

/** What every family has, shared or declared in place. */
export interface CommonOptions {
  /** The metric's name, e.g. `auth_cross_team_access_attempts_total`. */
  readonly name: string;
  /** One sentence for whoever reads the metric. */
  readonly help: string;
  /** The base unit, e.g. `seconds` or `bytes`; exposed as `# UNIT` where the name ends in it. */
  readonly unit?: string;
  /** Remove a series that nothing observed for so many seconds. Never by default. */
  readonly expireAfterSeconds?: number;
  /** At most so many label sets. Default: the recorder's `maxSeriesPerFamily`, 10,000 unless told otherwise. */
  readonly maxSeries?: number;
  /** How to merge the values of several processes. */
  readonly aggregator?: Aggregator;
  /** `false` silences the advice on this family's name and style. */
  readonly advice?: false;
}

export interface BucketOptions {
  /** Upper bounds, finite and ascending; `+Inf` is added. Default: `defaultBuckets`, fit for seconds. */
  readonly buckets?: readonly number[];
}

/** The options of a shared family; `labels` names its labels and their policies. */
export interface FamilyOptions<P extends Policies> extends CommonOptions {
  /** The labels' names, in the order of exposition, each with its policy; `{}` is an open label. Default: no labels. */
  readonly labels?: P;
  /**
   * Label sets that exist, at 0, before the first observation; `'all'` for every combination where each label has a
   * `oneOf`. Default: `'all'` where that can be, but for a gauge that is set; else none.
   */
  readonly initial?: 'all' | readonly LabelSet<NoInfer<P>>[];
}

/** A metric family: frozen data that several methods and several recorders may share. */
export interface Family<Kind extends MetricKind = MetricKind, P extends Policies = Policies> extends CommonOptions {
  readonly kind: Kind;
  readonly labels: P;
  readonly buckets: readonly number[];
  readonly initial: Initial;
  /** Somebody else's metric that stands for this family: a `PrometheusRecorder` records into that. */
  readonly external?: ExternalMetricOperations;
  /** Where it was declared, for messages: `defineGauge "x"` or `@Gauge on A.b`. */
  readonly site: string;
}

/** A counter, as `defineCounter` gives it. */
export type CounterFamily<P extends Policies> = Family<'counter', P>;
/** A gauge, as `defineGauge` gives it. */
export type GaugeFamily<P extends Policies> = Family<'gauge', P>;
/** A histogram, as `defineHistogram` gives it. */
export type HistogramFamily<P extends Policies> = Family<'histogram', P>;

/**
 * Declares a counter that several methods may feed. Its label policies type those methods' labels.
 *
 * @throws MetricsError naming everything that is wrong with the declaration.
 */
export function defineCounter<const P extends Policies = {}>(options: FamilyOptions<P>): CounterFamily<P> {
  return defined('defineCounter', 'counter', options);
}

/** Declares a gauge that several methods may feed; see `defineCounter`. */
export function defineGauge<const P extends Policies = {}>(options: FamilyOptions<P>): GaugeFamily<P> {
  return defined('defineGauge', 'gauge', options);
}

/** Declares a histogram that several methods may feed; see `defineCounter`. */
export function defineHistogram<const P extends Policies = {}>(
  options: FamilyOptions<P> & BucketOptions,
): HistogramFamily<P> {
  return defined('defineHistogram', 'histogram', options);
}

function defined<K extends MetricKind, P extends Policies>(
  by: string,
  kind: K,
  options: FamilyOptions<P> & BucketOptions,
): Family<K, P> {
  const site = `${by} "${String(options?.name)}"`;
  refuseIfAny(site, familyProblems(kind, options));
  return family(kind, options, site);
}

/** The family of options that were found without fault. Copies what it keeps: the caller's object stays the caller's. */
export function family<K extends MetricKind, P extends Policies>(
  kind: K,
  options: FamilyOptions<P> & BucketOptions,
  site: string,
): Family<K, P> {
  const labels = options.labels ?? {};
  const initial = options.initial ?? (kind !== 'gauge' && isClosed(labels) ? 'all' : []);
  return Object.freeze({
    ...options,
    kind,
    labels: frozenCopy(labels) as P,
    buckets: Object.freeze((options.buckets ?? defaultBuckets).filter(Number.isFinite)),
    initial: initial === 'all' ? initial : Object.freeze(initial.map((set) => Object.freeze({ ...set }))),
    site,
  });
}

function frozenCopy(policies: Policies): Policies {
  const copies = Object.entries(policies).map(([name, policy]) => {
    const oneOf = policy.oneOf && { oneOf: Object.freeze([...policy.oneOf]) };
    return [name, Object.freeze({ ...policy, ...oneOf })] as const;
  });
  return Object.freeze(Object.fromEntries(copies));
}

/** Whether two declarations describe the same family, so that their numbers may share series. Help and site may differ. */
export function sameDefinition(a: Family, b: Family): boolean {
  return definitionKey(a) === definitionKey(b);
}

function definitionKey({ kind, unit, labels, buckets, maxSeries, expireAfterSeconds, aggregator }: Family): string {
  const policies = Object.entries(labels).map(([name, p]) => [name, p.oneOf, p.limit, p.hash, p.sensitive]);
  const bounds = kind === 'histogram' ? buckets : [];
  return JSON.stringify([kind, unit, policies, bounds, maxSeries, expireAfterSeconds, aggregator]);
}
