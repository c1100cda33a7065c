import type { DropReason } from '../definition/drop-reason.js';
import type { Family } from '../definition/family.js';
import { type Disguise, LabelDomain } from '../labels/label-domain.js';
import type { NumberStore } from './number-store.js';
import { type Selection, SeriesTrie, type SeriesVisitor } from './series-trie.js';

/** How a table is to be bounded and filled. */
export interface TableOptions {
  readonly maxSeries: number;
  /** Where the numbers are. */
  readonly numbers: NumberStore;
  /** How many numbers a series has. */
  readonly width: number;
  /** Seconds since the epoch, where each series is to remember when it was born: in one number more. */
  readonly created?: (() => number) | undefined;
  /** What a label with `hash: true` does to its values. */
  readonly hash: Disguise | undefined;
}

/** All series of one family in one recorder: raw label values lead to the place of its numbers. */
export class SeriesTable extends SeriesTrie {
  readonly #numbers: NumberStore;
  readonly #width: number;
  readonly #created: (() => number) | undefined;
  readonly #domains: readonly LabelDomain[];
  readonly #maxSeries: number;
  readonly #initial: readonly (readonly unknown[])[];
  readonly #names: readonly string[];
  readonly #isLimited: boolean;
  /** How many walks have begun and not ended. */
  #walks = 0;
  readonly #retired: number[] = [];
  /** How many series were removed since the domains were counted. */
  #removed = 0;

  constructor(family: Family, { maxSeries, numbers, width, hash, created }: TableOptions) {
    const policies = Object.values(family.labels);
    super(policies.length);
    this.#numbers = numbers;
    this.#width = width + (created === undefined ? 0 : 1);
    this.#created = created;
    this.#domains = policies.map((policy) => new LabelDomain(policy, policy.hash ? hash : undefined));
    this.#maxSeries = maxSeries;
    this.#isLimited = policies.some(({ limit }) => limit !== undefined);
    this.#names = Object.keys(family.labels);
    this.#initial = family.initial.map((labels) => this.#names.map((name) => labels[name]));
    this.#declareInitial();
  }

  /**
   * The place of the series with these raw label values, born now if need be; else the reason why it may not be.
   *
   * @param folds whether a value outside its label's domain becomes `other`: only what adds up may.
   */
  place(raw: readonly unknown[], folds: boolean): number | DropReason {
    return this.findAll(raw) ?? this.#firstSight(raw, folds);
  }

  /** Removes the series that have these labels, whatever their other ones; says how many there were. */
  remove(labels: Readonly<Record<string, unknown>>): number {
    if (Object.keys(labels).some((name) => !this.#names.includes(name))) return 0;
    const wanted = this.#names.map((name, depth) => this.#wanted(depth, labels[name]));
    if (wanted.includes(null)) return 0;
    return this.#removeSelected({
      label: (depth, value) => (wanted[depth] ?? value) === value,
      series: () => true,
    });
  }

  /** Removes the series whose places are to go; says how many there were. */
  removeWhere(goes: (place: number) => boolean): number {
    return this.#removeSelected({ label: () => true, series: goes });
  }

  /** Forgets every series; the initial ones are at 0 again. What was held from before leads to none of the new ones. */
  clear(): void {
    this.removeWhere(() => true);
    this.#declareInitial();
  }

  /** A series that is removed while a walk goes on is still told of, with the numbers that it had. */
  override *walk(visitor: SeriesVisitor): Generator<void> {
    this.#walks++;
    try {
      yield* super.walk(visitor);
    } finally {
      this.#walks--;
      if (this.#walks === 0) for (const place of this.#retired.splice(0)) this.#numbers.free(place, this.#width);
    }
  }

  /** Takes back the numbers of a series that is gone, once no walk can come by it. */
  protected retire(place: number): void {
    if (this.#walks > 0) this.#retired.push(place);
    else this.#numbers.free(place, this.#width);
  }

  #born(): number {
    const place = this.#numbers.allocate(this.#width);
    if (this.#created !== undefined) this.#numbers.set(place + this.#width - 1, this.#created());
    return place;
  }

  /** When the series at this place was born, in seconds since the epoch, where that is remembered. */
  protected createdAt(place: number): number | undefined {
    return this.#created === undefined ? undefined : this.#numbers.get(place + this.#width - 1);
  }

  /** The label value that is meant: `undefined` where any is, `null` where none can be. */
  #wanted(depth: number, raw: unknown): string | undefined | null {
    return raw === undefined ? undefined : ((this.#domains[depth] as LabelDomain).exposed(raw) ?? null);
  }

  #removeSelected(selection: Selection): number {
    const places = this.takeOut(selection, this.#walks > 0);
    for (const place of places) this.retire(place);
    this.#removed += places.length;
    if (this.#isLimited || this.#removed > this.size) this.#recount();
    return places.length;
  }

  /**
   * Has the domains remember only what the series still have. Why not at each removal: it takes as long as there are
   * series; it is needed at once only where the number of values is limited.
   */
  #recount(): void {
    this.#removed = 0;
    for (const domain of this.#domains) domain.forget();
    this.visit({
      label: (depth, value) => {
        this.#domains[depth]?.keep(value);
      },
      series: () => undefined,
    });
  }

  #declareInitial(): void {
    for (const values of this.#initial) this.place(values, false);
  }

  #firstSight(raw: readonly unknown[], folds: boolean): number | DropReason {
    const values: string[] = [];
    for (const [depth, domain] of this.#domains.entries()) {
      const admitted = domain.admit(raw[depth], folds);
      if (typeof admitted !== 'string') return admitted.refused;
      values.push(admitted);
    }
    const known = this.findAll(values);
    if (known === undefined && this.size >= this.#maxSeries) return 'overflow';
    const kept = values.map((value, depth) => (this.#domains[depth] as LabelDomain).keep(value));
    return this.insert(kept, raw, () => this.#born());
  }
}
