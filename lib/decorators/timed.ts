import type { ExternalHistogram, ExternalLabels } from '../families/external-metric.js';
import type { HistogramFamily } from '../families/family.js';
import type { LabelPolicies } from '../families/labels.js';
import type { AnyMethod, Self } from '../instrumentation/reader-types.js';
import { methodDecorator } from './apply.js';
import { className } from './class-name.js';
import type { Given } from './given.js';
import { methodDuration } from './method-families.js';
import type { FamilyLabels, MethodDecoratorOf, TimedOptions, TimedRule } from './options.js';

const duration = methodDuration('', {});

/**
 * Observes how long each call took until it settled, in seconds. Without options: `method_duration_seconds{class,method}`.
 *
 * @throws MetricsError when it decorates, with everything that is wrong with the options.
 */
// biome-ignore lint/suspicious/noExplicitAny: it reads nothing, so it fits every class.
export function Timed(): MethodDecoratorOf<any, any, AnyMethod>;
export function Timed<L, S, M extends AnyMethod, N extends string>(
  options: TimedOptions<Self<L, S>, M, N>,
): MethodDecoratorOf<L, S, M>;
export function Timed<L, S, M extends AnyMethod, P extends LabelPolicies>(
  family: HistogramFamily<P>,
  options: FamilyLabels<Self<L, S>, M, P> & TimedRule<Self<L, S>, M>,
): MethodDecoratorOf<L, S, M>;
export function Timed<L, S, M extends AnyMethod, N extends string>(
  metric: ExternalHistogram<N>,
  options: FamilyLabels<Self<L, S>, M, ExternalLabels<N>> & TimedRule<Self<L, S>, M>,
): MethodDecoratorOf<L, S, M>;
export function Timed(...given: [] | Given): MethodDecoratorOf<unknown, unknown, AnyMethod> {
  return methodDecorator('Timed', given.length === 0 ? bare : given);
}

const bare = (method: string): Given => [duration, { labels: { class: className, method } }];
