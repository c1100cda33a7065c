import { formatValue, type MetricsErrorCode, type Problem } from './error.js';

/** Options as they may come from JavaScript: nothing about them is certain. */
export type Unchecked = Readonly<Record<string, unknown>>;

/** What a value must be, in the words of an error: `<subject> must <must> (given <value>). <remedy>.` */
export interface Rule {
  readonly must: string;
  readonly accepts: (value: unknown) => boolean;
  /** What the user should do. Default: `Correct or remove it`. */
  readonly remedy?: string;
  /** Default: `illegal_option`. */
  readonly code?: MetricsErrorCode;
  /** A missing value is a problem too. Default: a value may be left out. */
  readonly isRequired?: true;
  /** The error never shows the value. */
  readonly isSecret?: true;
  /** How the error shows the value. Default: `formatValue`. */
  readonly show?: (value: unknown) => string;
}

/** The rules of several values, by name. */
export type Rules = Readonly<Record<string, Rule>>;

/** One problem with its code. */
export const problem = (code: MetricsErrorCode, message: string): Problem => ({ code, message });

/** Checks one value; `subject` is how an error calls it, with its quotation marks. */
export const checkValue = (subject: string, rule: Rule, value: unknown): Problem[] =>
  isBroken(rule, value) ? [describeBroken(subject, rule, value)] : [];

const isBroken = (rule: Rule, value: unknown): boolean =>
  (value !== undefined || rule.isRequired === true) && !rule.accepts(value);

function describeBroken(subject: string, rule: Rule, value: unknown): Problem {
  const { must, remedy = 'Correct or remove it', code = 'illegal_option', isSecret, show = formatValue } = rule;
  const given = isSecret ? 'something else' : show(value);
  return problem(code, `${subject} must ${must} (given ${given}). ${remedy}.`);
}

/** Checks one value by several rules, each of which presumes the ones before; reports the first that is broken. */
export function checkInTurn(subject: string, rules: readonly Rule[], value: unknown): Problem[] {
  const broken = rules.find((rule) => isBroken(rule, value));
  return broken === undefined ? [] : [describeBroken(subject, broken, value)];
}

/** Checks the values that have a rule, and no others; `where` stands before the name of each. */
export function checkFields(given: Unchecked, rules: Rules, where = ''): Problem[] {
  const problems: Problem[] = [];
  // Why by name: a list of entries is garbage, and these are checked for each family of a service that starts.
  for (const name in rules) {
    const rule = rules[name] as Rule;
    const value = given[name];
    if (isBroken(rule, value)) problems.push(describeBroken(`${where}"${name}"`, rule, value));
  }
  return problems;
}

/** Refuses unknown options. Why: a misspelled option would silently do nothing. */
export function checkNames(given: Unchecked, known: readonly string[], where = ''): Problem[] {
  const problems: Problem[] = [];
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const message = `${where}option ${formatValue(name)} is unknown (known: ${known.join(', ')}). Correct or remove it.`;
    problems.push(problem('unknown_option', message));
  }
  return problems;
}

/** Checks that options are an object; nothing else about them makes sense where they are not. */
export function checkIsOptions(given: unknown): Problem[] {
  const message = `the options must be an object (given ${formatValue(given)}). Leave them out, or write { … }.`;
  return isOptions(given) ? [] : [problem('illegal_option', message)];
}

/** Checks options whose every name has a rule. */
export function checkOptions(options: unknown, rules: Rules): Problem[] {
  if (!isOptions(options)) return checkIsOptions(options);
  return checkNames(options, Object.keys(rules)).concat(checkFields(options, rules));
}

export const isObject = (value: unknown): value is Unchecked => typeof value === 'object' && value !== null;
export const isOptions = (value: unknown): value is Unchecked => isObject(value) && !Array.isArray(value);
export const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
export const isFlag = (value: unknown): value is boolean => typeof value === 'boolean';
export const isFunction = (value: unknown): boolean => typeof value === 'function';
/** Whether this is a whole number above 0. */
export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;

/** A predicate for lists of one or more values, each of which the given predicate accepts. */
export const isListOf =
  (accepts: (value: unknown) => boolean) =>
  (value: unknown): boolean =>
    Array.isArray(value) && value.length > 0 && value.every(accepts);

/** A predicate for the values of a list. */
export const isOneOf =
  (values: readonly unknown[]) =>
  (value: unknown): boolean =>
    values.includes(value);

export const flagRule = (remedy?: string): Rule => ({
  must: 'be true or false',
  accepts: isFlag,
  ...(remedy && { remedy }),
});
export const countRule = (remedy: string): Rule => ({ must: 'be a whole number above 0', accepts: isCount, remedy });
export const functionRule = (remedy: string): Rule => ({ must: 'be a function', accepts: isFunction, remedy });
