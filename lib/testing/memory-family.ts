import type { DropReason } from '../definition/drop-reason.js';
import type { Family } from '../definition/family.js';
import { LabelDomain } from '../labels/label-domain.js';
import type { FamilyRecorder, Lease } from '../recorder/metrics-recorder.js';
import type { Reading } from './readings.js';

interface Entry {
  readonly values: readonly string[];
  readonly observed: number[];
  value: number;
}

/** The series of one family in a `MemoryRecorder`. */
export class MemoryFamily implements FamilyRecorder {
  readonly family: Family;
  readonly #domains: readonly LabelDomain[];
  readonly #entries = new Map<string, Entry>();
  readonly #leases = new Map<Lease, Entry>();
  #lastLease = 0;

  constructor(family: Family) {
    this.family = family;
    // Why no disguise: a test reads the value that it wrote.
    this.#domains = Object.values(family.labels).map((policy) => new LabelDomain(policy, undefined));
    this.#declareInitial();
  }

  clear(): void {
    this.#entries.clear();
    for (const domain of this.#domains) domain.forget();
    this.#declareInitial();
  }

  #declareInitial(): void {
    const names = Object.keys(this.family.labels);
    for (const labels of this.family.initial) {
      const values = names.map((name) => labels[name]);
      this.#entry(values, false);
    }
  }

  add(values: readonly unknown[], by: number): DropReason | undefined {
    if (!Number.isFinite(by) && (this.family.kind === 'counter' || typeof by !== 'number')) return 'not_finite';
    if (this.family.kind === 'counter' && by < 0) return 'negative_step';
    return this.#change(values, true, (entry) => {
      entry.value += by;
    });
  }

  set(values: readonly unknown[], value: number): DropReason | undefined {
    if (typeof value !== 'number') return 'not_finite';
    return this.#change(values, false, (entry) => {
      entry.value = value;
    });
  }

  observe(values: readonly unknown[], value: number): DropReason | undefined {
    if (!Number.isFinite(value)) return 'not_finite';
    return this.#change(values, true, ({ observed }) => observed.push(value));
  }

  enter(values: readonly unknown[]): Lease | DropReason {
    const entry = this.#entry(values, true);
    if (typeof entry === 'string') return entry;
    entry.value += 1;
    this.#leases.set(++this.#lastLease, entry);
    return this.#lastLease;
  }

  leave(lease: Lease): void {
    const entry = this.#leases.get(lease);
    if (entry !== undefined) entry.value -= 1;
    this.#leases.delete(lease);
  }

  /** The samples of this name. */
  samples(name: string): Reading[] {
    const { family } = this;
    const entries = [...this.#entries.values()];
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

  #change(values: readonly unknown[], folds: boolean, change: (entry: Entry) => void): DropReason | undefined {
    const entry = this.#entry(values, folds);
    if (typeof entry === 'string') return entry;
    change(entry);
    return undefined;
  }

  #entry(raw: readonly unknown[], folds: boolean): Entry | DropReason {
    const values: string[] = [];
    for (const [i, domain] of this.#domains.entries()) {
      const admitted = domain.admit(raw[i], folds);
      if (typeof admitted !== 'string') return admitted.refused;
      values.push(admitted);
    }
    const key = JSON.stringify(values);
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    if (this.#entries.size >= (this.family.maxSeries ?? 10_000)) return 'overflow';
    for (const [i, domain] of this.#domains.entries()) domain.keep(values[i] as string);
    const entry = { values, observed: [], value: 0 };
    this.#entries.set(key, entry);
    return entry;
  }
}
