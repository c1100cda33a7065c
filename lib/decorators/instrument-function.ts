import { MetricsError } from '../error.js';
import { declareInstrument, forgetInstruments } from '../families/declared-instruments.js';
import type { AnyMethod } from '../instrumentation/call.js';
import { allInstrumentsOn, dropRepeated, ensureFreshTarget, instrumentsOn } from '../instrumentation/wrap-method.js';
import type { MethodDecoratorOf } from './apply.js';

/**
 * Returns a function that records what the decorators say, as a method with these decorators would; the first one is on top.
 * The given function stays as it is; it is returned where it records all that already.
 *
 * @throws MetricsError as the decorators do, and where a class is given.
 * @example
 * import { instrumentFunction, PrometheusRecorder, setDefaultRecorder, Timed } from 'flowplane-metrics';
 *
 * setDefaultRecorder(new PrometheusRecorder());
 * const load = async (path: string): Promise<string> => `content of ${path}`;
 * const timedLoad = instrumentFunction(load, Timed({ name: 'load_seconds', help: 'Duration of a load' }));
 * await timedLoad('/etc/hosts');
 */
export function instrumentFunction<M extends AnyMethod>(
  fn: M,
  // biome-ignore lint/suspicious/noExplicitAny: a function has no class.
  ...decorators: MethodDecoratorOf<any, any, M>[]
): M {
  if (isClass(fn)) {
    refuse('instrumentFunction', `class ${fn.name} is not a function (given a class). Annotate its methods.`);
  }
  const descriptor: TypedPropertyDescriptor<M> = { value: ensureFreshTarget(fn), configurable: true, writable: true };
  const owner = Object.create(null, { constructor: { value: { name: 'function' } } });
  for (const decorate of decorators.toReversed()) decorate(owner, fn.name || 'anonymous', descriptor);
  const wrapper = descriptor.value as M;
  dropRepeated(wrapper, allInstrumentsOn(fn));
  if (decorators.length > 0 && instrumentsOn(wrapper).length === 0) return fn;
  // Why declared again: nothing keeps that owner alive.
  for (const instrument of instrumentsOn(wrapper)) declareInstrument(wrapper, instrument);
  return wrapper;
}

/**
 * Replaces a method of a class that you cannot annotate. The first decorator is on top. A definition that the method has
 * already is replaced by the new one, so that code may run again.
 *
 * @throws MetricsError as the decorators do, and where the prototype does not declare such a method.
 * @example
 * import { attachRecorder, instrumentMethod, PrometheusRecorder, Timed } from 'flowplane-metrics';
 *
 * class Pool {
 *   query(sql: string): string {
 *     return `result of ${sql}`;
 *   }
 * }
 * instrumentMethod(Pool.prototype, 'query', Timed({ name: 'query_seconds', help: 'Duration of a query' }));
 * attachRecorder(new Pool(), new PrometheusRecorder()).query('select 1');
 */
export function instrumentMethod<C extends object, K extends keyof C & string>(
  prototype: C,
  method: K,
  ...decorators: MethodDecoratorOf<C, C, C[K] extends AnyMethod ? C[K] : never>[]
): void {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, method);
  if (typeof descriptor?.value !== 'function' || isClass(descriptor.value)) {
    const given = prototype.constructor?.name;
    refuse(
      'instrumentMethod',
      `method "${method}" is not a method of the given prototype itself (given ${given}). Give the prototype that declares it.`,
    );
  }
  if (!descriptor.configurable && !descriptor.writable) {
    refuse(
      'instrumentMethod',
      `method "${method}" cannot be replaced (given a frozen prototype). Annotate it, or use instrumentFunction.`,
    );
  }
  const before = allInstrumentsOn(descriptor.value);
  for (const decorate of decorators.toReversed()) decorate(prototype, method, descriptor);
  const added = instrumentsOn(descriptor.value).filter((one) => !before.includes(one));
  const repeated = dropRepeated(descriptor.value, before);
  if (added.length > 0 && instrumentsOn(descriptor.value).length === 0) {
    // Why: another copy of this package has put the same instruments there, and cannot be made to replace them.
    forgetInstruments(prototype, added);
    return;
  }
  forgetInstruments(prototype, repeated);
  Object.defineProperty(prototype, method, descriptor);
}

/** Whether this can only be constructed, so that no wrapper can call it. */
const isClass = (value: AnyMethod): boolean => /^class\b/.test(Function.prototype.toString.call(value));

function refuse(site: string, message: string): never {
  throw new MetricsError(site, [{ code: 'not_a_method', message }]);
}
