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
import type { AnyMethod } from '../instrumentation/call.js';
import { outcome } from '../instrumentation/ready-made.js';
import { instrumentsOn } from '../instrumentation/wrap-method.js';
import { methodDecorator } from './apply.js';
import { classLabel } from './class-name.js';
import { methodCalls, methodDuration } from './method-families.js';

/** What `@Instrumented` takes; `T` is the instance. */
export interface InstrumentedOptions<T> {
  /** The value of the label `class`. Default: the class's own name. */
  readonly name?: string;
  /** What the names of the two families begin with, its `_` included: `shop_`. Default: nothing. */
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
 */
export function Instrumented<T>(options: InstrumentedOptions<T> = {}): ClassDecoratorOf<T> {
  return (target) => {
    const given = options as Unchecked;
    refuseIfAny(`@Instrumented on class ${target.name || 'without a name'}`, problems(given, target.prototype));
    const skipped = (options.skip ?? []) as readonly PropertyKey[];
    const decorate = decoratorOf(options.name ?? (() => classLabel(target.name)), options.prefix ?? '', options.labels);
    for (const key of Reflect.ownKeys(target.prototype)) {
      if (key !== 'constructor' && !skipped.includes(key)) decorate(target.prototype, key);
    }
  };
}

// biome-ignore lint/suspicious/noExplicitAny: any constructor of such instances.
type ClassOf<T> = abstract new (...args: any) => T;
type ClassDecoratorOf<T> = (target: ClassOf<T>, context?: ClassDecoratorContext<ClassOf<T>>) => void;

type Decorate = (prototype: object, key: string | symbol) => void;

function decoratorOf(className: unknown, prefix: string, labels: Unchecked = {}): Decorate {
  const policies = Object.fromEntries(Object.keys(labels).map((name) => [name, {}]));
  const [calls, duration] = [methodCalls(prefix, policies), methodDuration(prefix, policies)];
  const { result, error } = outcome;
  return (prototype, key) => {
    const descriptor = Reflect.getOwnPropertyDescriptor(prototype, key);
    if (typeof descriptor?.value !== 'function') return;
    const decorate = (decorator: 'Counter' | 'Timed', family: object, further: object): void => {
      const given = (method: string) =>
        [family, { labels: { class: className, method, ...further, ...labels } }] as const;
      methodDecorator(decorator, given)(prototype, key, descriptor);
    };
    // Why asked: a method with @Timed() of its own feeds this family already.
    if (!feeds(descriptor.value, duration.name)) decorate('Timed', duration, {});
    decorate('Counter', calls, { outcome: { result, error } });
    Reflect.defineProperty(prototype, key, descriptor);
  };
}

const feeds = (method: AnyMethod, name: string): boolean =>
  instrumentsOn(method).some(({ family }) => family.name === name);

function problems(options: Unchecked, prototype: object): Problem[] {
  const { name, prefix, skip = [], labels = {} } = options;
  return [
    ...unknownOptions(options, ['name', 'prefix', 'skip', 'labels']),
    ...unless(
      name === undefined || (typeof name === 'string' && name !== ''),
      'illegal_option',
      () => `"name" must be a word (given ${shown(name)}). Leave it out for the class's own name.`,
    ),
    ...unless(
      prefix === undefined || /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(String(prefix)),
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
      ? Object.entries(labels).flatMap(([label, value]) => labelProblems(label, value))
      : [problem('illegal_option', `"labels" must be an object (given ${shown(labels)}). Write { region: "eu" }.`)]),
  ];
}

function labelProblems(label: string, value: unknown): Problem[] {
  return [
    ...labelNameProblems('histogram', label),
    ...unless(
      !['class', 'method', 'outcome'].includes(label),
      'illegal_label',
      () => `label "${label}" is one of the decorator's own (given as a further one). Use another name.`,
    ),
    ...unless(
      !isObject(value),
      'illegal_label',
      () => `label "${label}" must be a constant or a reader of the instance (given ${shown(value)}). Write "eu".`,
    ),
  ];
}
