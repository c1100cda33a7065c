/** All reasons why an observation was not recorded: the values of `reason` in `flowplane_metrics_dropped_total`. */
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

/** Why an observation was not recorded; the values of the label `reason` of `flowplane_metrics_dropped_total`. */
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
 *   defineCounter({ name: 'not a name', help: 'Calls' });
 * } catch (error) {
 *   if (error instanceof MetricsError) console.log(error.code, error.problems.length); // illegal_name 1
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
  if (Array.isArray(value)) return `[${shorten(value.map(formatValue).join(', '))}]`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return String(value);
}

/**
 * Formats a count with a comma between thousands. Why not by `toLocaleString`: its first call takes 10 ms, in which
 * nothing else runs.
 */
export const formatCount = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, ',');

const shorten = (text: string): string => (text.length > 80 ? `${text.slice(0, 79)}…` : text);
