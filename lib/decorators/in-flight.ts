import type { ExternalGauge, ExternalLabels } from '../families/external-metric.js';
import type { GaugeFamily } from '../families/family.js';
import type { LabelPolicies } from '../families/labels.js';
import type { AnyMethod, Self } from '../instrumentation/reader-types.js';
import { methodDecorator } from './apply.js';
import type { Given } from './given.js';
import type { EarlyFamilyLabels, InFlightOptions, MethodDecoratorOf } from './options.js';

/**
 * A gauge of the calls that have begun and not settled: +1 at the call, −1 when it settles. Labels read the arguments
 * when the call begins.
 *
 * @throws MetricsError when it decorates, with everything that is wrong with the options.
 */
export function InFlight<L, S, M extends AnyMethod, N extends string>(
  options: InFlightOptions<Self<L, S>, M, N>,
): MethodDecoratorOf<L, S, M>;
export function InFlight<L, S, M extends AnyMethod, P extends LabelPolicies>(
  family: GaugeFamily<P>,
  options: EarlyFamilyLabels<Self<L, S>, M, P>,
): MethodDecoratorOf<L, S, M>;
export function InFlight<L, S, M extends AnyMethod, N extends string>(
  metric: ExternalGauge<N>,
  options: EarlyFamilyLabels<Self<L, S>, M, ExternalLabels<N>>,
): MethodDecoratorOf<L, S, M>;
export function InFlight(...given: Given): MethodDecoratorOf<unknown, unknown, AnyMethod> {
  return methodDecorator('InFlight', given);
}
