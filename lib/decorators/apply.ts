import { formatValue, MetricsError } from '../error.js';
import { classNameOf, declareInstrument, declareOn } from '../families/declared-instruments.js';
import type { Instrument } from '../instrumentation/instrument.js';
import type { AnyMethod } from '../instrumentation/reader-types.js';
import { wrapMethod } from '../instrumentation/wrap-method.js';
import { instrumentAt } from './declaration.js';
import type { DecoratorName } from './decorator-rules.js';
import type { Given } from './given.js';
import type { MethodDecoratorOf } from './options.js';

type Key = string | symbol;

/** The part of a standard decorator's context that is used. */
interface Context {
  readonly kind: string;
  readonly name: Key;
  readonly static: boolean;
  addInitializer(initializer: (this: object) => void): void;
}

/**
 * One decorator for both modes, told apart by the second argument: a key in legacy mode, a context in standard mode.
 *
 * Why `any`: the public overloads of each decorator say what it applies to.
 */
export function methodDecorator(
  decorator: DecoratorName,
  given: Given | ((method: string) => Given),
  // biome-ignore lint/suspicious/noExplicitAny: see above.
): MethodDecoratorOf<any, any, any> {
  // Why looked at here: without parentheses the decorator itself is handed the method, and what it gives would replace it.
  if (typeof given !== 'function' && (given.length > 2 || typeof given[0] === 'function')) throw notCalled(decorator);
  const givenFor = (key: Key = '') => (typeof given === 'function' ? given(methodName(key)) : given);
  // biome-ignore lint/suspicious/noExplicitAny: see above.
  return (target: any, keyOrContext: any, descriptor?: any): any =>
    typeof keyOrContext === 'object' && keyOrContext !== null
      ? applyStandard(decorator, givenFor(keyOrContext.name), target, keyOrContext)
      : applyLegacy(decorator, givenFor(keyOrContext), target, keyOrContext, descriptor);
}

function applyLegacy(
  decorator: DecoratorName,
  given: Given,
  target: object,
  key: Key | undefined,
  descriptor: PropertyDescriptor | undefined,
): void {
  const name = key === undefined ? `class ${classNameOf(target)}` : `${classNameOf(target)}.${methodName(key)}`;
  const site = `@${decorator} on ${name}`;
  if (key === undefined || typeof descriptor?.value !== 'function') throw notAMethod(site, kindOf(key, descriptor));
  const instrument = instrumentAt(decorator, given, { method: methodName(key), name: site });
  descriptor.value = wrapMethod(descriptor.value, instrument);
  declareInstrument(target, instrument);
}

function applyStandard(decorator: DecoratorName, given: Given, method: AnyMethod, context: Context): AnyMethod {
  const site = `@${decorator} on ${context.kind} "${methodName(context.name)}"`;
  if (context.kind !== 'method') throw notAMethod(site, `a ${context.kind}`);
  const instrument = instrumentAt(decorator, given, { method: methodName(context.name), name: site });
  const wrapper = wrapMethod(method, instrument);
  declareWhenKnown(instrument, wrapper, context);
  return wrapper;
}

/** A standard decorator learns its class only when that is initialised (static) or first constructed. */
function declareWhenKnown(instrument: Instrument, wrapper: AnyMethod, context: Context): void {
  let known: object | null = null;
  context.addInitializer(function (this: object) {
    const prototype = context.static ? this : Object.getPrototypeOf(this);
    if (prototype === known) return;
    known = prototype;
    const owner = ownerOf(prototype, context.name, wrapper);
    declareOn(owner, instrument);
  });
}

/** The prototype that carries the wrapper, or, where another decorator hides it, the first that has such a method. */
function ownerOf(prototype: object, key: Key, wrapper: AnyMethod): object {
  const chain: object[] = [];
  for (let next: object | null = prototype; next !== null; next = Object.getPrototypeOf(next)) chain.push(next);
  const carries = (owner: object) => Reflect.getOwnPropertyDescriptor(owner, key)?.value === wrapper;
  return chain.find(carries) ?? chain.find((owner) => Object.hasOwn(owner, key)) ?? prototype;
}

function notAMethod(site: string, what: string): MetricsError {
  return new MetricsError(site, [
    {
      code: 'not_a_method',
      message: `the decorator takes a method (given ${what}). Move it to a method, or wrap a function with instrumentFunction.`,
    },
  ]);
}

function kindOf(key: Key | undefined, descriptor: PropertyDescriptor | undefined): string {
  if (key === undefined) return 'a class';
  if (descriptor === undefined) return 'a field';
  return descriptor.get || descriptor.set ? 'an accessor' : formatValue(descriptor.value);
}

const methodName = (key: Key): string => (typeof key === 'symbol' ? (key.description ?? 'symbol') : key);

function notCalled(decorator: DecoratorName): MetricsError {
  const message = `it must be called with its options (given none). Write @${decorator}({ name, help }).`;
  return new MetricsError(`@${decorator}`, [{ code: 'illegal_option', message }]);
}
