import type { ExternalHistogram, ExternalLabels } from '../families/external-metric.js';
import type { BucketOptions, HistogramFamily } from '../families/family.js';
import type { LabelPolicies } from '../families/labels.js';
import type { AnyMethod } from '../instrumentation/call.js';
import type {
  FamilyLabelOptions,
  FromArguments,
  FromError,
  FromResult,
  LabelOptions,
  NothingIfUnlabelled,
  ReaderThis,
} from '../instrumentation/reader-types.js';
import { createDecorator, type MethodDecoratorOf } from './apply.js';
import type { CompletionOptions, DecoratorArguments, InPlaceOptions } from './declaration.js';
import { declareMethodDuration, readClassName } from './method-metrics.js';

/** Which calls are timed, and what `when` reads. */
export type TimingOptions<T, M extends AnyMethod> =
  | {
      /** Time every call once it has settled: `when` reads the arguments. The default. */
      readonly on?: 'settled';
      /** Time only the calls for which this returns true. */
      readonly when?: FromArguments<T, M, boolean>;
    }
  | {
      /** Time calls that returned: `when` reads the awaited result. */
      readonly on: 'returned';
      /** Time only the calls for which this returns true. */
      readonly when?: FromResult<T, M, boolean>;
    }
  | {
      /** Time calls that threw or rejected: `when` reads the reason. */
      readonly on: 'threw';
      /** Time only the calls for which this returns true. */
      readonly when?: FromError<T, M, boolean>;
    };

/** The options of `@Timed` with a family declared in place. */
export type TimedOptions<T, M extends AnyMethod, N extends string> = InPlaceOptions<N> &
  BucketOptions &
  LabelOptions<T, M, N> &
  TimingOptions<T, M> &
  CompletionOptions<M>;

/** Which calls of a declared family are timed, and in which unit. */
type DurationOptions<T, M extends AnyMethod> = TimingOptions<T, M> &
  CompletionOptions<M> & {
    /** The unit that the family has. Default: seconds. */
    readonly unit?: 'seconds' | 'milliseconds';
  };

const duration = declareMethodDuration('', {});

/**
 * Observes how long each call took until it settled, in seconds, or in milliseconds with `unit: 'milliseconds'`. Without
 * options it feeds `method_duration_seconds{class,method}`.
 *
 * @throws MetricsError when it decorates, with everything that is wrong with the options.
 * @example
 * import { attachRecorder, outcome, PrometheusRecorder, Timed } from 'flowplane-metrics';
 *
 * class ClusterService {@Timed({ name: 'list_clusters_seconds', help: 'Duration of a listing', labels: { outcome } })
 *   async listClusters(): Promise<string[]> {
 *     return ['eu', 'us'];
 *   }
 * }
 * await attachRecorder(new ClusterService(), new PrometheusRecorder()).listClusters();
 */
export function Timed<L, S, M extends AnyMethod>(): MethodDecoratorOf<L, S, M>;
export function Timed<L, S, M extends AnyMethod, N extends string>(
  options: TimedOptions<ReaderThis<L, S>, M, N>,
): MethodDecoratorOf<L, S, M>;
export function Timed<L, S, M extends AnyMethod, P extends LabelPolicies>(
  family: HistogramFamily<P>,
  ...none: NothingIfUnlabelled<P>
): MethodDecoratorOf<L, S, M>;
export function Timed<L, S, M extends AnyMethod, N extends string>(
  metric: ExternalHistogram<N>,
  ...none: NothingIfUnlabelled<ExternalLabels<N>>
): MethodDecoratorOf<L, S, M>;
export function Timed<L, S, M extends AnyMethod, P extends LabelPolicies>(
  family: HistogramFamily<P>,
  options: FamilyLabelOptions<ReaderThis<L, S>, M, P> & DurationOptions<ReaderThis<L, S>, M>,
): MethodDecoratorOf<L, S, M>;
export function Timed<L, S, M extends AnyMethod, N extends string>(
  metric: ExternalHistogram<N>,
  options: FamilyLabelOptions<ReaderThis<L, S>, M, ExternalLabels<N>> & DurationOptions<ReaderThis<L, S>, M>,
): MethodDecoratorOf<L, S, M>;
export function Timed(...args: [] | DecoratorArguments): MethodDecoratorOf<unknown, unknown, AnyMethod> {
  return createDecorator('Timed', args.length === 0 ? timeMethod : args);
}

const timeMethod = (method: string): DecoratorArguments => [duration, { labels: { class: readClassName, method } }];
