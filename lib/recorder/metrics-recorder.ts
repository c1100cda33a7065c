import { type DropReason, MetricsError, type Problem } from '../error.js';
import type { CounterFamily, Family, GaugeFamily, HistogramFamily } from '../families/family.js';
import type { LabelPolicies, LabelValue } from '../families/labels.js';
import { processState } from '../process-state.js';
import { isFunction, isObject } from '../validation.js';

import type { CounterHandle, GaugeHandle, HistogramHandle } from './handles.js';
import { type Advice, adviseAll } from './reports.js';
import { createUnboundAdvice } from './wiring-advice.js';

/**
 * The labels of an exemplar that is given by hand, for example `{ trace_id, order: '17' }`. The names and values together may
 * have 128 characters.
 */
export type ExemplarLabels = Readonly<Record<string, LabelValue>>;

/** Identifies one series of a family in one recorder, until the family is cleared. */
export type SeriesId = number;

/**
 * Records the observations of one family in two steps: the series is looked up by its label values, in the order of the
 * family's labels, and then a number is recorded there. No method throws.
 *
 * The caller has checked that the kind of the family has the operation and accepts the number (`kinds` in
 * `families/kinds.ts`). Otherwise a dropped observation would create a series.
 */
export interface FamilyRecorder {
  /**
   * Looks up an existing series by its raw label values; `undefined` where there is none. An implementation may always
   * return `undefined`. Callers ask first for families of at most three labels, since this needs no list.
   */
  lookup(a: unknown, b: unknown, c: unknown): SeriesId | undefined;
  /**
   * Gets the series with these raw label values, or creates it; returns the reason where it may not exist. The list is
   * borrowed: it is read before this returns, and is not kept.
   *
   * @param allowOverflow whether a value beyond a label's limit becomes `other`. Not where the number is to be set, as
   * values that are set do not add up.
   */
  getOrCreate(values: readonly unknown[], allowOverflow: boolean): SeriesId | DropReason;
  /**
   * Adds `by` to a counter (finite, not negative) or to a gauge.
   *
   * @param exemplar what was given by hand, unchecked. A recorder may ignore it, and must not throw because of it.
   */
  add(id: SeriesId, by: number, exemplar?: ExemplarLabels): void;
  /** Sets a gauge. NaN and the infinities are values too. */
  set(id: SeriesId, value: number): void;
  /** Observes a finite value in a histogram. For the exemplar holds the same. */
  observe(id: SeriesId, value: number, exemplar?: ExemplarLabels): void;
  /** Adds 1 to a gauge, until `release`. */
  acquire(id: SeriesId): void;
  /** Subtracts what `acquire` added, from the same series, even where that series was cleared meanwhile. */
  release(id: SeriesId): void;
}

/** Records nothing, as fast as it can. */
export const discard: FamilyRecorder = Object.freeze({
  lookup: () => 0,
  getOrCreate: () => 0,
  add: () => undefined,
  set: () => undefined,
  observe: () => undefined,
  acquire: () => undefined,
  release: () => undefined,
});

/**
 * Lists the first `count` of three label values. Why not a slice: a slice takes longer than everything else that a new
 * label value costs.
 */
export function listValues(count: number, a: unknown, b: unknown, c: unknown): readonly unknown[] {
  switch (count) {
    case 0:
      return [];
    case 1:
      return [a];
    case 2:
      return [a, b];
    default:
      return [a, b, c];
  }
}

/** Computes the values of a gauge. */
export type Collector = () => CollectedValues | PromiseLike<CollectedValues>;
/** The values of a gauge: one number, or every label set with its value. */
export type CollectedValues = number | bigint | readonly { readonly labels: object; readonly value: number | bigint }[];

/** Receives observations, from decorated methods and by hand. Extend `AbstractRecorder` to write one. */
export interface MetricsRecorder {
  /**
   * Opens a family: from the first call on it exists, without series other than its `initial` ones. Returns the same
   * recorder of the family at each call with the same definition.
   *
   * @param site where the family is used, for messages; the family's own site unless given.
   * @throws MetricsError `family_clash` where another definition has taken the name.
   */
  open(family: Family, site?: string): FamilyRecorder;
  /** Counts an observation that was not recorded, and reports it once per site and reason. Throws only in strict mode. */
  dropped(family: Family, reason: DropReason, site: string, cause?: unknown): void;
  /** Seconds on a clock that never goes back. */
  now(): number;
  /** Passes advice on, once. */
  advise(advice: Advice): void;

  /** Computes the values of a gauge by this collector whenever they are read. It replaces an earlier collector. */
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

const extended: Problem = {
  code: 'not_supported',
  message:
    '"MetricsRecorder" is only a contract and a service identifier (given a class that extends it). Extend AbstractRecorder.',
};

/** What a container injects that constructs `MetricsRecorder` by itself. It records nothing, and advises on that. */
// Why in the state of the process: every copy of the package must tell it from a recorder that was bound.
export const unboundRecorder: MetricsRecorder = processState.unboundRecorder ?? createUnboundRecorder();
processState.unboundRecorder = unboundRecorder;

function createUnboundRecorder(): MetricsRecorder {
  const nothing = () => undefined;
  const handle = Object.freeze({ inc: nothing, dec: nothing, set: nothing, observe: nothing, collect: nothing });
  const adviseAndGive =
    <T>(given: T) =>
    (): T => {
      adviseAll(createUnboundAdvice);
      return given;
    };
  return Object.freeze({
    open: adviseAndGive(discard),
    dropped: nothing,
    now: () => performance.now() / 1000,
    advise: nothing,
    collect: nothing,
    counter: adviseAndGive(handle),
    gauge: adviseAndGive(handle),
    histogram: adviseAndGive(handle),
  });
}

declare const nobody: unique symbol;

/**
 * A class by its type, for containers to infer the service's type from. Why not abstract: tsyringe and typedi take no abstract
 * class for an identifier. What its constructor asks for does not exist, so that code cannot call it.
 */
type RecorderIdentifier = { readonly prototype: MetricsRecorder } & (new (constructedBy: {
  readonly [nobody]: true;
}) => MetricsRecorder);

/**
 * The service identifier of the recorder: `container.get(MetricsRecorder)` is a `MetricsRecorder`, and a constructor
 * parameter of this type gets it where the compiler emits the types of parameters. `x instanceof MetricsRecorder` says
 * whether x has the methods of a recorder. It cannot be extended: extend `AbstractRecorder`. A container that constructs
 * what nobody has bound gets a recorder that records nothing.
 *
 * @example
 * import { defineCounter, MetricsRecorder, NoopRecorder } from 'flowplane-metrics';
 * import { Container } from 'inversify';
 *
 * const container = new Container();
 * container.bind(MetricsRecorder).toConstantValue(new NoopRecorder());
 * const recorder = container.get(MetricsRecorder);
 * recorder.counter(defineCounter({ name: 'logins_total', help: 'Logins' })).inc();
 * console.log(recorder instanceof MetricsRecorder); // true
 */
// Why in the state of the process: every copy of the package must give a container the same identifier.
export const MetricsRecorder: RecorderIdentifier = processState.recorderIdentifier ?? createIdentifier();
processState.recorderIdentifier = MetricsRecorder;

function createIdentifier(): RecorderIdentifier {
  // Why a property: its name is the name of the class even where a bundler shortens names.
  const { MetricsRecorder: identifier } = {
    MetricsRecorder: class {
      constructor() {
        if (new.target !== identifier) throw new MetricsError('class extends MetricsRecorder', [extended]);
        // Why no error: a container with "autobind" constructs the class of an optional dependency too, and a service
        // with such a dependency must work without metrics.
        // biome-ignore lint/correctness/noConstructorReturn: an instance of this class would have no methods.
        return unboundRecorder;
      }

      static [Symbol.hasInstance](value: unknown): boolean {
        return isRecorder(value);
      }
    },
  };
  return identifier as unknown as RecorderIdentifier;
}
