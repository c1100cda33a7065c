import { type CounterFamily, defineCounter, defineHistogram, type HistogramFamily } from '../families/family.js';
import type { LabelPolicies, LabelPolicy } from '../families/labels.js';
import { outcome } from '../instrumentation/ready-made.js';

/** The labels that name a method. */
interface OfMethod extends LabelPolicies {
  readonly class: LabelPolicy;
  readonly method: LabelPolicy;
}

/** How long the methods took, whichever they are: what `@Timed()` and `@Instrumented` have in common. */
export function methodDuration(prefix: string, further: LabelPolicies): HistogramFamily<OfMethod> {
  return defineHistogram({
    name: `${prefix}method_duration_seconds`,
    help: 'How long a method call took until it settled',
    unit: 'seconds',
    labels: { class: {}, method: {}, ...further },
  });
}

/** How often methods were called, and how it ended. */
export function methodCalls(prefix: string, further: LabelPolicies): CounterFamily<OfMethod> {
  return defineCounter({
    name: `${prefix}method_calls_total`,
    help: 'Method calls that have settled, by how',
    labels: { class: {}, method: {}, outcome: { oneOf: outcome.oneOf }, ...further },
  });
}
