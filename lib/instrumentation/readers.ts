import type { Problem } from '../error.js';
import { policyOptions } from '../families/family-checks.js';
import type { LabelPolicy } from '../families/labels.js';
import {
  checkFields,
  checkNames,
  checkValue,
  isFunction,
  isObject,
  isOptions,
  type Rule,
  type Rules,
  type Unchecked,
} from '../validation.js';
import { type AnyMethod, type Call, invoke, invokeWithValue } from './call.js';
import type { InstrumentOperation } from './instrument.js';

/** Always gives the same value. */
export class Constant {
  constructor(readonly value: unknown) {}
}

/** Reads the result or the error of a call, and then its arguments. */
export class ValueReader {
  constructor(readonly read: AnyMethod) {}
}

/**
 * How a call gives one value. The most common reader is the user's own function, which reads the arguments: no object
 * stands between it and the call.
 */
export type Reader = AnyMethod | Constant | ValueReader;

/** Makes a reader of a function, and a constant of everything else. */
export function toReader(given: unknown, reads: 'arguments' | 'value'): Reader {
  if (typeof given !== 'function') return new Constant(given);
  return reads === 'arguments' ? (given as AnyMethod) : new ValueReader(given as AnyMethod);
}

/**
 * The text of a reader: equal for readers of which nothing but the time of their creation differs.
 *
 * Why not by class: another copy of this package, which may have instrumented the same method, has classes of its own.
 */
export function describeReader(reader: Reader | undefined): string {
  if (typeof reader !== 'object') return String(reader);
  if ('read' in reader) return `of the result ${reader.read}`;
  return `constant ${typeof reader.value} ${String(reader.value)}`;
}

/** Reads one value of a call. Throws what the user's reader throws. */
export function read(reader: Reader, call: Call): unknown {
  return typeof reader === 'function' ? invoke(reader, call) : readOther(reader, call);
}

// Why apart: V8 inlines only so much into one function, and the labels of most calls are read from arguments.
const readOther = (reader: Constant | ValueReader, call: Call): unknown =>
  reader instanceof Constant ? reader.value : invokeWithValue(reader.read, call);

/** The readers of a decorator's labels, in the family's order, by how the call ended. */
export interface LabelReaders {
  readonly returned: readonly Reader[];
  readonly threw: readonly Reader[];
}

const absent = new Constant(undefined);

/** The labels of a family that none of these readers gives, in the order of their names. */
export const listUnread = (names: readonly string[], { returned, threw }: LabelReaders): string[] =>
  names.filter((_, i) => returned[i] === absent && threw[i] === absent);

/** Makes readers of a decorator's label specs. A label that no reader gives has the empty value. */
export function toLabelReaders(names: readonly string[], specs: Unchecked): LabelReaders {
  return {
    returned: names.map((name) => toLabelReader(specs[name], 'result')),
    threw: names.map((name) => toLabelReader(specs[name], 'error')),
  };
}

function toLabelReader(spec: unknown, source: 'result' | 'error'): Reader {
  if (!isObject(spec)) return toReader(spec, 'arguments');
  if (spec[source] !== undefined) return toReader(spec[source], 'value');
  return spec['args'] === undefined ? absent : toReader(spec['args'], 'arguments');
}

/** The policies that a family declared in place takes from its label specs. */
export function policiesOf(specs: Unchecked): Record<string, LabelPolicy> {
  return Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, policyOf(spec)]));
}

function policyOf(spec: unknown): LabelPolicy {
  if (!isObject(spec)) return {};
  return Object.fromEntries(policyOptions.filter((key) => spec[key] !== undefined).map((key) => [key, spec[key]]));
}

const remedy = 'Write for example (team) => team';
const specRule: Rule = {
  must: 'be a constant, a reader or { args, result, error }',
  accepts: (spec) => isConstant(spec) || isFunction(spec) || isOptions(spec),
  remedy,
  code: 'illegal_label',
};
const sourceRule: Rule = { must: 'be a function', accepts: isFunction, remedy, code: 'illegal_label' };
const sourceRules: Rules = { args: sourceRule, result: sourceRule, error: sourceRule };

/**
 * Finds what is wrong with one label spec. The labels of calls in flight read arguments only. `policies` says whether the
 * spec may carry policies: a declared family has its own.
 */
export function checkLabelSpec(
  name: string,
  spec: unknown,
  operation: InstrumentOperation,
  policies: boolean,
): Problem[] {
  const subject = `label "${name}"`;
  if (!isOptions(spec)) return checkValue(subject, specRule, spec);
  const readable = operation === 'acquire' ? ['args'] : Object.keys(sourceRules);
  const known = policies ? [...readable, ...policyOptions] : readable;
  return checkNames(spec, known, `${subject}: `).concat(checkFields(spec, sourceRules, `${subject}: `));
}

const isConstant = (spec: unknown): boolean =>
  spec === null || ['string', 'number', 'bigint', 'boolean', 'undefined'].includes(typeof spec);
