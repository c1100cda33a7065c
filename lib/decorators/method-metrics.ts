import { type CounterFamily, defineCounter, defineHistogram, type HistogramFamily } from '../families/family.js';
import type { LabelPolicies, LabelPolicy } from '../families/labels.js';
import { outcome } from '../instrumentation/ready-made.js';
import { processState } from '../process-state.js';
import { adviseAll } from '../recorder/reports.js';

/** The labels that name a method. */
interface MethodLabels extends LabelPolicies {
  readonly class: LabelPolicy;
  readonly method: LabelPolicy;
}

/** Declares the duration of any methods: what `@Timed()` and `@Instrumented` have in common. */
export function declareMethodDuration(prefix: string, labels: LabelPolicies): HistogramFamily<MethodLabels> {
  return defineHistogram({
    name: `${prefix}method_duration_seconds`,
    help: 'How long a method call took until it settled',
    unit: 'seconds',
    labels: { class: {}, method: {}, ...labels },
  });
}

/** Declares the number of calls of any methods, by how they ended. */
export function declareMethodCalls(prefix: string, labels: LabelPolicies): CounterFamily<MethodLabels> {
  return defineCounter({
    name: `${prefix}method_calls_total`,
    help: 'Method calls that have settled, by how',
    labels: { class: {}, method: {}, outcome: { oneOf: outcome.oneOf }, ...labels },
  });
}

/** Reads the label `class` of an instance, or of a class with a static method. */
export function readClassName(this: unknown): string | undefined {
  if (typeof this === 'function') return toClassLabel(this.name);
  return typeof this === 'object' ? toClassLabel(this?.constructor?.name) : undefined;
}

/** A class name as a label value. Advises, once per name, where it looks minified: each build would have another one. */
export function toClassLabel(name: string | undefined): string | undefined {
  if (name !== undefined && name.length <= 2) adviseMinified(name);
  return name;
}

const { minified: advised } = processState;

function adviseMinified(name: string): void {
  if (advised.has(name)) return;
  advised.add(name);
  adviseAll({
    code: 'minified_class',
    message:
      `label "class": the class name looks minified (given "${name}"), so it may differ in the next build. ` +
      'Keep names when bundling (esbuild: --keep-names), or write @Instrumented({ name }) or @Timed with labels of your own.',
  });
}
