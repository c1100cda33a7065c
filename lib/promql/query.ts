import type { MetricKind } from '../families/kinds.js';
import type { LabelPolicies } from '../families/labels.js';
import type { Duration } from './duration.js';
import type { Conditions } from './matchers.js';

/** The labels that Prometheus adds to every target. */
export type TargetLabel = 'job' | 'instance';

declare const labelsOf: unique symbol;
declare const policiesOf: unique symbol;

/**
 * An expression of PromQL that gives one number for each label set. It never changes: each method gives a new one. Its text
 * is PromQL.
 *
 * `L` has the labels of the result, `P` the family's labels with their policies, `T` the labels that Prometheus adds.
 *
 * @example
 * import { defineCounter } from 'flowplane-metrics';
 * import { rate } from 'flowplane-metrics/promql';
 *
 * const labels = { team: {}, kind: { oneOf: ['new', 'paid'] } } as const;
 * const orders = defineCounter({ name: 'orders_total', help: 'Orders', labels });
 * const query = rate(orders, '5m').where({ kind: 'paid' }).sumBy('team').above(10);
 * console.log(String(query)); // sum by (team) (rate(orders_total{kind="paid"}[5m])) > 10
 */
export interface VectorQuery<L extends string, P extends LabelPolicies, T extends string> {
  /** Only a type: two sides of an operator must have the same labels. */
  readonly [labelsOf]?: (labels: L) => L;
  /** Only a type: what `where` takes. */
  readonly [policiesOf]?: P;

  /**
   * Takes only the series whose labels are such, whatever was done with them since.
   *
   * @throws MetricsError `unknown_label` for a label that the family does not have, `illegal_option` for a value that its
   *   `oneOf` does not list.
   */
  where(conditions: Conditions<P, T>): VectorQuery<L, P, T>;
  /** Takes the values of this long ago. */
  offset(duration: Duration): VectorQuery<L, P, T>;

  /** Adds up the values of all series. */
  sum(): VectorQuery<never, P, T>;
  /** Adds up the values for each combination of these labels. */
  sumBy<const N extends L>(...labels: readonly N[]): VectorQuery<N, P, T>;
  /** Takes the average for each combination of these labels; without labels, of all series. */
  avgBy<const N extends L = never>(...labels: readonly N[]): VectorQuery<N, P, T>;
  /** Takes the least value for each combination of these labels; without labels, of all series. */
  minBy<const N extends L = never>(...labels: readonly N[]): VectorQuery<N, P, T>;
  /** Takes the greatest value for each combination of these labels; without labels, of all series. */
  maxBy<const N extends L = never>(...labels: readonly N[]): VectorQuery<N, P, T>;
  /** Counts the series for each combination of these labels; without labels, all series. */
  countBy<const N extends L = never>(...labels: readonly N[]): VectorQuery<N, P, T>;
  /** Takes this many series, those with the greatest values. */
  top(count: number): VectorQuery<L, P, T>;

  /** Adds the other side. */
  readonly plus: Operator<L, P, T>;
  /** Subtracts the other side. */
  readonly minus: Operator<L, P, T>;
  /** Multiplies by the other side. */
  readonly times: Operator<L, P, T>;
  /** Divides by the other side. */
  readonly dividedBy: Operator<L, P, T>;
  /** Takes the series with values above the other side. */
  readonly above: Operator<L, P, T>;
  /** Takes the series with values not below the other side. */
  readonly atLeast: Operator<L, P, T>;
  /** Takes the series with values below the other side. */
  readonly below: Operator<L, P, T>;
  /** Takes the series with values not above the other side. */
  readonly atMost: Operator<L, P, T>;
  /** Takes the series with the values of the other side. */
  readonly equalTo: Operator<L, P, T>;
  /** Takes the series with other values than the other side. */
  readonly differentFrom: Operator<L, P, T>;
  /** Takes the series that the other side has too. */
  readonly and: SetOperator<L, P, T>;
  /** Takes the series that the other side does not have. */
  readonly unless: SetOperator<L, P, T>;
  /** Adds the series of the other side that this one does not have. */
  readonly or: SetOperator<L, P, T>;

  /** The expression in PromQL. */
  toString(): string;
  /** The same, for JSON. */
  toJSON(): string;
}

/** Joins two expressions. Both have the same labels, unless the labels to match are named. */
export interface Operator<L extends string, P extends LabelPolicies, T extends string> {
  (other: number): VectorQuery<L, P, T>;
  <Q extends LabelPolicies, U extends string>(
    other: VectorQuery<L, Q, U>,
  ): VectorQuery<L, Pick<P, keyof P & keyof Q>, T & U>;
  <
    M extends string,
    Q extends LabelPolicies,
    U extends string,
    const Matched extends L & M = never,
    const Many extends 'left' | 'right' | 'neither' = 'neither',
  >(
    other: VectorQuery<M, Q, U>,
    matching: MatchingOptions<Matched, Many>,
  ): VectorQuery<JoinedLabels<L, M, Matched, Many>, Pick<P, keyof P & keyof Q>, T & U>;
}

/** Joins two expressions as sets of series, by the labels that both have or by those that are named. */
export interface SetOperator<L extends string, P extends LabelPolicies, T extends string> {
  <Q extends LabelPolicies, U extends string>(
    other: VectorQuery<L, Q, U>,
  ): VectorQuery<L, Pick<P, keyof P & keyof Q>, T & U>;
  <M extends string, Q extends LabelPolicies, U extends string, const Matched extends L & M = never>(
    other: VectorQuery<M, Q, U>,
    matching: { readonly on: readonly Matched[] },
  ): VectorQuery<L, Pick<P, keyof P & keyof Q>, T & U>;
}

/** Which series of two sides belong together. */
export interface MatchingOptions<Matched extends string, Many extends 'left' | 'right' | 'neither'> {
  /** The labels that both sides must agree on. An empty list: the other side has one series, which belongs to all. */
  readonly on: readonly Matched[];
  /** The side that may have several series for one of the other side. Default `neither`. */
  readonly many?: Many;
}

type JoinedLabels<L, M, Matched, Many> = (Many extends 'left' ? L : Many extends 'right' ? M : Matched) & string;

/**
 * The series of one family, of a name that a counter, a gauge or a part of a histogram has. It is an expression of their
 * present values, and what the functions of PromQL that look back in time are given.
 */
export interface Selector<K extends MetricKind, P extends LabelPolicies, T extends string>
  extends VectorQuery<(keyof P & string) | T, P, T> {
  readonly kind: K;
  where(conditions: Conditions<P, T>): Selector<K, P, T>;
}

/** An expression over all series of a family, which can be split by labels: a quantile, for example. */
export interface SplitQuery<L extends string, P extends LabelPolicies, T extends string> extends VectorQuery<L, P, T> {
  /** Computes it for each combination of these labels, instead of once for all series. */
  by<const N extends (keyof P & string) | T>(...labels: readonly N[]): SplitQuery<N, P, T>;
  where(conditions: Conditions<P, T>): SplitQuery<L, P, T>;
}
