import { copies, processWide } from '../process-state.js';
import type { Family } from './family.js';

/** A family bound to a method: who feeds what. */
export interface Declaration {
  readonly decorator: string;
  readonly family: Family;
  readonly method: string;
  /** `@Gauge on ClusterService.list`; `@Gauge on method "list"` until a standard decorator's class is known. */
  site: string;
}

interface Register {
  /** By prototype, or by the class itself for static methods, or by the function. */
  readonly byOwner: WeakMap<object, Declaration[]>;
  readonly owners: Set<WeakRef<object>>;
}

const register = processWide<Register>('instruments', () => ({ byOwner: new WeakMap(), owners: new Set() }));

/** Remembers, weakly, that this prototype, class or function carries the instrument. A repetition changes nothing. */
export function declareInstrument(owner: object, declaration: Declaration): void {
  copies();
  const declarations = register.byOwner.get(owner);
  if (declarations === undefined) {
    register.byOwner.set(owner, [declaration]);
    register.owners.add(new WeakRef(owner));
  } else if (!declarations.includes(declaration)) {
    declarations.push(declaration);
  }
  mirror(owner);
}

/** What a wrapper carries; the list may grow. */
export interface Carrier {
  readonly instruments: readonly Declaration[];
}

const carriers = processWide('carriers', () => new WeakMap<object, Carrier>());

/** Remembers what this wrapper carries. */
export function declareCarrier(wrapper: object, carrier: Carrier): void {
  carriers.set(wrapper, carrier);
}

/** What this function carries; `undefined` where it is no wrapper. */
export const carrierOf = (fn: object): Carrier | undefined => carriers.get(fn);

/**
 * Declares what the methods of a class carry, by its prototype, or by the class itself for static methods. A standard
 * decorator knows its class only from the first instance on; whoever has the class need not wait.
 */
function discoverInstruments(owner: object): void {
  for (const key of Reflect.ownKeys(owner)) {
    const method: unknown = Reflect.getOwnPropertyDescriptor(owner, key)?.value;
    const carrier = typeof method === 'function' ? carrierOf(method) : undefined;
    for (const declaration of carrier?.instruments ?? []) declareOn(owner, declaration);
  }
}

/** Declares an instrument of a method, whose class is known now. */
export function declareOn(owner: object, declaration: Declaration): void {
  declaration.site = `@${declaration.decorator} on ${classNameOf(owner)}.${declaration.method}`;
  declareInstrument(owner, declaration);
}

/** What the class of a prototype, or a class itself, is called in messages. */
export const classNameOf = (owner: object): string =>
  (typeof owner === 'function' ? owner.name : owner.constructor?.name) || 'an anonymous class';

/** The part of reflect-metadata that is used where the user has loaded it. */
interface MetadataApi {
  defineMetadata?(key: string, value: unknown, target: object): void;
}

/** Shows the declarations to tools that read metadata, under `flowplane-metrics:instruments`. Nothing here reads it. */
function mirror(owner: object): void {
  const { defineMetadata } = Reflect as MetadataApi;
  defineMetadata?.('flowplane-metrics:instruments', register.byOwner.get(owner), owner);
}

/** The instruments of an instance: its own (a class, a function) and those of its prototypes. */
export function instrumentsOf(instance: object): Declaration[] {
  const found: Declaration[] = [];
  for (let owner: object | null = instance; owner !== null; owner = Object.getPrototypeOf(owner)) {
    found.push(...(register.byOwner.get(owner) ?? []));
  }
  return found;
}

/** The same for a class by its prototype, before it has an instance. */
export function instrumentsOfClass(prototype: object): Declaration[] {
  for (let owner: object | null = prototype; owner !== null; owner = Object.getPrototypeOf(owner)) {
    discoverInstruments(owner);
  }
  return instrumentsOf(prototype);
}

/** Every instrument that was declared in the process and is still alive. */
export function allInstruments(): Declaration[] {
  const found = new Set<Declaration>();
  for (const reference of register.owners) {
    const owner = reference.deref();
    if (owner === undefined) register.owners.delete(reference);
    else for (const declaration of register.byOwner.get(owner) ?? []) found.add(declaration);
  }
  return [...found];
}
