import type { LabelGuard } from './label-guard.js';
import type { SensitivePattern } from './sensitive.js';

/** A bound of a family's series or, where a label is named, of that label's values. */
export interface Limit {
  readonly label?: string;
  /** How many there may be; of a closed domain, how many it lists. */
  readonly most: number;
  /** The family's labels, with the values that they have. */
  readonly domains: ReadonlyMap<string, LabelGuard>;
}

/** Hears, once each, of what a family's bounds do to its observations. */
export interface LimitsWatch {
  /** Four fifths of the bound are used. */
  filling(bound: Limit): void;
  /** Something did not fit. `outside` is the label value, where there is one. */
  full(bound: Limit, outside?: string): void;
  /** A label had a value that looks like this, and is not exposed. */
  sensitive(label: string, pattern: SensitivePattern): void;
}

/** When a bound is said to be filling. */
export const fourFifths = (most: number): number => Math.ceil(most * 0.8);
