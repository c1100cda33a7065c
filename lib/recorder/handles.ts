import type { DropReason } from '../error.js';
import { MetricsError, shown } from '../error.js';
import type { Family } from '../families/family.js';
import { kinds, type Operation } from '../families/kinds.js';
import type { LabelSet, Policies } from '../families/label-policy.js';
import { firstOf } from './first-of.js';
import type { Collector, FamilyRecorder, MetricsRecorder, SeriesId } from './metrics-recorder.js';

/** The labels of a call by hand; a family without labels takes none. */
type LabelsArgument<P extends Policies> = {} extends P ? Readonly<Record<string, never>> : LabelSet<P>;
type Lead<P extends Policies> = {} extends P ? [labels?: LabelsArgument<P>] : [labels: LabelsArgument<P>];

/** A counter by hand. Never throws: what cannot be recorded is dropped and counted. */
export interface CounterHandle<P extends Policies> {
  /** Adds `by`, 1 unless given. */
  inc(...given: [...Lead<P>, by?: number]): void;
}

/** A gauge by hand. Never throws. */
export interface GaugeHandle<P extends Policies> {
  set(labels: LabelsArgument<P>, value: number): void;
  /** Adds `by`, 1 unless given. */
  inc(...given: [...Lead<P>, by?: number]): void;
  /** Subtracts `by`, 1 unless given. */
  dec(...given: [...Lead<P>, by?: number]): void;
  /**
   * Has the values computed at each scrape: what is given then is all there is. A collector that throws, rejects or takes
   * too long costs only this metric, in this scrape, and is counted.
   */
  collect(collector: () => CollectedBy<P> | PromiseLike<CollectedBy<P>>): void;
}

/** What a gauge's collector gives: one number, or every label set with its value. */
export type CollectedBy<P extends Policies> =
  | ({} extends P ? number : never)
  | readonly { readonly labels: LabelsArgument<P>; readonly value: number }[];

/** A histogram by hand. Never throws. */
export interface HistogramHandle<P extends Policies> {
  observe(labels: LabelsArgument<P>, value: number): void;
}

type Labels = Readonly<Record<string, unknown>>;

/** Records one family by hand: label objects in, raw label values out. One class for every kind; its types differ. */
export class FamilyHandle {
  readonly #recorder: MetricsRecorder;
  readonly #family: Family;
  readonly #site: string;
  readonly #names: readonly string[];
  readonly #known: ReadonlySet<string>;
  #opened: FamilyRecorder | undefined;
  #clash: unknown;

  constructor(recorder: MetricsRecorder, family: Family) {
    this.#recorder = recorder;
    this.#family = family;
    this.#site = `recorder.${family.kind}("${family.name}")`;
    this.#names = Object.keys(family.labels);
    this.#known = new Set(this.#names);
    try {
      this.#opened = recorder.open(family, this.#site);
    } catch (clash) {
      this.#clash = clash;
    }
  }

  inc(labels?: Labels, by = 1): void {
    this.#record('add', labels, by);
  }

  dec(labels?: Labels, by = 1): void {
    this.#record('add', labels, -by);
  }

  set(labels: Labels, value: number): void {
    this.#record('set', labels, value);
  }

  collect(collector: Collector): void {
    if (kinds[this.#family.kind].operations.includes('set')) this.#recorder.collect(this.#family, collector);
  }

  observe(labels: Labels, value: number): void {
    this.#record('observe', labels, value);
  }

  #record(operation: Operation, labels: Labels = {}, value: number): void {
    const opened = this.#opened;
    let reason: DropReason | undefined;
    let cause: unknown;
    try {
      reason = this.#refusal(operation, value);
      if (opened !== undefined && reason === undefined) {
        const place = this.#place(opened, labels, operation !== 'set');
        if (typeof place === 'number') opened[operation](place, value);
        else reason = place;
      }
    } catch (thrown) {
      reason = thrown instanceof MetricsError ? 'label_type' : 'reader_threw';
      cause = thrown;
    }
    if (reason !== undefined) this.#recorder.dropped(this.#family, reason, this.#site, cause ?? this.#clash);
  }

  #refusal(operation: Operation, value: number): DropReason | undefined {
    const { operations, refuses } = kinds[this.#family.kind];
    return this.#opened === undefined || !operations.includes(operation) ? 'family_clash' : refuses(value);
  }

  // Why each label is read once: it may be a getter.
  #place(opened: FamilyRecorder, labels: Labels, allowOverflow: boolean): SeriesId | DropReason {
    this.#check(labels);
    const names = this.#names;
    if (names.length > 3)
      return opened.getOrCreate(
        names.map((name) => labels[name]),
        allowOverflow,
      );
    const a = names[0] && labels[names[0]];
    const b = names[1] && labels[names[1]];
    const c = names[2] && labels[names[2]];
    return opened.lookup(a, b, c) ?? opened.getOrCreate(firstOf(names.length, a, b, c), allowOverflow);
  }

  #check(labels: Labels): void {
    if (typeof labels !== 'object' || labels === null)
      throw this.#badLabels(`labels must be an object (given ${shown(labels)})`);
    for (const name in labels) {
      if (!this.#known.has(name))
        throw this.#badLabels(`label ${shown(name)} is unknown (known: ${this.#names.join(', ')})`);
    }
  }

  #badLabels(wrong: string): MetricsError {
    return new MetricsError(this.#site, [
      { code: 'label_type', message: `${wrong}. Give the family's labels by name.` },
    ]);
  }
}
