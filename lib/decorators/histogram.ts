import type { ExternalHistogram, ExternalLabels } from '../families/external-metric.js';
import type { BucketOptions, HistogramFamily } from '../families/family.js';
import type { LabelPolicies } from '../families/labels.js';
import type { AnyMethod } from '../instrumentation/call.js';
import type { FamilyLabelOptions, LabelOptions, ReaderThis } from '../instrumentation/reader-types.js';
import { createDecorator, type MethodDecoratorOf } from './apply.js';
import type { CompletionOptions, DecoratorArguments, InPlaceOptions, ValueOptions } from './declaration.js';

/** The options of `@Histogram` with a family declared in place. */
export type HistogramOptions<T, M extends AnyMethod, N extends string> = InPlaceOptions<N> &
  BucketOptions &
  LabelOptions<T, M, N> &
  ValueOptions<T, M> &
  CompletionOptions<M>;

/**
 * Observes the `value` that it reads from the awaited result of each call that returned.
 *
 * @throws MetricsError when it decorates, with everything that is wrong with the options.
 * @example
 * import { attachRecorder, Histogram, PrometheusRecorder } from 'flowplane-metrics';
 *
 * const buckets = [100, 1_000, 10_000];
 * class PageService {@Histogram({ name: 'page_bytes', help: 'Size of a page', buckets, value: (page) => page.length })
 *   render(title: string): string {
 *     return `<h1>${title}</h1>`;
 *   }
 * }
 * attachRecorder(new PageService(), new PrometheusRecorder()).render('Clusters');
 */
export function Histogram<L, S, M extends AnyMethod, N extends string>(
  options: HistogramOptions<ReaderThis<L, S>, M, N>,
): MethodDecoratorOf<L, S, M>;
export function Histogram<L, S, M extends AnyMethod, P extends LabelPolicies>(
  family: HistogramFamily<P>,
  options: FamilyLabelOptions<ReaderThis<L, S>, M, P> & ValueOptions<ReaderThis<L, S>, M> & CompletionOptions<M>,
): MethodDecoratorOf<L, S, M>;
export function Histogram<L, S, M extends AnyMethod, N extends string>(
  metric: ExternalHistogram<N>,
  options: FamilyLabelOptions<ReaderThis<L, S>, M, ExternalLabels<N>> &
    ValueOptions<ReaderThis<L, S>, M> &
    CompletionOptions<M>,
): MethodDecoratorOf<L, S, M>;
export function Histogram(...args: DecoratorArguments): MethodDecoratorOf<unknown, unknown, AnyMethod> {
  return createDecorator('Histogram', args);
}
