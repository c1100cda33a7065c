import type { BucketOptions, CommonOptions } from '../families/family.js';
import type { LabelValue } from '../families/labels.js';
import type {
  AnyMethod,
  EarlyFamilyLabels,
  EarlyLabels,
  FamilyLabels,
  FromArguments,
  FromError,
  FromResult,
  Labels,
} from '../instrumentation/reader-types.js';

/** When a counter counts, by how much, and what its `when` and `by` read: `on` decides. */
export type CounterRule<T, M extends AnyMethod> =
  | {
      /** Count calls that returned: `when` and `by` read the awaited result. The default once either is a function. */
      readonly on?: 'returned';
      /** What to add, 1 unless given: a finite number, not negative. */
      readonly by?: number | FromResult<T, M, number>;
      /** Count only the calls of which this is true. */
      readonly when?: FromResult<T, M, boolean>;
    }
  | {
      /** Count calls that threw or rejected: `when` and `by` read the reason. */
      readonly on: 'threw';
      /** What to add, 1 unless given: a finite number, not negative. */
      readonly by?: number | FromError<T, M, number>;
      /** Count only the calls of which this is true. */
      readonly when?: FromError<T, M, boolean>;
    }
  | {
      /** Count every call once it has settled: `when` and `by` read the arguments. The default without functions. */
      readonly on: 'settled';
      /** What to add, 1 unless given: a finite number, not negative. */
      readonly by?: number | FromArguments<T, M, number>;
      /** Count only the calls of which this is true. */
      readonly when?: FromArguments<T, M, boolean>;
    };

/** A value of calls that returned. */
export interface ValueRule<T, M extends AnyMethod> {
  /** The value, a finite number in the metric's unit: a constant, or read from the awaited result. */
  readonly value: number | FromResult<T, M, number>;
  /** Record only the calls of which this is true. */
  readonly when?: FromResult<T, M, boolean>;
}

/** Which calls are timed, and what `when` reads. */
export type TimedRule<T, M extends AnyMethod> =
  | {
      /** Time every call once it has settled: `when` reads the arguments. The default. */
      readonly on?: 'settled';
      /** Time only the calls of which this is true. */
      readonly when?: FromArguments<T, M, boolean>;
    }
  | {
      /** Time calls that returned: `when` reads the awaited result. */
      readonly on: 'returned';
      /** Time only the calls of which this is true. */
      readonly when?: FromResult<T, M, boolean>;
    }
  | {
      /** Time calls that threw or rejected: `when` reads the reason. */
      readonly on: 'threw';
      /** Time only the calls of which this is true. */
      readonly when?: FromError<T, M, boolean>;
    };

/** Label sets that are wanted from the start. */
interface Initial<N extends string> {
  /**
   * Label sets that exist, at 0, before the first call, so that `rate()` sees the first event; `'all'` for every
   * combination where each label has a `oneOf`. Default: `'all'` where that can be, but for `@Gauge`; else none.
   */
  readonly initial?: 'all' | readonly { readonly [K in NoInfer<N>]: LabelValue }[];
}

export type CounterOptions<T, M extends AnyMethod, N extends string> = CommonOptions &
  Initial<N> &
  Labels<T, M, N> &
  CounterRule<T, M>;
export type GaugeOptions<T, M extends AnyMethod, N extends string> = CommonOptions &
  Initial<N> &
  Labels<T, M, N> &
  ValueRule<T, M>;
export type HistogramOptions<T, M extends AnyMethod, N extends string> = CommonOptions &
  BucketOptions &
  Initial<N> &
  Labels<T, M, N> &
  ValueRule<T, M>;
export type TimedOptions<T, M extends AnyMethod, N extends string> = CommonOptions &
  BucketOptions &
  Initial<N> &
  Labels<T, M, N> &
  TimedRule<T, M>;
export type InFlightOptions<T, M extends AnyMethod, N extends string> = CommonOptions &
  Initial<N> &
  EarlyLabels<T, M, N>;

export type { EarlyFamilyLabels, FamilyLabels };

/**
 * A method decorator for both decorator modes. `M` is inferred from the decorated method in exactly one place per
 * overload; a second one would let TypeScript infer it from the class as well.
 */
export interface MethodDecoratorOf<L, S, M extends AnyMethod> {
  (target: L, propertyKey: string | symbol, descriptor: TypedPropertyDescriptor<M>): void;
  (value: AnyMethod, context: ClassMethodDecoratorContext<S, M>): void;
}
