import { type DropReason, formatValue, isInstance, MetricsError } from '../error.js';
import type { Family } from '../families/family.js';
import { kinds, type Operation, toNumber } from '../families/kinds.js';
import { isCommonProperty, type LabelPolicies, type LabelSet, readLabel } from '../families/labels.js';
import { isObject } from '../validation.js';
import {
  type CollectedValues,
  type Collector,
  type ExemplarLabels,
  type FamilyRecorder,
  listValues,
  type MetricsRecorder,
  type SeriesId,
} from './metrics-recorder.js';

/** The labels of a call by hand; a family without labels takes none. */
type LabelsArgument<P extends LabelPolicies> = {} extends P ? Readonly<Record<string, never>> : LabelSet<P>;
type LeadingArguments<P extends LabelPolicies> = {} extends P
  ? [labels?: LabelsArgument<P>]
  : [labels: LabelsArgument<P>];

/** What may be said of one observation beside its labels and its value. */
export interface ObservationOptions {
  /**
   * The labels of its exemplar, in place of the active span. An exemplar that cannot be exposed is dropped and counted in
   * `flowplane_metrics_exemplars_dropped_total`; the observation is recorded.
   */
  readonly exemplar?: ExemplarLabels | undefined;
}

/** A counter to record by hand. It never throws: what cannot be recorded is dropped and counted. */
export interface CounterHandle<P extends LabelPolicies> {
  /** Adds `by`, 1 unless given. */
  inc(...given: [...LeadingArguments<P>, by?: number | bigint, options?: ObservationOptions]): void;
}

/** A gauge to record by hand. It never throws. */
export interface GaugeHandle<P extends LabelPolicies> {
  set(labels: LabelsArgument<P>, value: number | bigint): void;
  /** Adds `by`, 1 unless given. */
  inc(...given: [...LeadingArguments<P>, by?: number | bigint]): void;
  /** Subtracts `by`, 1 unless given. */
  dec(...given: [...LeadingArguments<P>, by?: number | bigint]): void;
  /**
   * Computes the values at each scrape: the gauge has the values that the collector returns then, and no others. A
   * collector that throws, rejects or takes too long costs only this metric in this scrape, and is counted.
   */
  collect(collector: () => CollectedBy<P> | PromiseLike<CollectedBy<P>>): void;
}

/** What the collector of a gauge returns: one number, or every label set with its value. */
export type CollectedBy<P extends LabelPolicies> =
  | ({} extends P ? number | bigint : never)
  | readonly { readonly labels: LabelsArgument<P>; readonly value: number | bigint }[];

/** A histogram to record by hand. It never throws. */
export interface HistogramHandle<P extends LabelPolicies> {
  observe(labels: LabelsArgument<P>, value: number | bigint, options?: ObservationOptions): void;
}

type RawLabels = Readonly<Record<string, unknown>>;

/** What a handle asks of its recorder. */
type HandleRecorder = Pick<MetricsRecorder, 'open' | 'dropped' | 'collect'>;

/** Records one family by hand: it takes label objects, and passes on raw label values. One class serves every kind. */
export class FamilyHandle {
  readonly #recorder: HandleRecorder;
  readonly #family: Family;
  readonly #site: string;
  readonly #names: readonly string[];
  readonly #known: ReadonlySet<string>;
  /** Whether there are more than three labels, or one of them is also a property of every object. */
  readonly #readsList: boolean;
  #opened: FamilyRecorder | undefined;
  #clash: unknown;

  constructor(recorder: HandleRecorder, family: Family, site = `recorder.${family.kind}("${family.name}")`) {
    this.#recorder = recorder;
    this.#family = family;
    this.#site = site;
    this.#names = Object.keys(family.labels);
    this.#known = new Set(this.#names);
    this.#readsList = this.#names.length > 3 || this.#names.some(isCommonProperty);
    try {
      this.#opened = recorder.open(family, this.#site);
    } catch (clash) {
      this.#clash = clash;
    }
  }

  inc(labels?: RawLabels, by: number | bigint = 1, options?: ObservationOptions): void {
    this.#record('add', labels, by, options);
  }

  dec(labels?: RawLabels, by: number | bigint = 1): void {
    this.#record('add', labels, -by);
  }

  set(labels: RawLabels, value: number | bigint): void {
    this.#record('set', labels, value);
  }

  collect(collector: Collector): void {
    if (kinds[this.#family.kind].operations.includes('set')) this.#recorder.collect(this.#family, collector);
  }

  observe(labels: RawLabels, value: number | bigint, options?: ObservationOptions): void {
    this.#record('observe', labels, value, options);
  }

  #record(operation: Operation, labels: RawLabels = {}, given: number | bigint, options?: ObservationOptions): void {
    const opened = this.#opened;
    let reason: DropReason | undefined;
    let cause: unknown;
    try {
      const value = typeof given === 'number' ? given : (toNumber(given) as number);
      reason = this.#refuse(operation, value);
      const exemplar = options && readExemplar(options);
      if (opened !== undefined && reason === undefined) {
        const id = this.#findSeries(opened, labels, operation !== 'set');
        if (typeof id === 'number') opened[operation](id, value, exemplar);
        else reason = id;
      }
    } catch (thrown) {
      reason = isInstance(thrown, MetricsError) ? 'label_type' : 'reader_threw';
      cause = thrown;
    }
    if (reason !== undefined) this.#recorder.dropped(this.#family, reason, this.#site, cause ?? this.#clash);
  }

  #refuse(operation: Operation, value: number): DropReason | undefined {
    const kind = kinds[this.#family.kind];
    return this.#opened === undefined || !kind.operations.includes(operation) ? 'family_clash' : kind.refuse(value);
  }

  // Why each label is read once: it may be a getter.
  #findSeries(opened: FamilyRecorder, labels: RawLabels, allowOverflow: boolean): SeriesId | DropReason {
    this.#checkLabels(labels);
    const names = this.#names;
    if (this.#readsList) {
      const values = names.map((name) => readLabel(labels, name));
      return opened.getOrCreate(values, allowOverflow);
    }
    const a = names[0] && labels[names[0]];
    const b = names[1] && labels[names[1]];
    const c = names[2] && labels[names[2]];
    return opened.lookup(a, b, c) ?? opened.getOrCreate(listValues(names.length, a, b, c), allowOverflow);
  }

  #checkLabels(labels: RawLabels): void {
    if (!isObject(labels)) throw this.#labelError(`labels must be an object (given ${formatValue(labels)})`);
    for (const name in labels) {
      if (!this.#known.has(name))
        throw this.#labelError(`label ${formatValue(name)} is unknown (known: ${this.#names.join(', ')})`);
    }
  }

  #labelError(problem: string): MetricsError {
    const message = `${problem}. Give the family's labels by name.`;
    return new MetricsError(this.#site, [{ code: 'label_type', message }]);
  }
}

/**
 * The labels of the exemplar, each read once. Never throws: what threw here throws again where the exemplar is checked.
 *
 * Why read before the series is looked up: a label may be a getter, and what that calls may remove the series.
 */
function readExemplar(options: ObservationOptions): ExemplarLabels | undefined {
  try {
    const { exemplar } = options;
    return isObject(exemplar) ? { ...exemplar } : exemplar;
  } catch (thrown) {
    return {
      get exemplar(): never {
        throw thrown;
      },
    };
  }
}

/** Every label set that a collector has returned, with its value. */
export type CollectedList = Exclude<CollectedValues, number | bigint>;

/** Copies what a collector has returned, as a list. Throws where it is neither a number nor a list. */
export function listCollected(collected: CollectedValues): CollectedList {
  if (typeof collected === 'number' || typeof collected === 'bigint') return [{ labels: {}, value: collected }];
  // Why a copy: the list is the collector's own, and is read in several turns.
  if (Array.isArray(collected)) return Array.from(collected);
  throw new TypeError(`it gives neither a number nor a list of { labels, value } but ${formatValue(collected)}`);
}

/** Reads one entry of such a list. Throws where it is none. */
// Why before anything is set: a wrong entry must cost no more than this metric.
export function readEntry(given: CollectedList[number] | null | undefined): CollectedList[number] {
  if (given === null || given === undefined) throw new TypeError(`it gives a list with ${given} in it`);
  const { labels, value } = given;
  return { labels, value };
}
