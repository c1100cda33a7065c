import type { ExternalCounter, ExternalLabels } from '../families/external-metric.js';
import type { CounterFamily } from '../families/family.js';
import type { LabelPolicies } from '../families/labels.js';
import type { AnyMethod, Self } from '../instrumentation/reader-types.js';
import { methodDecorator } from './apply.js';
import type { Given } from './given.js';
import type { CounterOptions, CounterRule, FamilyLabels, MethodDecoratorOf } from './options.js';

/**
 * Counts the calls of a method, or of those calls what `by` reads, once they have settled.
 *
 * @throws MetricsError when it decorates, with everything that is wrong with the options.
 */
export function Counter<L, S, M extends AnyMethod, N extends string>(
  options: CounterOptions<Self<L, S>, M, N>,
): MethodDecoratorOf<L, S, M>;
export function Counter<L, S, M extends AnyMethod, P extends LabelPolicies>(
  family: CounterFamily<P>,
  options: FamilyLabels<Self<L, S>, M, P> & CounterRule<Self<L, S>, M>,
): MethodDecoratorOf<L, S, M>;
export function Counter<L, S, M extends AnyMethod, N extends string>(
  metric: ExternalCounter<N>,
  options: FamilyLabels<Self<L, S>, M, ExternalLabels<N>> & CounterRule<Self<L, S>, M>,
): MethodDecoratorOf<L, S, M>;
export function Counter(...given: Given): MethodDecoratorOf<unknown, unknown, AnyMethod> {
  return methodDecorator('Counter', given);
}
