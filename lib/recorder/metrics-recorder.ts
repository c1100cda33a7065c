import type { DropReason } from '../definition/drop-reason.js';
import type { CounterFamily, Family, GaugeFamily, HistogramFamily } from '../definition/family.js';
import type { Policies } from '../definition/label-policy.js';
import type { Advice } from './advice.js';
import type { CounterByHand, GaugeByHand, HistogramByHand } from './by-hand.js';

/** What `enter` gives and `leave` takes back. */
export type Lease = number;

/**
 * Records the observations of one family.
 *
 * `values` are raw label values in the order of the family's labels. The array is borrowed: an implementation reads it
 * before it returns and never keeps it. Nothing here throws; an observation that cannot be recorded gives its reason.
 */
export interface FamilyRecorder {
  /** Adds `by` to a counter (finite, not negative) or to a gauge. */
  add(values: readonly unknown[], by: number): DropReason | undefined;
  /** Sets a gauge. NaN and the infinities are values too. */
  set(values: readonly unknown[], value: number): DropReason | undefined;
  /** Observes a finite value in a histogram. */
  observe(values: readonly unknown[], value: number): DropReason | undefined;
  /** Adds 1 to a gauge until the lease is given back. */
  enter(values: readonly unknown[]): Lease | DropReason;
  /** Subtracts what `enter` added, from the very series that it was added to. */
  leave(lease: Lease): void;
}

/** Receives observations from annotated methods and by hand. Extend `AbstractRecorder` to write another one. */
export interface MetricsRecorder {
  /**
   * The recorder of this family, the same one at each call with the same definition. From the first call on the
   * family exists, without series but for its `initial` ones.
   *
   * @param site where the family is used, for messages; the family's own site unless given.
   * @throws MetricsError `family_clash` where another definition has taken the name.
   */
  open(family: Family, site?: string): FamilyRecorder;
  /** Counts an observation that was not recorded, and tells of it once per site and reason. Throws only in strict mode. */
  dropped(family: Family, reason: DropReason, site: string, cause?: unknown): void;
  /** Seconds on a clock that never goes back. */
  now(): number;
  /** Passes on a remark, once. */
  advise(advice: Advice): void;

  /** Counts by hand, typed by the family. Neither this nor what it returns throws. */
  counter<P extends Policies>(family: CounterFamily<P>): CounterByHand<P>;
  /** Sets a gauge by hand, typed by the family. */
  gauge<P extends Policies>(family: GaugeFamily<P>): GaugeByHand<P>;
  /** Observes by hand, typed by the family. */
  histogram<P extends Policies>(family: HistogramFamily<P>): HistogramByHand<P>;
}

/**
 * The service identifier of the recorder: `container.get(MetricsRecorder)` is a `MetricsRecorder`.
 *
 * Why the constructor type: a container infers the service's type from it. At run time it is a symbol that every copy of
 * the package shares.
 */
export const MetricsRecorder = Symbol.for('flowplane-metrics.MetricsRecorder') as symbol &
  (abstract new (
    ...args: never
  ) => MetricsRecorder);
