import { formatValue, type Problem } from '../error.js';
import { policyOptions } from '../families/family-checks.js';
import type { LabelPolicy } from '../families/labels.js';
import { checkNames, isObject, problem, type Unchecked } from '../validation.js';
import { Constant, type Reader, readerOf } from './reader.js';

/** A site's labels, in the family's order, by how the call ended. */
export interface LabelReaders {
  readonly returned: readonly Reader[];
  readonly threw: readonly Reader[];
}

const sources = ['args', 'result', 'error'] as const;
const absent = new Constant(undefined);

/** The readers of a site's label specs. What no reader gives is the empty value. */
export function labelReaders(names: readonly string[], specs: Unchecked): LabelReaders {
  return {
    returned: names.map((name) => reader(specs[name], 'result')),
    threw: names.map((name) => reader(specs[name], 'error')),
  };
}

function reader(spec: unknown, end: 'result' | 'error'): Reader {
  if (!isObject(spec)) return readerOf(spec, 'arguments');
  if (spec[end] !== undefined) return readerOf(spec[end], 'settled');
  return spec['args'] === undefined ? absent : readerOf(spec['args'], 'arguments');
}

/** The policies that a family declared in place takes from its label specs. */
export function policiesOf(specs: Unchecked): Record<string, LabelPolicy> {
  return Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, policyOf(spec)]));
}

function policyOf(spec: unknown): LabelPolicy {
  if (!isObject(spec)) return {};
  return Object.fromEntries(policyOptions.filter((key) => spec[key] !== undefined).map((key) => [key, spec[key]]));
}

/**
 * What is wrong with one label spec. What is entered reads arguments only; `policies` says whether the spec may carry
 * them (a shared family has its own).
 */
export function labelSpecProblems(name: string, spec: unknown, operation: string, policies: boolean): Problem[] {
  if (isConstant(spec) || typeof spec === 'function') return [];
  if (!isObject(spec) || Array.isArray(spec)) {
    return [
      problem(
        'illegal_label',
        `label "${name}" must be a constant, a reader or { args, result, error } (given ${formatValue(spec)}). Write for example (team) => team.`,
      ),
    ];
  }
  const readable = operation === 'enter' ? ['args'] : sources;
  const known = policies ? [...readable, ...policyOptions] : readable;
  return [
    ...checkNames(spec, known, `label "${name}": `),
    ...sources.flatMap((source) => sourceProblems(name, source, spec[source])),
  ];
}

function sourceProblems(name: string, source: string, given: unknown): Problem[] {
  if (given === undefined || typeof given === 'function') return [];
  return [
    problem(
      'illegal_label',
      `label "${name}": "${source}" must be a function (given ${formatValue(given)}). Write for example (team) => team.`,
    ),
  ];
}

const isConstant = (spec: unknown): boolean =>
  spec === null || ['string', 'number', 'bigint', 'boolean', 'undefined'].includes(typeof spec);
