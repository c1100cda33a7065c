import { type Problem, shown } from '../error.js';
import { isObject, type Unchecked } from './family-problems.js';

/** What an option must be, in the words of an error. */
export interface OptionRule {
  readonly must: string;
  readonly holds: (value: unknown) => boolean;
  readonly remedy: string;
  /** The value is never shown. */
  readonly isSecret?: true;
}

/** What is wrong with an option; nothing where it is left out. */
export function ruleProblems(name: string, { must, holds, remedy, isSecret }: OptionRule, value: unknown): Problem[] {
  if (value === undefined || holds(value)) return [];
  const given = isSecret ? 'something else' : shown(value);
  return [{ code: 'illegal_option', message: `"${name}" must ${must} (given ${given}). ${remedy}.` }];
}

/** Whether these are options at all, right or wrong. */
export const areOptions = (given: unknown): given is Unchecked => isObject(given) && !Array.isArray(given);

/** What is wrong with what are no options. */
export function noOptions(given: unknown): Problem[] {
  const message = `the options must be an object (given ${shown(given)}). Leave them out, or write { … }.`;
  return [{ code: 'illegal_option', message }];
}
