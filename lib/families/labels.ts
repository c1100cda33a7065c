import type { Problem } from '../error.js';
import { suggestNearest } from '../nearest-name.js';
import { problem } from '../validation.js';

/** A raw label value. `null`, `undefined` and `''` are the empty value: the label is absent. */
export type LabelValue = string | number | bigint | boolean | null | undefined;

/** What holds for the values of a label, whatever feeds the family. `{}` is a label without limits of its own. */
export interface LabelPolicy {
  /** All values of the label. Any other value becomes `other`; the empty value stays empty. */
  readonly oneOf?: readonly string[];
  /** The maximum number of values of this label; later ones become `other`. Default: no limit of its own. */
  readonly limit?: number;
  /** Expose the first 16 hex digits of the value's HMAC-SHA-256 instead of the value. */
  readonly hash?: boolean;
  /** What happens to a value that looks like a secret or personal data. Default `'redact'`. */
  readonly sensitive?: 'redact' | 'allow' | 'drop';
}

/** The labels of a family in their order, each with its policy. */
export type LabelPolicies = Readonly<Record<string, LabelPolicy>>;

/** The raw values that a label with this policy accepts: those of its `oneOf`, or any label value. */
export type LabelValueOf<P extends LabelPolicy> = P extends { readonly oneOf: readonly (infer V)[] }
  ? V | null | undefined
  : LabelValue;

/** A whole label set, typed by the family's policies. */
export type LabelSet<P extends LabelPolicies> = { readonly [K in keyof P]: LabelValueOf<P[K]> };

/**
 * What a label set gives for a label.
 *
 * Why not simply the property: every object has `constructor`, `toString` and the like, also one that leaves these labels out.
 */
export function readLabel(labels: Readonly<Record<string, unknown>>, name: string): unknown {
  const given = labels[name];
  return isCommonProperty(name) && given === Reflect.get(Object.prototype, name) ? undefined : given;
}

/** What becomes of a label value that is none of `oneOf`, or is past a limit. */
export const overflowValue = 'other';

/** Says that a label does not exist, and which one may be meant; `where` stands before it. */
export function describeUnknownLabel(label: string, names: readonly string[], where = ''): Problem {
  const known = names.join(', ') || 'none';
  return problem(
    'unknown_label',
    `${where}label "${label}" is unknown (known: ${known}). ${suggestNearest(label, names)}`,
  );
}

/** Whether every object has a property of this name. */
export const isCommonProperty = (name: string): boolean => name in Object.prototype;

/** The label sets that exist at 0 before the first observation: a list, or every combination of the `oneOf` values. */
export type Initial = 'all' | readonly Readonly<Record<string, LabelValue>>[];

/** Whether every label lists its values. A family without labels does: it has one series. */
export const isClosed = (labels: LabelPolicies): boolean =>
  Object.values(labels).every(({ oneOf }) => oneOf !== undefined);

/** Counts the combinations of the values that are listed; labels without `oneOf` count as one. */
export const countCombinations = (policies: readonly LabelPolicy[]): number =>
  policies.reduce((combine, { oneOf }) => combine * (oneOf?.length ?? 1), 1);

/** The most series that labels with these policies can have, `other` and absent values included; at most `maxSeries`. */
export const countSeriesAtMost = (policies: Readonly<Record<string, LabelPolicy>>, maxSeries: number): number =>
  Math.min(
    maxSeries,
    Object.values(policies).reduce(
      (product, { oneOf, limit = Infinity }) => product * ((oneOf?.length ?? limit) + 2),
      1,
    ),
  );

interface Declared {
  readonly labels: LabelPolicies;
  readonly initial: Initial;
}

/** Lists the label sets that a family has from the start, each as values in the order of its labels. */
export function listInitialSeries({ labels, initial }: Declared): Iterable<readonly LabelValue[]> {
  if (initial === 'all') return product(Object.values(labels).map(({ oneOf }) => oneOf ?? []));
  const names = Object.keys(labels);
  return initial.map((set) => names.map((name) => readLabel(set, name) as LabelValue));
}

function* product([first, ...rest]: readonly (readonly string[])[]): Generator<readonly string[]> {
  if (first === undefined) yield [];
  else for (const value of first) for (const others of product(rest)) yield [value, ...others];
}
