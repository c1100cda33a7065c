import { declareCarrier } from '../families/declared-instruments.js';
import type { Beginning } from './beginning.js';
import type { Bound } from './bound.js';
import { endingOf, endingOfEvery, follow } from './completion/track.js';
import type { Instrument } from './instrument.js';
import { InstrumentedMethod } from './instrumented-method.js';
import { call } from './invoke.js';
import { PendingCall } from './pending-call.js';
import type { AnyMethod } from './reader-types.js';

const wrapped = new WeakMap<AnyMethod, InstrumentedMethod>();

/**
 * The method with one more instrument: a new wrapper around a bare method, or the same wrapper once more.
 *
 * The only place that replaces a method.
 */
export function wrapMethod(method: AnyMethod, instrument: Instrument): AnyMethod {
  const existing = wrapped.get(method);
  if (existing !== undefined) {
    existing.add(instrument);
    return method;
  }
  const created = new InstrumentedMethod();
  created.add(instrument);
  const wrapper = copyIdentity(wrapperOf(method, created), method);
  wrapped.set(wrapper, created);
  declareCarrier(wrapper, created.instruments);
  return wrapper;
}

/** The instruments that this function carries already. */
export const instrumentsOn = (method: AnyMethod): readonly Instrument[] => wrapped.get(method)?.instruments ?? [];

/** The function itself, or, where it is a wrapper, one around it: what that is given does not reach the function. */
export function ensureFreshTarget<M extends AnyMethod>(fn: M): M {
  if (!wrapped.has(fn)) return fn;
  const layer = function (this: unknown, ...args: unknown[]): unknown {
    return Reflect.apply(fn, this, args);
  };
  return copyIdentity(layer, fn) as M;
}

// Why a method of an object literal: like the method that it stands for, it has no prototype and cannot be constructed.
function wrapperOf(method: AnyMethod, site: InstrumentedMethod): AnyMethod {
  const known = endingOfEvery(method);
  return {
    wrapper(this: unknown, ...args: unknown[]): unknown {
      const bound = site.boundFor(this);
      if (bound === undefined) return Reflect.apply(method, this, args);
      const count = args.length;
      const a = args[0];
      const b = args[1];
      const c = args[2];
      // Why spread: V8 makes no list of the arguments as long as nothing but a call takes them all.
      const all = count > 3 ? listOf(...args) : undefined;
      const beginning = bound.begins ? begun(bound, this, count, a, b, c, all) : undefined;
      let result: unknown;
      try {
        result = call(method, this, count, a, b, c, all);
      } catch (error) {
        bound.settle('threw', this, error, beginning, count, a, b, c, all);
        throw error;
      }
      const ending = known ?? (typeof result === 'object' ? endingOf(result) : undefined);
      if (ending === undefined) bound.settle('returned', this, result, beginning, count, a, b, c, all);
      else return follow(result as object, ending, new PendingCall(bound, this, beginning, count, a, b, c, all));
      return result;
    },
  }.wrapper;
}

const listOf = (...args: unknown[]): readonly unknown[] => args;

function begun(
  bound: Bound,
  self: unknown,
  count: number,
  a: unknown,
  b: unknown,
  c: unknown,
  all: readonly unknown[] | undefined,
): Beginning {
  const beginning: Beginning = { at: undefined, entered: undefined };
  bound.begin(self, beginning, count, a, b, c, all);
  return beginning;
}

/** Gives the wrapper everything that can be read off the method: name, length, own properties, metadata. */
function copyIdentity(wrapper: AnyMethod, method: AnyMethod): AnyMethod {
  for (const key of Reflect.ownKeys(method)) {
    Reflect.defineProperty(wrapper, key, Reflect.getOwnPropertyDescriptor(method, key) as PropertyDescriptor);
  }
  Object.setPrototypeOf(wrapper, Object.getPrototypeOf(method));
  copyMetadata(method, wrapper);
  return wrapper;
}

/** The part of reflect-metadata that is used where the user has loaded it. */
interface MetadataApi {
  getOwnMetadataKeys?(target: object): unknown[];
  getOwnMetadata?(key: unknown, target: object): unknown;
  defineMetadata?(key: unknown, value: unknown, target: object): void;
}

function copyMetadata(from: object, to: object): void {
  const api = Reflect as MetadataApi;
  for (const key of api.getOwnMetadataKeys?.(from) ?? []) {
    api.defineMetadata?.(key, api.getOwnMetadata?.(key, from), to);
  }
}
