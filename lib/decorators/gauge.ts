import type { ExternalGauge, ExternalLabels } from '../families/external-metric.js';
import type { GaugeFamily } from '../families/family.js';
import type { LabelPolicies } from '../families/labels.js';
import type { AnyMethod, Self } from '../instrumentation/reader-types.js';
import { methodDecorator } from './apply.js';
import type { Given } from './given.js';
import type { FamilyLabels, GaugeOptions, MethodDecoratorOf, ValueRule } from './options.js';

/**
 * Sets a gauge to the `value` that it reads from the result of each call that returned.
 *
 * @throws MetricsError when it decorates, with everything that is wrong with the options.
 */
export function Gauge<L, S, M extends AnyMethod, N extends string>(
  options: GaugeOptions<Self<L, S>, M, N>,
): MethodDecoratorOf<L, S, M>;
export function Gauge<L, S, M extends AnyMethod, P extends LabelPolicies>(
  family: GaugeFamily<P>,
  options: FamilyLabels<Self<L, S>, M, P> & ValueRule<Self<L, S>, M>,
): MethodDecoratorOf<L, S, M>;
export function Gauge<L, S, M extends AnyMethod, N extends string>(
  metric: ExternalGauge<N>,
  options: FamilyLabels<Self<L, S>, M, ExternalLabels<N>> & ValueRule<Self<L, S>, M>,
): MethodDecoratorOf<L, S, M>;
export function Gauge(...given: Given): MethodDecoratorOf<unknown, unknown, AnyMethod> {
  return methodDecorator('Gauge', given);
}
