import type { ExternalGauge, ExternalLabels } from '../families/external-metric.js';
import type { GaugeFamily } from '../families/family.js';
import type { LabelPolicies } from '../families/labels.js';
import type { AnyMethod } from '../instrumentation/call.js';
import type {
  EarlyFamilyLabelOptions,
  EarlyLabelOptions,
  NothingIfUnlabelled,
  ReaderThis,
} from '../instrumentation/reader-types.js';
import { createDecorator, type MethodDecoratorOf } from './apply.js';
import type { CompletionOptions, DecoratorArguments, InPlaceOptions } from './declaration.js';

/** The options of `@InFlight` with a family declared in place. */
export type InFlightOptions<T, M extends AnyMethod, N extends string> = InPlaceOptions<N> &
  EarlyLabelOptions<T, M, N> &
  CompletionOptions<M>;

/**
 * A gauge of the calls that have started and not settled: +1 when a call starts, −1 when it settles. Labels read the
 * arguments when the call starts.
 *
 * @throws MetricsError when it decorates, with everything that is wrong with the options.
 * @example
 * import { attachRecorder, InFlight, PrometheusRecorder } from 'flowplane-metrics';
 *
 * class BackupService {@InFlight({ name: 'backups_in_flight', help: 'Backups that are running' })
 *   async backUp(cluster: string): Promise<string> {
 *     return `${cluster}.tar`;
 *   }
 * }
 * await attachRecorder(new BackupService(), new PrometheusRecorder()).backUp('eu');
 */
export function InFlight<L, S, M extends AnyMethod, N extends string>(
  options: InFlightOptions<ReaderThis<L, S>, M, N>,
): MethodDecoratorOf<L, S, M>;
export function InFlight<L, S, M extends AnyMethod, P extends LabelPolicies>(
  family: GaugeFamily<P>,
  ...none: NothingIfUnlabelled<P>
): MethodDecoratorOf<L, S, M>;
export function InFlight<L, S, M extends AnyMethod, N extends string>(
  metric: ExternalGauge<N>,
  ...none: NothingIfUnlabelled<ExternalLabels<N>>
): MethodDecoratorOf<L, S, M>;
export function InFlight<L, S, M extends AnyMethod, P extends LabelPolicies>(
  family: GaugeFamily<P>,
  options: EarlyFamilyLabelOptions<ReaderThis<L, S>, M, P> & CompletionOptions<M>,
): MethodDecoratorOf<L, S, M>;
export function InFlight<L, S, M extends AnyMethod, N extends string>(
  metric: ExternalGauge<N>,
  options: EarlyFamilyLabelOptions<ReaderThis<L, S>, M, ExternalLabels<N>> & CompletionOptions<M>,
): MethodDecoratorOf<L, S, M>;
export function InFlight(...args: DecoratorArguments): MethodDecoratorOf<unknown, unknown, AnyMethod> {
  return createDecorator('InFlight', args);
}
