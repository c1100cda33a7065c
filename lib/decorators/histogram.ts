import type { ExternalHistogram, ExternalLabels } from '../families/external-metric.js';
import type { HistogramFamily } from '../families/family.js';
import type { LabelPolicies } from '../families/labels.js';
import type { AnyMethod, Self } from '../instrumentation/reader-types.js';
import { methodDecorator } from './apply.js';
import type { Given } from './given.js';
import type { FamilyLabels, HistogramOptions, MethodDecoratorOf, ValueRule } from './options.js';

/**
 * Observes the `value` that it reads from the result of each call that returned.
 *
 * @throws MetricsError when it decorates, with everything that is wrong with the options.
 */
export function Histogram<L, S, M extends AnyMethod, N extends string>(
  options: HistogramOptions<Self<L, S>, M, N>,
): MethodDecoratorOf<L, S, M>;
export function Histogram<L, S, M extends AnyMethod, P extends LabelPolicies>(
  family: HistogramFamily<P>,
  options: FamilyLabels<Self<L, S>, M, P> & ValueRule<Self<L, S>, M>,
): MethodDecoratorOf<L, S, M>;
export function Histogram<L, S, M extends AnyMethod, N extends string>(
  metric: ExternalHistogram<N>,
  options: FamilyLabels<Self<L, S>, M, ExternalLabels<N>> & ValueRule<Self<L, S>, M>,
): MethodDecoratorOf<L, S, M>;
export function Histogram(...given: Given): MethodDecoratorOf<unknown, unknown, AnyMethod> {
  return methodDecorator('Histogram', given);
}
