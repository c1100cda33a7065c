import { MetricsError } from '../error.js';
import { declareInstrument } from '../families/declared-instruments.js';
import type { AnyMethod } from '../instrumentation/reader-types.js';
import { ensureFreshTarget, instrumentsOn } from '../instrumentation/wrap-method.js';
import type { MethodDecoratorOf } from './options.js';

/**
 * The function with these decorators, as if it had been a method annotated with them, the first one on top. The function
 * itself stays as it is.
 *
 * @throws MetricsError as the decorators do.
 */
export function instrumentFunction<M extends AnyMethod>(
  fn: M,
  // biome-ignore lint/suspicious/noExplicitAny: a function has no class.
  ...decorators: MethodDecoratorOf<any, any, M>[]
): M {
  if (isClass(fn))
    throw notAMethod('instrumentFunction', `class ${fn.name} is no function (given a class). Annotate its methods.`);
  const descriptor: TypedPropertyDescriptor<M> = { value: ensureFreshTarget(fn), configurable: true, writable: true };
  const owner = Object.create(null, { constructor: { value: { name: 'function' } } });
  for (const decorate of decorators.toReversed()) decorate(owner, fn.name || 'anonymous', descriptor);
  const wrapper = descriptor.value as M;
  // Why once more: nothing keeps that owner.
  for (const instrument of instrumentsOn(wrapper)) declareInstrument(wrapper, instrument);
  return wrapper;
}

/**
 * Replaces a method of a class that cannot be annotated: `instrumentMethod(Pool.prototype, 'query', Timed({ … }))`.
 * The first decorator is on top.
 *
 * @throws MetricsError as the decorators do, and where there is no such method.
 */
export function instrumentMethod<C extends object, K extends keyof C & string>(
  prototype: C,
  method: K,
  ...decorators: MethodDecoratorOf<C, C, C[K] extends AnyMethod ? C[K] : never>[]
): void {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, method);
  if (typeof descriptor?.value !== 'function' || isClass(descriptor.value)) {
    const given = prototype.constructor?.name;
    throw notAMethod(
      'instrumentMethod',
      `method "${method}" is not a method of the given prototype itself (given ${given}). Give the prototype that declares it.`,
    );
  }
  if (!descriptor.configurable && !descriptor.writable) {
    throw notAMethod(
      'instrumentMethod',
      `method "${method}" cannot be replaced (given a frozen prototype). Annotate it, or use instrumentFunction.`,
    );
  }
  for (const decorate of decorators.toReversed()) decorate(prototype, method, descriptor);
  Object.defineProperty(prototype, method, descriptor);
}

/** Whether this can only be constructed, so that no wrapper can call it. */
const isClass = (value: AnyMethod): boolean => /^class\b/.test(Function.prototype.toString.call(value));

const notAMethod = (site: string, message: string): MetricsError =>
  new MetricsError(site, [{ code: 'not_a_method', message }]);
