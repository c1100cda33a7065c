/** All reasons why an observation was not recorded: the values of `reason` in `flowplane_metrics_losses_total`. */
export const dropReasons = [
  'reader_threw',
  'reader_promise',
  'label_type',
  'not_finite',
  'not_exact',
  'negative_step',
  'overflow',
  'sensitive',
  'family_clash',
] as const;

/** Why an observation was not recorded; the values of the label `reason` of `flowplane_metrics_losses_total`. */
export type DropReason = (typeof dropReasons)[number];

/** The stable codes of a `MetricsError`. The reasons of dropped observations are codes too. */
export type MetricsErrorCode =
  | DropReason
  | 'illegal_name'
  | 'illegal_label'
  | 'illegal_option'
  | 'unknown_option'
  | 'missing_option'
  | 'missing_label'
  | 'not_a_method'
  | 'not_supported'
  | 'hash_key_missing'
  | 'missing_peer'
  | 'listen_failed'
  | 'unreadable_file'
  | 'collector_failed'
  | 'push_failed'
  | 'unknown_metric'
  | 'unknown_label';

/** One thing that is wrong: `"<subject>" <what is wrong> (<what was given>). <What to do.>` */
export interface Problem {
  readonly code: MetricsErrorCode;
  readonly message: string;
}

/**
 * The one error of this package. It says where (`site`) something is wrong, what is wrong, and what to do; all problems of
 * a site are in one error.
 *
 * Branch on `code`, the code of the first problem: `instanceof` fails where two copies of the package are loaded.
 *
 * @example
 * import { defineCounter, MetricsError } from 'flowplane-metrics';
 *
 * try {
 *   defineCounter({ name: 'calls_total', help: '' });
 * } catch (error) {
 *   if (error instanceof MetricsError) console.log(error.code, error.problems.length); // missing_option 1
 * }
 */
export class MetricsError extends Error {
  override readonly name = 'MetricsError';
  readonly code: MetricsErrorCode;
  readonly site: string;
  readonly problems: readonly Problem[];

  constructor(site: string, problems: readonly [Problem, ...Problem[]], options?: ErrorOptions) {
    super(`${site}: ${formatProblems(problems)}`, options);
    this.code = problems[0].code;
    this.site = site;
    this.problems = problems;
  }
}

/** Throws a `MetricsError` with these problems, unless there are none. */
export function refuseIfAny(site: string, problems: readonly Problem[]): void {
  const [first, ...others] = problems;
  if (first !== undefined) throw new MetricsError(site, [first, ...others]);
}

function formatProblems(problems: readonly Problem[]): string {
  const [only] = problems;
  if (problems.length === 1 && only !== undefined) return only.message;
  return `${problems.length} problems.\n${problems.map(({ message }) => `  - ${message}`).join('\n')}`;
}

/** Formats a value for an error message: short, and on one line. Never throws. */
export function formatValue(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(shorten(value));
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object' && value !== null) return isList(value) ? formatList(value) : 'an object';
  return String(value);
}

// Why guarded: a revoked Proxy cannot be asked.
function isList(value: object): value is readonly unknown[] {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

/** Why not each value in full: a list may be long, and may contain itself. */
function formatList(values: readonly unknown[]): string {
  try {
    const first = values
      .slice(0, 80)
      .map((one) => (typeof one === 'object' && one ? formatNested(one) : formatValue(one)));
    return `[${shorten(first.join(', '))}]`;
  } catch {
    return 'a list';
  }
}

const formatNested = (value: object): string => (isList(value) ? 'a list' : 'an object');

/** Whether something that was thrown is of this class. Never throws: a revoked Proxy cannot be asked, and is of none. */
export function isInstance<T>(thrown: unknown, type: abstract new (...args: never) => T): thrown is T {
  try {
    return thrown instanceof type;
  } catch {
    return false;
  }
}

/** Formats what was thrown, for a message: the message of an error, or the text of anything else. Never throws. */
export function formatThrown(thrown: unknown): string {
  try {
    return cut(String(thrown instanceof Error ? thrown.message : thrown), 1000);
  } catch {
    return noText;
  }
}

/** The same with the name of an error before its message; `undefined` for anything else. Never throws. */
export function formatError(thrown: unknown): string | undefined {
  try {
    return thrown instanceof Error ? `${String(thrown.name)}: ${formatThrown(thrown)}` : undefined;
  } catch {
    return noText;
  }
}

// Why: an object may have no text, and the properties of an error may be getters that throw.
const noText = 'a value that has no text';

const cut = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length - 1)}…` : text);
const shorten = (text: string): string => cut(text, 80);

/**
 * Formats a count with a comma between thousands. Why not by `toLocaleString`: its first call takes 10 ms, in which
 * nothing else runs.
 */
export const formatCount = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',');

/** Formats how many there are of something: `1 file`, `1,000 files`. */
export const formatCountOf = (count: number, one: string, several = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : several}`;
