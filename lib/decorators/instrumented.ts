import { type Problem, refuseIfAny, shown } from '../error.js';
import {
  isObject,
  labelNameProblems,
  problem,
  type Unchecked,
  unknownOptions,
  unless,
} from '../families/family-problems.js';
import type { LabelValue } from '../families/label-policy.js';
import { isMetricName } from '../families/names.js';
import type { AnyMethod } from '../instrumentation/call.js';
import { outcome } from '../instrumentation/ready-made.js';
import { instrumentsOn } from '../instrumentation/wrap-method.js';
import { createDecorator } from './apply.js';
import { declareMethodCalls, declareMethodDuration, toClassLabel } from './method-metrics.js';

/** The options of `@Instrumented`; `T` is the instance. */
export interface InstrumentedOptions<T> {
  /** The value of the label `class`. Default: the class's own name. */
  readonly name?: string;
  /** What the names of the two families start with, its `_` included: `shop_`. Default: nothing. */
  readonly prefix?: string;
  /** Methods to leave alone. */
  readonly skip?: readonly (keyof T)[];
  /** Further labels of every method: constants, or readers of the instance. */
  readonly labels?: { readonly [name: string]: LabelValue | ((this: T) => LabelValue) };
}

/**
 * Counts and times every method that the class itself declares, as `<prefix>method_calls_total{class,method,outcome}` and
 * `<prefix>method_duration_seconds{class,method}`. Accessors, static methods and functions in fields are left alone.
 *
 * @throws MetricsError with everything that is wrong with the options.
 * @example
 * import { attachRecorder, Instrumented, PrometheusRecorder } from 'flowplane-metrics';
 *
 * class PaymentService {
 *   pay(amount: number): string {
 *     return `paid ${amount}`;
 *   }
 * }
 * Instrumented({ prefix: 'shop_' })(PaymentService); // or above the class: `@Instrumented({ prefix: 'shop_' })`
 * attachRecorder(new PaymentService(), new PrometheusRecorder()).pay(7);
 */
export function Instrumented<T>(options: InstrumentedOptions<T> = {}): ClassDecoratorOf<T> {
  return (target) => {
    const given = options as Unchecked;
    refuseIfAny(`@Instrumented on class ${target.name || 'without a name'}`, checkOptions(given, target.prototype));
    const skipped = (options.skip ?? []) as readonly PropertyKey[];
    const instrument = createInstrumenter(
      options.name ?? (() => toClassLabel(target.name)),
      options.prefix ?? '',
      options.labels,
    );
    for (const key of Reflect.ownKeys(target.prototype)) {
      if (key !== 'constructor' && !skipped.includes(key)) instrument(target.prototype, key);
    }
  };
}

// biome-ignore lint/suspicious/noExplicitAny: any constructor of such instances.
type ClassOf<T> = abstract new (...args: any) => T;
type ClassDecoratorOf<T> = (target: ClassOf<T>, context?: ClassDecoratorContext<ClassOf<T>>) => void;

type InstrumentMember = (prototype: object, key: string | symbol) => void;

/** Creates the function that counts and times one member of a class, where it is a method. */
function createInstrumenter(className: unknown, prefix: string, labels: Unchecked = {}): InstrumentMember {
  const policies = Object.fromEntries(Object.keys(labels).map((name) => [name, {}]));
  const [calls, duration] = [declareMethodCalls(prefix, policies), declareMethodDuration(prefix, policies)];
  const { result, error } = outcome;
  return (prototype, key) => {
    const descriptor = Reflect.getOwnPropertyDescriptor(prototype, key);
    if (typeof descriptor?.value !== 'function') return;
    const decorate = (decorator: 'Counter' | 'Timed', family: object, further: object): void => {
      const args = (method: string) =>
        [family, { labels: { class: className, method, ...further, ...labels } }] as const;
      createDecorator(decorator, args)(prototype, key, descriptor);
    };
    // Why checked: a method with its own @Timed() feeds this family already.
    if (!feeds(descriptor.value, duration.name)) decorate('Timed', duration, {});
    decorate('Counter', calls, { outcome: { result, error } });
    Reflect.defineProperty(prototype, key, descriptor);
  };
}

const feeds = (method: AnyMethod, name: string): boolean =>
  instrumentsOn(method).some(({ family }) => family.name === name);

function checkOptions(options: Unchecked, prototype: object): Problem[] {
  const { name, prefix, skip = [], labels = {} } = options;
  return [
    ...unknownOptions(options, ['name', 'prefix', 'skip', 'labels']),
    ...unless(
      name === undefined || (typeof name === 'string' && name !== ''),
      'illegal_option',
      () => `"name" must be a word (given ${shown(name)}). Leave it out for the class's own name.`,
    ),
    ...unless(
      prefix === undefined || isMetricName(String(prefix)),
      'illegal_option',
      () => `"prefix" must be the beginning of a metric name (given ${shown(prefix)}). Write for example "shop_".`,
    ),
    ...(Array.isArray(skip)
      ? skip.flatMap((key) =>
          unless(
            key in prototype,
            'illegal_option',
            () => `"skip" names a method that the class does not have (given ${shown(key)}). Correct or remove it.`,
          ),
        )
      : [problem('illegal_option', `"skip" must list methods (given ${shown(skip)}). Write ["close"].`)]),
    ...(isObject(labels)
      ? Object.entries(labels).flatMap(([label, value]) => checkLabel(label, value))
      : [problem('illegal_option', `"labels" must be an object (given ${shown(labels)}). Write { region: "eu" }.`)]),
  ];
}

function checkLabel(label: string, value: unknown): Problem[] {
  return [
    ...labelNameProblems('histogram', label),
    ...unless(
      !['class', 'method', 'outcome'].includes(label),
      'illegal_label',
      () => `label "${label}" is set by the decorator itself (given as a further label). Use another name.`,
    ),
    ...unless(
      !isObject(value),
      'illegal_label',
      () => `label "${label}" must be a constant or a reader of the instance (given ${shown(value)}). Write "eu".`,
    ),
  ];
}
