import { processState, registerCopy, warnOnce } from '../process-state.js';
import type { Family } from './family.js';

/** A family that a method feeds. */
export interface Declaration {
  readonly decorator: string;
  readonly family: Family;
  readonly method: string;
  /** `@Gauge on ClusterService.list`; `@Gauge on method "list"` until the class of a standard decorator is known. */
  site: string;
}

const { instruments: register, carriers } = processState;

/** The declarations whose class or function is known. */
const declared = new WeakSet<Declaration>();

/** Remembers, weakly, that this prototype, class or function has the instrument. A repetition changes nothing. */
export function declareInstrument(owner: object, declaration: Declaration): void {
  declared.add(declaration);
  const conflict = registerCopy();
  if (conflict !== undefined) warnOnce(conflict);
  const declarations = register.byOwner.get(owner);
  if (declarations === undefined) {
    register.byOwner.set(owner, [declaration]);
    register.owners.add(new WeakRef(owner));
  } else if (!declarations.includes(declaration)) {
    declarations.push(declaration);
  }
  publishMetadata(owner);
}

/** Forgets instruments of this prototype or function, because others stand in their place. */
export function forgetInstruments(owner: object, declarations: readonly Declaration[]): void {
  const left = register.byOwner.get(owner)?.filter((one) => !declarations.includes(one));
  if (left !== undefined) register.byOwner.set(owner, left);
}

/** The instruments that a wrapper around a method feeds; the list may grow. */
export interface Carrier {
  readonly instruments: readonly Declaration[];
  /** The instruments of the function that the wrapper was put around. */
  readonly beneath?: readonly Declaration[];
}

/** Remembers which instruments this wrapper feeds. */
export function declareCarrier(wrapper: object, carrier: Carrier): void {
  carriers.set(wrapper, carrier);
}

/** Finds the instruments that a function feeds; `undefined` where it is not a wrapper. */
export const carrierOf = (fn: object): Carrier | undefined => carriers.get(fn);

/**
 * Declares the instruments of the methods of a prototype, or of the static methods of a class. Why: a standard decorator
 * knows its class only from the first instance on, but a caller that has the class need not wait for one.
 */
function discoverInstruments(owner: object): void {
  for (const key of Reflect.ownKeys(owner)) {
    const method: unknown = Reflect.getOwnPropertyDescriptor(owner, key)?.value;
    const carrier = typeof method === 'function' ? carrierOf(method) : undefined;
    for (const declaration of carrier?.instruments ?? []) {
      // Why no new site: the method was copied from the class in which it was declared.
      if (declared.has(declaration)) declareInstrument(owner, declaration);
      else declareOn(owner, declaration);
    }
  }
}

/** Declares an instrument of a method whose class is known. */
export function declareOn(owner: object, declaration: Declaration): void {
  declaration.site = `@${declaration.decorator} on ${classNameOf(owner)}.${declaration.method}`;
  declareInstrument(owner, declaration);
}

/** The name, in messages, of the class of a prototype or of a class itself. */
export const classNameOf = (owner: object): string =>
  (typeof owner === 'function' ? owner.name : owner.constructor?.name) || 'an anonymous class';

/** The part of reflect-metadata that is used, where the user has loaded it. */
interface MetadataApi {
  getOwnMetadataKeys?(target: object): unknown[];
  getOwnMetadata?(key: unknown, target: object): unknown;
  defineMetadata?(key: unknown, value: unknown, target: object): void;
}

/** `Reflect`, to which reflect-metadata adds its functions. */
export const metadataApi = Reflect as MetadataApi;

/** Shows the declarations to tools that read metadata, under `flowplane-metrics:instruments`. This package does not read it. */
function publishMetadata(owner: object): void {
  metadataApi.defineMetadata?.('flowplane-metrics:instruments', register.byOwner.get(owner), owner);
}

/** The instruments of an instance: its own, where it is a class or a function, and those of its prototypes. */
export function instrumentsOf(instance: object): Declaration[] {
  const found: Declaration[] = [];
  for (let owner: object | null = instance; owner !== null; owner = Object.getPrototypeOf(owner)) {
    found.push(...(register.byOwner.get(owner) ?? []));
  }
  return found;
}

const examined = new WeakSet<object>();

/** Whether an instance has instruments. The methods of its class are looked through once, as a mixin may have copied them. */
export function hasInstruments(instance: object): boolean {
  const prototype = Object.getPrototypeOf(instance);
  if (prototype !== null && !examined.has(prototype)) {
    examined.add(prototype);
    instrumentsOfClass(prototype);
  }
  return instrumentsOf(instance).length > 0;
}

/** The instruments of a class, by its prototype, even before it has an instance. */
export function instrumentsOfClass(prototype: object): Declaration[] {
  for (let owner: object | null = prototype; owner !== null; owner = Object.getPrototypeOf(owner)) {
    discoverInstruments(owner);
  }
  return instrumentsOf(prototype);
}

/** Every instrument of the process whose class or function still exists. */
export function allInstruments(): Declaration[] {
  const found = new Set<Declaration>();
  for (const reference of register.owners) {
    const owner = reference.deref();
    if (owner === undefined) register.owners.delete(reference);
    else for (const declaration of register.byOwner.get(owner) ?? []) found.add(declaration);
  }
  return [...found];
}
