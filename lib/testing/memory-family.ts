import type { DropReason } from '../error.js';
import { defaultMaxSeries, type Family } from '../families/family.js';
import { kinds } from '../families/kinds.js';
import { listInitialSeries } from '../families/labels.js';
import type { FamilyRecorder, SeriesId } from '../recorder/metrics-recorder.js';
import { goFloat } from '../store/go-float.js';
import { LabelGuards } from '../store/label-guards.js';
import type { Sample } from './samples.js';

interface Entry {
  readonly values: readonly string[];
  readonly observed: number[];
  value: number;
}

/** The series of one family in a `MemoryRecorder`. */
export class MemoryFamily implements FamilyRecorder {
  readonly family: Family;
  readonly #labels: LabelGuards;
  /** By label values. The series of a family that was cleared are not in here any more. */
  readonly #ids = new Map<string, SeriesId>();
  readonly #entries: Entry[] = [];

  constructor(family: Family) {
    this.family = family;
    // Why no hash: a test reads the value that it wrote.
    this.#labels = new LabelGuards(family.labels, { maxSeries: family.maxSeries ?? defaultMaxSeries });
    this.#createInitial();
  }

  remove(labels: Readonly<Record<string, unknown>>): number {
    const expected = this.#labels.match(labels);
    if (expected === undefined) return 0;
    const removed = [...this.#ids].filter(([, id]) =>
      this.#at(id).values.every((value, i) => (expected[i] ?? value) === value),
    );
    // Why: there is room for values that were not examined any more.
    if (removed.length > 0 && this.#labels.isFull) this.#labels.forgetExamined();
    for (const [key, id] of removed) {
      this.#ids.delete(key);
      for (const [depth, value] of this.#at(id).values.entries()) this.#labels.release(depth, value);
    }
    return removed.length;
  }

  clear(): void {
    this.#ids.clear();
    this.#labels.reset();
    this.#createInitial();
  }

  #createInitial(): void {
    for (const values of listInitialSeries(this.family)) this.getOrCreate(values, false);
  }

  /** Always `undefined`: tests do not need the faster way. */
  lookup(): undefined {}

  getOrCreate(raw: readonly unknown[], allowOverflow: boolean): SeriesId | DropReason {
    const values = this.#labels.admit(raw, allowOverflow);
    if (!Array.isArray(values)) return values.refused;
    const known = this.#ids.get(JSON.stringify(values));
    if (known !== undefined) return known;
    if (this.#ids.size < this.#labels.maxUnfolded(allowOverflow)) return this.#create(values, raw);
    if (!allowOverflow) return 'overflow';
    const folded = this.#labels.fold(values);
    const found = this.#ids.get(JSON.stringify(folded));
    return found ?? (this.#ids.size < this.#labels.maxUnfolded(false) ? this.#create(folded, raw) : 'overflow');
  }

  #create(values: readonly string[], raw: readonly unknown[]): SeriesId {
    this.#labels.retain(values, raw);
    const id = this.#entries.push({ values, observed: [], value: 0 }) - 1;
    this.#ids.set(JSON.stringify(values), id);
    return id;
  }

  add(id: SeriesId, by: number): void {
    this.#at(id).value += by;
  }

  set(id: SeriesId, value: number): void {
    this.#at(id).value = value;
  }

  observe(id: SeriesId, value: number): void {
    this.#at(id).observed.push(value);
  }

  acquire(id: SeriesId): void {
    this.add(id, 1);
  }

  release(id: SeriesId): void {
    this.add(id, -1);
  }

  /** Lists the samples of this name. */
  samples(name: string): Sample[] {
    const { family } = this;
    const entries = [...this.#ids.values()].map((id) => this.#at(id));
    if (!kinds[family.kind].hasBuckets) {
      return name === family.name ? entries.map((entry) => this.#toSample(entry, entry.value)) : [];
    }
    switch (name) {
      case `${family.name}_count`:
        return entries.map((entry) => this.#toSample(entry, entry.observed.length));
      case `${family.name}_sum`:
        return entries.map((entry) => this.#toSample(entry, entry.observed.reduce(add, 0)));
      case `${family.name}_bucket`:
        return entries.flatMap((entry) => this.#bucketSamples(entry));
      default:
        return [];
    }
  }

  #bucketSamples(entry: Entry): Sample[] {
    return [...this.family.buckets, Infinity].map((bound) => {
      const { labels, value } = this.#toSample(entry, entry.observed.filter((observed) => observed <= bound).length);
      return { labels: { ...labels, le: goFloat(bound) }, value };
    });
  }

  #toSample({ values }: Entry, value: number): Sample {
    const labels = Object.keys(this.family.labels).map((name, i) => [name, values[i] as string] as const);
    return { labels: Object.fromEntries(labels.filter(([, text]) => text !== '')), value };
  }

  #at(id: SeriesId): Entry {
    return this.#entries[id] as Entry;
  }
}

const add = (sum: number, value: number): number => sum + value;
