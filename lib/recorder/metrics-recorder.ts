import { type DropReason, MetricsError } from '../error.js';
import type { CounterFamily, Family, GaugeFamily, HistogramFamily } from '../families/family.js';
import type { LabelPolicies } from '../families/labels.js';
import { processState } from '../process-state.js';
import { isFunction, isObject } from '../validation.js';
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
export type Collector = () => CollectedValues | PromiseLike<CollectedValues>;
export type CollectedValues = number | readonly { readonly labels: object; readonly value: number }[];

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
  counter<P extends LabelPolicies>(family: CounterFamily<P>): CounterHandle<P>;
  /** Sets a gauge by hand, typed by the family. */
  gauge<P extends LabelPolicies>(family: GaugeFamily<P>): GaugeHandle<P>;
  /** Observes by hand, typed by the family. */
  histogram<P extends LabelPolicies>(family: HistogramFamily<P>): HistogramHandle<P>;
}

const methods = [
  'open',
  'dropped',
  'now',
  'advise',
  'collect',
  'counter',
  'gauge',
  'histogram',
] as const satisfies readonly (keyof MetricsRecorder)[];

/** Whether this is a recorder, by its methods: recorders of other copies of the package are recorders too. */
export const isRecorder = (value: unknown): value is MetricsRecorder =>
  isObject(value) && methods.every((method) => isFunction(value[method]));

/** An abstract class by its type, for containers to infer the service's type from. */
type RecorderIdentifier = { readonly prototype: MetricsRecorder } & (abstract new (
  // biome-ignore lint/suspicious/noExplicitAny: what a container takes for a class takes anything.
  ...args: any
) => MetricsRecorder);

/**
 * The service identifier of the recorder: `container.get(MetricsRecorder)` is a `MetricsRecorder`, and a constructor
 * parameter of this type gets it where the compiler emits the types of parameters. `x instanceof MetricsRecorder` says
 * whether x has the methods of a recorder. It cannot be constructed or extended: extend `AbstractRecorder`.
 *
 * Why in the state of the process: every copy of the package must give a container the same identifier.
 */
export const MetricsRecorder: RecorderIdentifier = processState.recorderIdentifier ?? createIdentifier();
processState.recorderIdentifier = MetricsRecorder;

function createIdentifier(): RecorderIdentifier {
  // Why a property: its name is the name of the class even where a bundler shortens names.
  const { MetricsRecorder: identifier } = {
    MetricsRecorder: class {
      constructor() {
        const message =
          'no recorder is bound to this service identifier (given a call of its constructor, by a container or by hand). Call installMetrics(container), or bind a recorder; extend AbstractRecorder to write one.';
        throw new MetricsError('new MetricsRecorder', [{ code: 'not_supported', message }]);
      }

      static [Symbol.hasInstance](value: unknown): boolean {
        return isRecorder(value);
      }
    },
  };
  return identifier as unknown as RecorderIdentifier;
}
