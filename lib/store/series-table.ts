import type { DropReason } from '../error.js';
import type { Family } from '../families/family.js';
import { countCombinations, listInitialSeries } from '../families/labels.js';
import { fourFifths, type LimitsWatch } from './bounds-watch.js';
import type { LabelGuard, LabelGuardEvents, LabelTransform } from './label-guard.js';
import { LabelGuards } from './label-guards.js';
import type { NumberStore } from './number-store.js';
import type { SampleLimit } from './sample-budget.js';
import { type Selection, SeriesTrie, type SeriesVisitor } from './series-trie.js';

/** How a table is to be bounded and filled. */
export interface TableOptions {
  readonly maxSeries: number;
  /** Where the numbers are. */
  readonly numbers: NumberStore;
  /** How many numbers a series has. */
  readonly width: number;
  /** As how many samples a series is exposed; 1 unless given. They are taken from what the recorder's families share. */
  readonly samples?: number;
  readonly budget?: SampleLimit | undefined;
  readonly watch?: LimitsWatch | undefined;
  /** Seconds since the epoch, where each series is to remember when it was born: in one number more. */
  readonly created?: (() => number) | undefined;
  /** What a label with `hash: true` does to its values. */
  readonly hash?: LabelTransform | undefined;
}

/** All series of one family in one recorder: raw label values lead to the place of its numbers. */
export class SeriesTable extends SeriesTrie {
  readonly maxSeries: number;
  readonly samplesPerSeries: number;
  readonly #labels: LabelGuards;
  readonly #options: TableOptions;
  readonly #width: number;
  readonly #family: Family;
  readonly #isLimited: boolean;
  #initial = 0;
  #wasFull = false;
  /** How many walks have begun and not ended. */
  #walks = 0;
  readonly #retired: number[] = [];
  /** How many series were removed since the domains were counted. */
  #removed = 0;

  constructor(family: Family, options: TableOptions) {
    const policies = Object.values(family.labels);
    super(policies.length);
    this.#family = family;
    this.#options = options;
    this.#width = options.width + (options.created === undefined ? 0 : 1);
    this.maxSeries = options.maxSeries;
    this.samplesPerSeries = options.samples ?? 1;
    const { watch, maxSeries: most, hash } = options;
    const events = watch && ((label: string) => this.#events(label, watch));
    this.#labels = new LabelGuards(family.labels, { hash, most, events });
    this.#isLimited = policies.some(({ limit }) => limit !== undefined);
    this.declareInitial(family);
  }

  /** The labels' values, by their names and in their order. */
  get domains(): ReadonlyMap<string, LabelGuard> {
    return this.#labels.byName;
  }

  /** How many series are there without an observation. */
  get initial(): number {
    return this.#initial;
  }

  /** Has the label sets exist that this declaration of the family wants from the start. */
  declareInitial(family: Family): void {
    // Why not where they are too many: they would leave no room for those that are observed.
    if (family.initial === 'all' && countCombinations(Object.values(family.labels)) > this.maxSeries) return;
    const before = this.size;
    for (const values of listInitialSeries(family)) this.getOrCreate(values, false);
    this.#initial += this.size - before;
  }

  /**
   * The place of the series with these raw label values, born now if need be; else the reason why it may not be.
   *
   * @param allowOverflow whether a value outside its label's domain becomes `other`: only what adds up may.
   */
  getOrCreate(raw: readonly unknown[], allowOverflow: boolean): number | DropReason {
    // Why not before: nobody may ever need the room.
    if (this.#removed > 0 && this.#labels.isFull) this.#recount();
    return this.lookupKnown(raw, this.#labels, allowOverflow) ?? this.#firstSight(raw, allowOverflow);
  }

  /** Removes the series that have these labels, whatever their other ones; says how many there were. */
  remove(labels: Readonly<Record<string, unknown>>): number {
    const wanted = this.#labels.wanted(labels);
    if (wanted === undefined) return 0;
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
    this.#initial = 0;
    this.declareInitial(this.#family);
  }

  /** A series that is removed while a walk goes on is still told of, with the numbers that it had. */
  override *walk(visitor: SeriesVisitor): Generator<void> {
    this.#walks++;
    try {
      yield* super.walk(visitor);
    } finally {
      this.#walks--;
      if (this.#walks === 0) for (const place of this.#retired.splice(0)) this.#free(place);
    }
  }

  /** Takes back the numbers of a series that is gone, once no walk can come by it. */
  protected retire(place: number): void {
    if (this.#walks > 0) this.#retired.push(place);
    else this.#free(place);
  }

  /** When the series at this place was born, in seconds since the epoch, where that is remembered. */
  protected createdAt(place: number): number | undefined {
    return this.#options.created === undefined ? undefined : this.#options.numbers.get(place + this.#width - 1);
  }

  /** Makes room for a new series with these label values. */
  protected born(_values: readonly string[]): number {
    const { numbers, created } = this.#options;
    const place = numbers.allocate(this.#width);
    if (created !== undefined) numbers.set(place + this.#width - 1, created());
    return place;
  }

  #free(place: number): void {
    this.#options.numbers.free(place, this.#width);
  }

  #events(label: string, watch: LimitsWatch): LabelGuardEvents {
    const { oneOf, limit } = this.#family.labels[label] ?? {};
    const most = oneOf?.length ?? limit ?? this.maxSeries;
    return {
      outside: (value) => {
        // Why not otherwise: the family's own bound has been told of.
        if (oneOf !== undefined || limit !== undefined) watch.full({ label, most, domains: this.domains }, value);
      },
      sensitive: (pattern) => watch.sensitive(label, pattern),
      grown: (size) => {
        if (limit !== undefined && size === fourFifths(limit)) watch.filling({ label, most, domains: this.domains });
      },
    };
  }

  #removeSelected(selection: Selection): number {
    const places = this.takeOut(selection, this.#walks > 0);
    for (const place of places) this.retire(place);
    this.#options.budget?.giveBack(places.length * this.samplesPerSeries);
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
    this.#labels.forget();
    this.visit({ label: (depth, value) => this.#labels.keepAt(depth, value), series: () => undefined });
  }

  #firstSight(raw: readonly unknown[], allowOverflow: boolean): number | DropReason {
    const admitted = this.#labels.admit(raw, allowOverflow);
    if (!Array.isArray(admitted)) return admitted.refused;
    const known = this.lookupAll(admitted);
    const values = known === undefined ? this.#withRoom(admitted, allowOverflow) : admitted;
    if (values === undefined) return 'overflow';
    const place = known ?? this.lookupAll(values) ?? this.#insert(values);
    if (typeof place === 'number' && !areTexts(raw)) this.alias(values, raw, this.maxSeries);
    return place;
  }

  /** This new label set or the one that it is folded into; `undefined` where there is room for neither. */
  #withRoom(values: readonly string[], allowOverflow: boolean): readonly string[] | undefined {
    if (this.size < this.#labels.room(allowOverflow)) return values;
    this.#tellFull();
    if (!allowOverflow) return undefined;
    const folded = this.#labels.fold(values);
    return this.size < this.maxSeries || this.lookupAll(folded) !== undefined ? folded : undefined;
  }

  #insert(values: readonly string[]): number | DropReason {
    const { budget, watch } = this.#options;
    if (budget?.take(this.samplesPerSeries) === false) return 'overflow';
    this.#labels.keep(values);
    const place = this.born(values);
    this.insert(values, place);
    if (this.size === fourFifths(this.maxSeries)) watch?.filling({ most: this.maxSeries, domains: this.domains });
    return place;
  }

  #tellFull(): void {
    if (this.#wasFull) return;
    this.#wasFull = true;
    this.#options.watch?.full({ most: this.maxSeries, domains: this.domains });
  }
}

function areTexts(raw: readonly unknown[]): boolean {
  for (let i = 0; i < raw.length; i++) if (typeof raw[i] !== 'string') return false;
  return raw.length > 0;
}
