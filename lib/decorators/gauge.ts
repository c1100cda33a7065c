import type { ExternalGauge, ExternalLabels } from '../families/external-metric.js';
import type { GaugeFamily } from '../families/family.js';
import type { LabelPolicies } from '../families/labels.js';
import type { AnyMethod } from '../instrumentation/call.js';
import type { FamilyLabelOptions, LabelOptions, ReaderThis } from '../instrumentation/reader-types.js';
import { createDecorator, type MethodDecoratorOf } from './apply.js';
import type { CompletionOptions, DecoratorArguments, InPlaceOptions, ValueOptions } from './declaration.js';

/** The options of `@Gauge` with a family declared in place. */
export type GaugeOptions<T, M extends AnyMethod, N extends string> = InPlaceOptions<N> &
  LabelOptions<T, M, N> &
  ValueOptions<T, M> &
  CompletionOptions<M>;

/**
 * Sets a gauge to the `value` that it reads from the awaited result of each call that returned. A call that threw leaves the
 * gauge as it is.
 *
 * @throws MetricsError when it decorates, with everything that is wrong with the options.
 * @example
 * import { attachRecorder, Gauge, PrometheusRecorder } from 'flowplane-metrics';
 *
 * const labels = { team: (team: string) => team };
 * class ClusterService {@Gauge({ name: 'team_clusters', help: 'Clusters per team', labels, value: (found) => found.length })
 *   async listClustersByTeam(team: string): Promise<string[]> {
 *     return [`${team}-eu`, `${team}-us`];
 *   }
 * }
 * await attachRecorder(new ClusterService(), new PrometheusRecorder()).listClustersByTeam('payments');
 */
export function Gauge<L, S, M extends AnyMethod, N extends string>(
  options: GaugeOptions<ReaderThis<L, S>, M, N>,
): MethodDecoratorOf<L, S, M>;
export function Gauge<L, S, M extends AnyMethod, P extends LabelPolicies>(
  family: GaugeFamily<P>,
  options: FamilyLabelOptions<ReaderThis<L, S>, M, P> & ValueOptions<ReaderThis<L, S>, M> & CompletionOptions<M>,
): MethodDecoratorOf<L, S, M>;
export function Gauge<L, S, M extends AnyMethod, N extends string>(
  metric: ExternalGauge<N>,
  options: FamilyLabelOptions<ReaderThis<L, S>, M, ExternalLabels<N>> &
    ValueOptions<ReaderThis<L, S>, M> &
    CompletionOptions<M>,
): MethodDecoratorOf<L, S, M>;
export function Gauge(...args: DecoratorArguments): MethodDecoratorOf<unknown, unknown, AnyMethod> {
  return createDecorator('Gauge', args);
}
