import type { DropReason } from '../error.js';
import type { CounterFamily, Family, GaugeFamily, HistogramFamily } from '../families/family.js';
import type { Policies } from '../families/label-policy.js';
import type { Advice } from './advice.js';
import type { CounterHandle, GaugeHandle, HistogramHandle } from './handles.js';

/** Names one series of a family in one recorder, until the family is cleared. */
export type SeriesId = number;

/**
 * Records the observations of one family, in two steps: first the series is found by its label values, in the order of the
 * family's labels, then a number is recorded there. Nothing here throws.
 *
 * The caller has made sure that the family's kind has the operation and takes the number (`kinds` in `definition/`): a
 * series must not be born of what is dropped.
 */
export interface FamilyRecorder {
  /**
   * The place of a known series by its raw label values, `undefined` for those that the family does not have. May always
   * say `undefined`; it is asked first for families of at most three labels, since no list has to be made for it.
   */
  lookup(a: unknown, b: unknown, c: unknown): SeriesId | undefined;
  /**
   * The place of the series with these raw label values, born now if need be, or the reason why it may not be. The list
   * is borrowed: it is read before this returns, and never kept.
   *
   * @param allowOverflow whether a value outside its label's domain becomes `other`: not where the number is to be set.
   */
  getOrCreate(values: readonly unknown[], allowOverflow: boolean): SeriesId | DropReason;
  /** Adds `by` to a counter (finite, not negative) or to a gauge. */
  add(place: SeriesId, by: number): void;
  /** Sets a gauge. NaN and the infinities are values too. */
  set(place: SeriesId, value: number): void;
  /** Observes a finite value in a histogram. */
  observe(place: SeriesId, value: number): void;
  /** Adds 1 to a gauge, until `release`. */
  acquire(place: SeriesId): void;
  /** Subtracts what `acquire` added, from the very series that it was added to, even if that was cleared meanwhile. */
  release(place: SeriesId): void;
}

/** Computes a gauge's values: one number, or every label set with its value. */
export type Collector = () => Collected | PromiseLike<Collected>;
export type Collected = number | readonly { readonly labels: object; readonly value: number }[];

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

  /** Has a gauge's values computed when they are read, instead of any that were computed before. */
  collect(family: Family, collector: Collector): void;

  /** Counts by hand, typed by the family. Neither this nor what it returns throws. */
  counter<P extends Policies>(family: CounterFamily<P>): CounterHandle<P>;
  /** Sets a gauge by hand, typed by the family. */
  gauge<P extends Policies>(family: GaugeFamily<P>): GaugeHandle<P>;
  /** Observes by hand, typed by the family. */
  histogram<P extends Policies>(family: HistogramFamily<P>): HistogramHandle<P>;
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
