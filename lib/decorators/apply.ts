import { formatValue, MetricsError } from '../error.js';
import { classNameOf, declareInstrument, declareOn } from '../families/declared-instruments.js';
import type { AnyMethod } from '../instrumentation/call.js';
import type { Instrument } from '../instrumentation/instrument.js';
import { wrapMethod } from '../instrumentation/wrap-method.js';
import { createInstrument, type DecoratorArguments } from './declaration.js';
import type { DecoratorName } from './decorator-rules.js';

/**
 * A method decorator for both decorator modes. `M` is inferred from the decorated method in exactly one place per
 * overload; a second one would let TypeScript infer it from the class as well.
 */
export interface MethodDecoratorOf<L, S, M extends AnyMethod> {
  (target: L, propertyKey: string | symbol, descriptor: TypedPropertyDescriptor<M>): void;
  (value: AnyMethod, context: ClassMethodDecoratorContext<S, M>): void;
}

type Key = string | symbol;

/** The part of a standard decorator's context that is used. */
interface Context {
  readonly kind: string;
  readonly name: Key;
  readonly static: boolean;
  addInitializer(initializer: (this: object) => void): void;
}

/**
 * Creates a decorator for both modes. The second argument tells them apart: a key in legacy mode, a context in standard
 * mode.
 *
 * Why `any`: the public overloads of each decorator say what it applies to.
 */
export function createDecorator(
  decorator: DecoratorName,
  args: DecoratorArguments | ((method: string) => DecoratorArguments),
  // biome-ignore lint/suspicious/noExplicitAny: see above.
): MethodDecoratorOf<any, any, any> {
  // Why checked here: without parentheses the decorator itself gets the method, and its return value would replace it.
  if (typeof args !== 'function' && (args.length > 2 || typeof args[0] === 'function')) refuseUncalled(decorator);
  const argumentsFor = (key: Key = '') => (typeof args === 'function' ? args(nameOf(key)) : args);
  // biome-ignore lint/suspicious/noExplicitAny: see above.
  return (target: any, keyOrContext: any, descriptor?: any): any =>
    typeof keyOrContext === 'object' && keyOrContext !== null
      ? applyStandard(decorator, argumentsFor(keyOrContext.name), target, keyOrContext)
      : applyLegacy(decorator, argumentsFor(keyOrContext), target, keyOrContext, descriptor);
}

function applyLegacy(
  decorator: DecoratorName,
  args: DecoratorArguments,
  target: object,
  key: Key | undefined,
  descriptor: PropertyDescriptor | undefined,
): void {
  const name = key === undefined ? `class ${classNameOf(target)}` : `${classNameOf(target)}.${nameOf(key)}`;
  const site = `@${decorator} on ${name}`;
  if (key === undefined || typeof descriptor?.value !== 'function') {
    throw createTargetError(site, describeTarget(key, descriptor));
  }
  const instrument = createInstrument(decorator, args, { method: nameOf(key), name: site });
  descriptor.value = wrapMethod(descriptor.value, instrument);
  declareInstrument(target, instrument);
}

function applyStandard(
  decorator: DecoratorName,
  args: DecoratorArguments,
  method: AnyMethod,
  context: Context,
): AnyMethod {
  const site = `@${decorator} on ${context.kind} "${nameOf(context.name)}"`;
  if (context.kind !== 'method') throw createTargetError(site, `a ${context.kind}`);
  const instrument = createInstrument(decorator, args, { method: nameOf(context.name), name: site });
  const wrapper = wrapMethod(method, instrument);
  declareOnceClassIsKnown(instrument, wrapper, context);
  return wrapper;
}

/** A standard decorator learns its class only when that is initialised (static) or first constructed. */
function declareOnceClassIsKnown(instrument: Instrument, wrapper: AnyMethod, context: Context): void {
  let known: object | null = null;
  context.addInitializer(function (this: object) {
    const prototype = context.static ? this : Object.getPrototypeOf(this);
    if (prototype === known) return;
    known = prototype;
    declareOn(findOwner(prototype, context.name, wrapper), instrument);
  });
}

/** The prototype that carries the wrapper, or, where another decorator hides it, the first that has such a method. */
function findOwner(prototype: object, key: Key, wrapper: AnyMethod): object {
  const chain: object[] = [];
  for (let next: object | null = prototype; next !== null; next = Object.getPrototypeOf(next)) chain.push(next);
  const carries = (owner: object) => Reflect.getOwnPropertyDescriptor(owner, key)?.value === wrapper;
  return chain.find(carries) ?? chain.find((owner) => Object.hasOwn(owner, key)) ?? prototype;
}

function describeTarget(key: Key | undefined, descriptor: PropertyDescriptor | undefined): string {
  if (key === undefined) return 'a class';
  if (descriptor === undefined) return 'a field';
  return descriptor.get || descriptor.set ? 'an accessor' : formatValue(descriptor.value);
}

const nameOf = (key: Key): string => (typeof key === 'symbol' ? (key.description ?? 'symbol') : key);

function createTargetError(site: string, target: string): MetricsError {
  const message = `the decorator takes a method (given ${target}). Move it to a method, or wrap a function with instrumentFunction.`;
  return new MetricsError(site, [{ code: 'not_a_method', message }]);
}

function refuseUncalled(decorator: DecoratorName): never {
  const message = `the decorator must be called with its options (given none). Write @${decorator}({ name, help }).`;
  throw new MetricsError(`@${decorator}`, [{ code: 'illegal_option', message }]);
}
