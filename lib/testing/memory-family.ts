import type { DropReason } from '../error.js';
import type { Family } from '../families/family.js';
import { initialSeries } from '../families/initial-series.js';
import type { FamilyRecorder, SeriesId } from '../recorder/metrics-recorder.js';
import { LabelGuards } from '../store/label-guards.js';
import { defaultMaxSeriesPerFamily } from '../store/limits.js';
import type { Reading } from './readings.js';

interface Entry {
  readonly values: readonly string[];
  readonly observed: number[];
  value: number;
}

/** The series of one family in a `MemoryRecorder`. */
export class MemoryFamily implements FamilyRecorder {
  readonly family: Family;
  readonly #labels: LabelGuards;
  /** By label values; those of a family that was cleared are not in here any more. */
  readonly #places = new Map<string, SeriesId>();
  readonly #entries: Entry[] = [];

  constructor(family: Family) {
    this.family = family;
    // Why no hash: a test reads the value that it wrote.
    this.#labels = new LabelGuards(family.labels, { maxSeries: family.maxSeries ?? defaultMaxSeriesPerFamily });
    this.#declareInitial();
  }

  remove(labels: Readonly<Record<string, unknown>>): number {
    const wanted = this.#labels.match(labels);
    if (wanted === undefined) return 0;
    const gone = [...this.#places].filter(([, place]) =>
      this.#at(place).values.every((value, i) => (wanted[i] ?? value) === value),
    );
    for (const [key] of gone) this.#places.delete(key);
    this.#recount();
    return gone.length;
  }

  clear(): void {
    this.#places.clear();
    this.#recount();
    this.#declareInitial();
  }

  /** Has the domains remember only what the series still have. */
  #recount(): void {
    this.#labels.reset();
    for (const place of this.#places.values()) this.#labels.retain(this.#at(place).values);
  }

  #declareInitial(): void {
    for (const values of initialSeries(this.family)) this.getOrCreate(values, false);
  }

  /** Always `undefined`: a test has time. */
  lookup(): undefined {}

  getOrCreate(raw: readonly unknown[], allowOverflow: boolean): SeriesId | DropReason {
    const values = this.#labels.admit(raw, allowOverflow);
    if (!Array.isArray(values)) return values.refused;
    const known = this.#places.get(JSON.stringify(values));
    if (known !== undefined) return known;
    if (this.#places.size < this.#labels.maxUnfolded(allowOverflow)) return this.#born(values);
    if (!allowOverflow) return 'overflow';
    const folded = this.#labels.fold(values);
    const found = this.#places.get(JSON.stringify(folded));
    return found ?? (this.#places.size < this.#labels.maxUnfolded(false) ? this.#born(folded) : 'overflow');
  }

  #born(values: readonly string[]): SeriesId {
    this.#labels.retain(values);
    const place = this.#entries.push({ values, observed: [], value: 0 }) - 1;
    this.#places.set(JSON.stringify(values), place);
    return place;
  }

  add(place: SeriesId, by: number): void {
    this.#at(place).value += by;
  }

  set(place: SeriesId, value: number): void {
    this.#at(place).value = value;
  }

  observe(place: SeriesId, value: number): void {
    this.#at(place).observed.push(value);
  }

  acquire(place: SeriesId): void {
    this.add(place, 1);
  }

  release(place: SeriesId): void {
    this.add(place, -1);
  }

  /** The samples of this name. */
  samples(name: string): Reading[] {
    const { family } = this;
    const entries = [...this.#places.values()].map((place) => this.#at(place));
    if (family.kind !== 'histogram') return name === family.name ? entries.map((e) => this.#series(e, e.value)) : [];
    switch (name) {
      case `${family.name}_count`:
        return entries.map((e) => this.#series(e, e.observed.length));
      case `${family.name}_sum`:
        return entries.map((e) =>
          this.#series(
            e,
            e.observed.reduce((sum, value) => sum + value, 0),
          ),
        );
      case `${family.name}_bucket`:
        return entries.flatMap((entry) => this.#buckets(entry));
      default:
        return [];
    }
  }

  #buckets(entry: Entry): Reading[] {
    return [...this.family.buckets, Infinity].map((bound) => {
      const { labels, value } = this.#series(entry, entry.observed.filter((observed) => observed <= bound).length);
      return { labels: { ...labels, le: bound === Infinity ? '+Inf' : String(bound) }, value };
    });
  }

  #series({ values }: Entry, value: number): Reading {
    const labels = Object.keys(this.family.labels).map((name, i) => [name, values[i] as string] as const);
    return { labels: Object.fromEntries(labels.filter(([, text]) => text !== '')), value };
  }

  #at(place: SeriesId): Entry {
    return this.#entries[place] as Entry;
  }
}
