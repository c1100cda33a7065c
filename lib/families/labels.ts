/** What a label's value may be given as; `null`, `undefined` and `''` are the empty value: the label is absent. */
export type LabelValue = string | number | bigint | boolean | null | undefined;

/** What a family demands of one of its labels, whichever method feeds it. `{}` is an open label. */
export interface LabelPolicy {
  /** The closed domain of the label: any other value becomes `other`, the empty value stays empty. */
  readonly oneOf?: readonly string[];
  /** At most so many values of this label, later ones become `other`. No limit of its own by default. */
  readonly limit?: number;
  /** Expose the first 16 hex digits of the value's HMAC-SHA-256 instead of the value. */
  readonly hash?: boolean;
  /** What happens to a value that looks like a secret or a personal datum. Default `'redact'`. */
  readonly sensitive?: 'redact' | 'allow' | 'drop';
}

/** The labels of a family, in their order, with their policies. */
export type LabelPolicies = Readonly<Record<string, LabelPolicy>>;

/** What a site may give for a label of a shared family: one of its closed domain, else any label value. */
export type ValueOf<P extends LabelPolicy> = P extends { readonly oneOf: readonly (infer V)[] }
  ? V | null | undefined
  : LabelValue;

/** A whole label set, typed by the family's policies. */
export type LabelSet<P extends LabelPolicies> = { readonly [K in keyof P]: ValueOf<P[K]> };

/** Which label sets exist, at 0, before the first observation: some, or every combination of the closed domains. */
export type Initial = 'all' | readonly Readonly<Record<string, LabelValue>>[];

/** Whether the values of every label are listed; a family without labels has one combination of none. */
export const isClosed = (labels: LabelPolicies): boolean =>
  Object.values(labels).every(({ oneOf }) => oneOf !== undefined);

/** How many combinations the listed values have, of the labels that list them. */
export const countCombinations = (policies: readonly LabelPolicy[]): number =>
  policies.reduce((product, { oneOf }) => product * (oneOf?.length ?? 1), 1);

interface Declared {
  readonly labels: LabelPolicies;
  readonly initial: Initial;
}

/** The label sets that a family has from the start, each as values in the order of its labels. */
export function listInitialSeries({ labels, initial }: Declared): Iterable<readonly LabelValue[]> {
  if (initial === 'all') return product(Object.values(labels).map(({ oneOf }) => oneOf ?? []));
  const names = Object.keys(labels);
  return initial.map((set) => names.map((name) => set[name]));
}

function* product([first, ...rest]: readonly (readonly string[])[]): Generator<readonly string[]> {
  if (first === undefined) yield [];
  else for (const value of first) for (const others of product(rest)) yield [value, ...others];
}
