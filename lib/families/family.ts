import { refuseIfAny } from '../error.js';
import { isObject } from '../validation.js';
import { defaultBuckets } from './buckets.js';
import { noteDeclaration } from './declaration-places.js';
import type { ExternalMetricOperations } from './external-metric.js';
import { checkFamily } from './family-checks.js';
import { kinds, type MetricKind } from './kinds.js';
import { type Initial, isClosed, type LabelPolicies, type LabelPolicy, type LabelSet } from './labels.js';
import { decideNative, type NativeHistogramChoice, type NativeHistogramSettings } from './native-histogram.js';
import type { CounterObjective, HistogramObjective, Objective } from './objective.js';

/**
 * How the values of several processes become one: their sum, the smallest, the largest, the one that changed last, or each of
 * them with a label `worker`. With `live` before it, a process that has ended does not count any more.
 */
export type Aggregator =
  | 'sum'
  | 'min'
  | 'max'
  | 'mostrecent'
  | 'all'
  | 'livesum'
  | 'livemin'
  | 'livemax'
  | 'livemostrecent'
  | 'liveall';

/** The options of every family, whether it is declared by itself or in a decorator. */
export interface CommonOptions {
  /** The name of the metric, for example `auth_cross_team_access_attempts_total`. */
  readonly name: string;
  /** One sentence about the metric. */
  readonly help: string;
  /** The base unit, for example `seconds` or `bytes`. It is exposed as `# UNIT` where the name ends in it. */
  readonly unit?: string;
  /** Remove a series that had no observation for this number of seconds. Default: series stay. */
  readonly expireAfterSeconds?: number;
  /** The maximum number of label sets. Default: the recorder's `maxSeriesPerFamily`, which is 10,000 by default. */
  readonly maxSeries?: number;
  /** How to merge the values of several processes. Default: `sum`; of a gauge `livemax`, of one in flight `livesum`. */
  readonly aggregator?: Aggregator;
  /** `false` turns off the advice on the name of this family. */
  readonly advice?: false;
}

/** The options that only a histogram has. */
export interface BucketOptions {
  /** Upper bounds, finite and ascending; `+Inf` is added. `false`: `+Inf` alone. Default: `defaultBuckets`, which fit seconds. */
  readonly buckets?: readonly number[] | false;
  /**
   * Count in native buckets too, which Prometheus can read as protobuf: `true`, or how. `false`: never. Default: the recorder's
   * `nativeHistograms`, which is `false` by default.
   */
  readonly native?: NativeHistogramChoice;
  /** Which part of the observations must be at most a bound; `flowplane-metrics rules` makes alerts of it. Default: none. */
  readonly objective?: HistogramObjective;
}

/** The options of a counter that is declared by itself. */
export interface CounterFamilyOptions<P extends LabelPolicies> extends FamilyOptions<P> {
  /** Which part of what is counted may be an error; `flowplane-metrics rules` makes alerts of it. Default: none. */
  readonly objective?: CounterObjective<NoInfer<P>>;
}

/** The options of a family that is declared by itself. `labels` has its labels and their policies. */
export interface FamilyOptions<P extends LabelPolicies> extends CommonOptions {
  /** The names of the labels in the order of exposition, each with its policy; `{}` has no limits. Default: no labels. */
  readonly labels?: P;
  /**
   * Label sets that exist at 0 before the first observation; `'all'` for every combination, where each label has a
   * `oneOf`. Default: `'all'` where that is possible, except for a gauge; otherwise none.
   */
  readonly initial?: 'all' | readonly LabelSet<NoInfer<P>>[];
}

/** A metric family: frozen data that several methods and several recorders may use. */
export interface Family<Kind extends MetricKind = MetricKind, P extends LabelPolicies = LabelPolicies>
  extends CommonOptions {
  readonly kind: Kind;
  readonly labels: P;
  readonly buckets: readonly number[];
  /** Whether a histogram has native buckets, and which; absent where the recorder decides. */
  readonly native?: NativeHistogramChoice;
  readonly initial: Initial;
  /** What is promised about it. */
  readonly objective?: Objective;
  /** The metric of prom-client that stands for this family: a `PrometheusRecorder` records into it. */
  readonly external?: ExternalMetricOperations;
  /** Where it was declared, for messages: `defineGauge "x"` or `@Gauge on A.b`. */
  readonly site: string;
}

/** The maximum number of series of a family where neither the family nor the recorder says otherwise. */
export const defaultMaxSeries = 10_000;

/** Counts the samples of one series: a histogram has its buckets, `+Inf`, the sum and the count, and its native buckets are one. */
export const countSamplesPerSeries = ({ kind, buckets }: Family, native?: NativeHistogramSettings): number =>
  kinds[kind].hasBuckets ? buckets.length + (native === undefined ? 3 : 4) : 1;

/** How the values of several processes are merged where the family does not say so. */
export const defaultAggregator = (kind: string): Aggregator => (kind === 'gauge' ? 'livemax' : 'sum');

/** A family that a recorder has opened. */
export interface OpenFamily {
  readonly family: Family;
  /** The exposed name, with the prefix of the recorder. */
  readonly name: string;
  /** The maximum number of series in this recorder. */
  readonly maxSeries: number;
  /** The settings of its native histograms in this recorder; absent if it has none. */
  readonly native?: NativeHistogramSettings;
}

/** A counter, as `defineCounter` returns it. */
export type CounterFamily<P extends LabelPolicies> = Family<'counter', P>;
/** A gauge, as `defineGauge` returns it. */
export type GaugeFamily<P extends LabelPolicies> = Family<'gauge', P>;
/** A histogram, as `defineHistogram` returns it. */
export type HistogramFamily<P extends LabelPolicies> = Family<'histogram', P>;

/**
 * Declares a counter that several methods may feed, or that is recorded by hand. Its label policies type the labels of
 * both.
 *
 * @throws MetricsError with everything that is wrong with the options.
 * @example
 * import { Counter, defineCounter, MetricsRecorder, PrometheusRecorder } from 'flowplane-metrics';
 *
 * const logins = defineCounter({ name: 'logins_total', help: 'Logins', labels: { method: { oneOf: ['password', 'sso'] } } });
 *
 * class Auth {@Counter(logins, { labels: { method: 'sso' } })
 *   signIn(): void {}
 * }
 *
 * const recorder: MetricsRecorder = new PrometheusRecorder();
 * recorder.counter(logins).inc({ method: 'password' });
 */
export function defineCounter<const P extends LabelPolicies = {}>(options: CounterFamilyOptions<P>): CounterFamily<P> {
  return define('defineCounter', 'counter', options);
}

/**
 * Declares a gauge that several methods may feed, or that is recorded by hand.
 *
 * @throws MetricsError with everything that is wrong with the options.
 * @example
 * import { defineGauge, PrometheusRecorder } from 'flowplane-metrics';
 *
 * const depth = defineGauge({ name: 'queue_depth', help: 'Waiting jobs', labels: { queue: { limit: 20 } } });
 * const recorder = new PrometheusRecorder();
 * recorder.gauge(depth).set({ queue: 'mail' }, 7);
 */
export function defineGauge<const P extends LabelPolicies = {}>(options: FamilyOptions<P>): GaugeFamily<P> {
  return define('defineGauge', 'gauge', options);
}

/**
 * Declares a histogram that several methods may feed, or that is recorded by hand.
 *
 * @throws MetricsError with everything that is wrong with the options.
 * @example
 * import { defineHistogram, exponentialBuckets, PrometheusRecorder } from 'flowplane-metrics';
 *
 * const size = defineHistogram({ name: 'upload_bytes', help: 'Uploads', buckets: exponentialBuckets(1024, 4, 6) });
 * const recorder = new PrometheusRecorder();
 * recorder.histogram(size).observe({}, 2048);
 */
export function defineHistogram<const P extends LabelPolicies = {}>(
  options: FamilyOptions<P> & BucketOptions,
): HistogramFamily<P> {
  return define('defineHistogram', 'histogram', options);
}

/** The options of a family of any kind. */
type AnyFamilyOptions<P extends LabelPolicies> = FamilyOptions<P> &
  Omit<BucketOptions, 'objective'> & {
    /** What is promised about it. */
    readonly objective?: Objective;
  };

function define<K extends MetricKind, P extends LabelPolicies>(
  by: string,
  kind: K,
  options: AnyFamilyOptions<P>,
): Family<K, P> {
  const site = `${by} "${String(options?.name)}"`;
  refuseIfAny(site, checkFamily(kind, options));
  return createFamily(kind, options, site);
}

/** Creates the family of options that were checked. It keeps copies: the caller may change the options later. */
export function createFamily<K extends MetricKind, P extends LabelPolicies>(
  kind: K,
  options: AnyFamilyOptions<P>,
  site: string,
): Family<K, P> {
  noteDeclaration(options.name);
  const labels = options.labels ?? {};
  const initial = options.initial ?? (kind !== 'gauge' && isClosed(labels) ? 'all' : noInitial);
  return Object.freeze({
    ...options,
    kind,
    labels: freezeCopy(labels) as P,
    ...(options.objective !== undefined && { objective: Object.freeze({ ...options.objective }) }),
    buckets: createBuckets(options.buckets),
    ...(isObject(options.native) && { native: Object.freeze({ ...options.native }) }),
    initial:
      initial === 'all' || initial === noInitial
        ? initial
        : Object.freeze(initial.map((set) => Object.freeze({ ...set }))),
    site,
  });
}

function createBuckets(given: BucketOptions['buckets']): readonly number[] {
  if (given === undefined || given === defaultBuckets) return defaultBuckets;
  return given === false ? noBuckets : Object.freeze(given.filter(Number.isFinite));
}

const noBuckets: readonly number[] = Object.freeze([]);
const noInitial: Initial = Object.freeze([]);

function freezeCopy(policies: LabelPolicies): LabelPolicies {
  const copies: Record<string, LabelPolicy> = {};
  for (const name of Object.keys(policies)) {
    const policy = policies[name] as LabelPolicy;
    const { oneOf } = policy;
    const copy = oneOf === undefined ? { ...policy } : { ...policy, oneOf: Object.freeze([...oneOf]) };
    copies[name] = Object.freeze(copy);
  }
  return Object.freeze(copies);
}

/** Whether two declarations describe the same family, so that they may share series. Help and site may differ. */
export function sameDefinition(a: Family, b: Family): boolean {
  return definitionKey(a) === definitionKey(b);
}

function definitionKey(family: Family): string {
  const { kind, unit, labels, buckets, native, maxSeries, expireAfterSeconds, aggregator } = family;
  const policies = Object.entries(labels).map(([name, p]) => [name, p.oneOf, p.limit, p.hash, p.sensitive]);
  const bounds = kinds[kind].hasBuckets ? buckets : [];
  const nativeKey = native === false ? false : decideNative(native);
  return JSON.stringify([kind, unit, policies, bounds, nativeKey, maxSeries, expireAfterSeconds, aggregator]);
}
