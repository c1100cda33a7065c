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
export type Policies = Readonly<Record<string, LabelPolicy>>;

/** What a site may give for a label of a shared family: one of its closed domain, else any label value. */
export type ValueOf<P extends LabelPolicy> = P extends { readonly oneOf: readonly (infer V)[] }
  ? V | null | undefined
  : LabelValue;

/** A whole label set, typed by the family's policies. */
export type LabelSet<P extends Policies> = { readonly [K in keyof P]: ValueOf<P[K]> };
