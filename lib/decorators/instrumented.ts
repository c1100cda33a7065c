import { formatValue, type Problem, refuseIfAny } from '../error.js';
import { forgetInstruments } from '../families/declared-instruments.js';
import { checkLabelName } from '../families/family-checks.js';
import type { LabelValue } from '../families/labels.js';
import { isUtf8Name } from '../families/naming.js';
import type { AnyMethod } from '../instrumentation/call.js';
import { outcome } from '../instrumentation/ready-made.js';
import { dropRepeated, instrumentsOn } from '../instrumentation/wrap-method.js';
import {
  checkOptions,
  checkValue,
  isObject,
  isText,
  problem,
  type Rule,
  type Rules,
  type Unchecked,
} from '../validation.js';
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
    refuseIfAny(
      `@Instrumented on class ${target.name || 'without a name'}`,
      checkInstrumented(given, target.prototype),
    );
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
    const before = [...instrumentsOn(descriptor.value)];
    const decorate = (decorator: 'Counter' | 'Timed', family: object, further: object): void => {
      const args = (method: string) =>
        [family, { labels: { class: className, method, ...further, ...labels } }] as const;
      createDecorator(decorator, args)(prototype, key, descriptor);
    };
    // Why checked: a method with its own @Timed() feeds this family already.
    if (!feeds(descriptor.value, duration.name)) decorate('Timed', duration, {});
    decorate('Counter', calls, { outcome: { result, error } });
    forgetInstruments(prototype, dropRepeated(descriptor.value, before));
    Reflect.defineProperty(prototype, key, descriptor);
  };
}

const feeds = (method: AnyMethod, name: string): boolean =>
  instrumentsOn(method).some(({ family }) => family.name === name);

const rules: Rules = {
  name: { must: 'be a word', accepts: isText, remedy: "Leave it out for the class's own name" },
  prefix: {
    must: 'be the beginning of a metric name',
    accepts: isUtf8Name,
    remedy: 'Write for example "shop_"',
  },
  skip: { must: 'list methods', accepts: Array.isArray, remedy: 'Write ["close"]' },
  labels: { must: 'be an object', accepts: isObject, remedy: 'Write { region: "eu" }' },
};

function checkInstrumented(options: Unchecked, prototype: object): Problem[] {
  const { skip = [], labels = {} } = options;
  const unknown = Array.isArray(skip) ? skip.filter((key) => !(key in prototype)) : [];
  return [
    ...checkOptions(options, rules),
    ...unknown.map((key) =>
      problem(
        'illegal_option',
        `"skip" names a method that the class does not have (given ${formatValue(key)}). Correct or remove it.`,
      ),
    ),
    ...Object.entries(isObject(labels) ? labels : {}).flatMap(([label, value]) => checkLabel(label, value)),
  ];
}

const labelRule: Rule = {
  must: 'be a constant or a reader of the instance',
  accepts: (value) => !isObject(value),
  remedy: 'Write "eu"',
  code: 'illegal_label',
};

function checkLabel(label: string, value: unknown): Problem[] {
  const isOwn = ['class', 'method', 'outcome'].includes(label);
  const message = `label "${label}" is set by the decorator itself (given as a further label). Use another name.`;
  return [
    ...checkLabelName('histogram', label),
    ...(isOwn ? [problem('illegal_label', message)] : []),
    ...checkValue(`label "${label}"`, labelRule, value),
  ];
}
