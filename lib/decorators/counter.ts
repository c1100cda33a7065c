import type { ExternalCounter, ExternalLabels } from '../families/external-metric.js';
import type { CounterFamily } from '../families/family.js';
import type { LabelPolicies, LabelPolicy } from '../families/labels.js';
import type { CounterObjective } from '../families/objective.js';
import type { AnyMethod } from '../instrumentation/call.js';
import type {
  Amount,
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

/** Which calls a counter counts, and how much it adds. `on` decides what `when` and `by` read. */
export type CountOptions<T, M extends AnyMethod> =
  | {
      /** Count calls that returned: `when` and `by` read the awaited result. The default where either is a function. */
      readonly on?: 'returned';
      /** What to add, 1 by default: a finite number, not negative; a BigInt where a number holds it exactly. */
      readonly by?: Amount | FromResult<T, M, Amount>;
      /** Count only the calls for which this returns true. */
      readonly when?: FromResult<T, M, boolean>;
    }
  | {
      /** Count calls that threw or rejected: `when` and `by` read the reason. */
      readonly on: 'threw';
      /** What to add, 1 by default: a finite number, not negative; a BigInt where a number holds it exactly. */
      readonly by?: Amount | FromError<T, M, Amount>;
      /** Count only the calls for which this returns true. */
      readonly when?: FromError<T, M, boolean>;
    }
  | {
      /** Count every call once it has settled: `when` and `by` read the arguments. The default without functions. */
      readonly on: 'settled';
      /** What to add, 1 by default: a finite number, not negative; a BigInt where a number holds it exactly. */
      readonly by?: Amount | FromArguments<T, M, Amount>;
      /** Count only the calls for which this returns true. */
      readonly when?: FromArguments<T, M, boolean>;
    };

/** What is promised about the calls that are counted. */
export interface CounterObjectiveOptions<N extends string> {
  /** Which part of what is counted may be an error; `flowplane-metrics rules` makes alerts of it. Default: none. */
  readonly objective?: CounterObjective<Readonly<Record<NoInfer<N>, LabelPolicy>>>;
}

/** The options of `@Counter` with a family declared in place. */
export type CounterOptions<T, M extends AnyMethod, N extends string> = InPlaceOptions<N> &
  CounterObjectiveOptions<N> &
  LabelOptions<T, M, N> &
  CountOptions<T, M> &
  CompletionOptions<M>;

/**
 * Counts the calls of a method once they have settled. It adds `by`, 1 by default.
 *
 * Where `when` or `by` is a function, only calls that returned are counted, and the function reads the awaited result. `on`
 * chooses other calls.
 *
 * @throws MetricsError when it decorates, with everything that is wrong with the options.
 * @example
 * import { attachRecorder, Counter, PrometheusRecorder } from 'flowplane-metrics';
 *
 * const labels = { team: (team: string) => team };
 * class TeamAuthorizer {@Counter({ name: 'auth_denied_total', help: 'Denied access', labels, when: (allowed) => !allowed })
 *   mayAccess(team: string): boolean {
 *     return team === 'payments';
 *   }
 * }
 * attachRecorder(new TeamAuthorizer(), new PrometheusRecorder()).mayAccess('checkout');
 */
export function Counter<L, S, M extends AnyMethod, N extends string>(
  options: CounterOptions<ReaderThis<L, S>, M, N>,
): MethodDecoratorOf<L, S, M>;
export function Counter<L, S, M extends AnyMethod, P extends LabelPolicies>(
  family: CounterFamily<P>,
  ...none: NothingIfUnlabelled<P>
): MethodDecoratorOf<L, S, M>;
export function Counter<L, S, M extends AnyMethod, N extends string>(
  metric: ExternalCounter<N>,
  ...none: NothingIfUnlabelled<ExternalLabels<N>>
): MethodDecoratorOf<L, S, M>;
export function Counter<L, S, M extends AnyMethod, P extends LabelPolicies>(
  family: CounterFamily<P>,
  options: FamilyLabelOptions<ReaderThis<L, S>, M, P> & CountOptions<ReaderThis<L, S>, M> & CompletionOptions<M>,
): MethodDecoratorOf<L, S, M>;
export function Counter<L, S, M extends AnyMethod, N extends string>(
  metric: ExternalCounter<N>,
  options: FamilyLabelOptions<ReaderThis<L, S>, M, ExternalLabels<N>> &
    CountOptions<ReaderThis<L, S>, M> &
    CompletionOptions<M>,
): MethodDecoratorOf<L, S, M>;
export function Counter(...args: DecoratorArguments): MethodDecoratorOf<unknown, unknown, AnyMethod> {
  return createDecorator('Counter', args);
}
