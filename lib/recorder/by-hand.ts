import type { DropReason } from '../definition/drop-reason.js';
import type { Family } from '../definition/family.js';
import type { LabelSet, Policies } from '../definition/label-policy.js';
import { MetricsError, shown } from '../error.js';
import type { FamilyRecorder, MetricsRecorder } from './metrics-recorder.js';

/** The labels of a call by hand; a family without labels takes none. */
type Given<P extends Policies> = {} extends P ? Readonly<Record<string, never>> : LabelSet<P>;
type Lead<P extends Policies> = {} extends P ? [labels?: Given<P>] : [labels: Given<P>];

/** A counter by hand. Never throws: what cannot be recorded is dropped and counted. */
export interface CounterByHand<P extends Policies> {
  /** Adds `by`, 1 unless given. */
  inc(...given: [...Lead<P>, by?: number]): void;
}

/** A gauge by hand. Never throws. */
export interface GaugeByHand<P extends Policies> {
  set(labels: Given<P>, value: number): void;
  /** Adds `by`, 1 unless given. */
  inc(...given: [...Lead<P>, by?: number]): void;
  /** Subtracts `by`, 1 unless given. */
  dec(...given: [...Lead<P>, by?: number]): void;
}

/** A histogram by hand. Never throws. */
export interface HistogramByHand<P extends Policies> {
  observe(labels: Given<P>, value: number): void;
}

type Labels = Readonly<Record<string, unknown>>;

/** Records one family by hand: label objects in, raw label values out. One class for every kind; its types differ. */
export class ByHand {
  readonly #recorder: MetricsRecorder;
  readonly #family: Family;
  readonly #site: string;
  readonly #index: ReadonlyMap<string, number>;
  #opened: FamilyRecorder | undefined;
  #clash: unknown;
  #scratch: unknown[] | undefined;

  constructor(recorder: MetricsRecorder, family: Family) {
    this.#recorder = recorder;
    this.#family = family;
    this.#site = `recorder.${family.kind}("${family.name}")`;
    this.#index = new Map(Object.keys(family.labels).map((name, i) => [name, i]));
    this.#scratch = this.#freshValues();
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

  observe(labels: Labels, value: number): void {
    this.#record('observe', labels, value);
  }

  #record(operation: 'add' | 'set' | 'observe', labels: Labels | undefined, value: number): void {
    if (this.#opened === undefined) {
      this.#recorder.dropped(this.#family, 'family_clash', this.#site, this.#clash);
      return;
    }
    // Why a fresh array where there is no scratch: a getter among the labels may record by hand itself.
    const values = this.#scratch ?? this.#freshValues();
    this.#scratch = undefined;
    let reason: DropReason | undefined;
    let cause: unknown;
    try {
      this.#fill(values, labels);
      reason = this.#opened[operation](values, value);
    } catch (thrown) {
      reason = thrown instanceof MetricsError ? 'label_type' : 'reader_threw';
      cause = thrown;
    }
    values.fill(undefined);
    this.#scratch = values;
    if (reason !== undefined) this.#recorder.dropped(this.#family, reason, this.#site, cause);
  }

  #fill(values: unknown[], labels: Labels | undefined): void {
    if (labels === undefined) return;
    if (typeof labels !== 'object') throw this.#badLabels(`labels must be an object (given ${shown(labels)})`);
    for (const name in labels) {
      const at = this.#index.get(name);
      if (at === undefined)
        throw this.#badLabels(`label ${shown(name)} is unknown (known: ${[...this.#index.keys()].join(', ')})`);
      values[at] = labels[name];
    }
  }

  #badLabels(wrong: string): MetricsError {
    return new MetricsError(this.#site, [
      { code: 'label_type', message: `${wrong}. Give the family's labels by name.` },
    ]);
  }

  #freshValues(): unknown[] {
    return new Array(this.#index.size).fill(undefined);
  }
}
