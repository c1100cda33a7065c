import type { DropReason } from '../error.js';
import { countSamplesPerSeries, type Family } from '../families/family.js';
import { countCombinations, listInitialSeries } from '../families/labels.js';
import type { SeriesId } from '../recorder/metrics-recorder.js';
import type { LabelGuard, LabelGuardEvents } from './label-guard.js';
import { LabelGuards } from './label-guards.js';
import { type LimitsWatch, type SampleLimit, warningLevel } from './limits.js';
import type { NumberStore } from './numbers.js';
import type { LabelTransform } from './redaction.js';
import { type SeriesFilter, SeriesTrie, type SeriesVisitor } from './series-trie.js';

/** How the series of a family are limited and where their numbers are. */
export interface TableOptions {
  readonly maxSeries: number;
  readonly numbers: NumberStore;
  /** How many numbers a series has. */
  readonly width: number;
  /** What the families of a recorder may expose together; each series takes its samples from it. */
  readonly sampleLimit?: SampleLimit | undefined;
  readonly watch?: LimitsWatch | undefined;
  /** The time in seconds since the epoch. With it each series remembers when it was created, in one more number. */
  readonly wallClock?: (() => number) | undefined;
  /** Changes the values of a label with `hash: true`. */
  readonly hash?: LabelTransform | undefined;
  /** Runs for each new series. */
  onCreate?(series: SeriesId, values: readonly string[]): void;
  /** Whether something holds this series, so that its numbers must stay after its removal until `disposeIfRemoved`. */
  isHeld?(series: SeriesId): boolean;
}

/** All series of one family in one recorder: raw label values lead to a series, within the limits of the family. */
export class SeriesTable {
  readonly family: Family;
  readonly maxSeries: number;
  readonly samplesPerSeries: number;
  /** Where a known series is found. Why public: each call looks there, and a step less on its way can be measured. */
  readonly trie: SeriesTrie;
  readonly #guards: LabelGuards;
  /** Why public: a table that is to replace this one has the same. */
  readonly options: TableOptions;
  readonly #width: number;
  readonly #hasLabelLimit: boolean;
  #initialSize = 0;
  #wasFull = false;
  /** How many walks have begun and not ended. */
  #walks = 0;
  /** Removed series whose numbers are freed when the last walk has ended. */
  readonly #disposed: SeriesId[] = [];
  /** Removed series that something still holds: `disposeIfRemoved` frees them. */
  readonly heldAfterRemoval = new Set<SeriesId>();
  /** How many series were removed since the label values were counted. */
  #removedSinceCount = 0;

  constructor(family: Family, options: TableOptions) {
    const policies = Object.values(family.labels);
    this.family = family;
    this.trie = new SeriesTrie(policies.length);
    this.options = options;
    this.#width = options.width + (options.wallClock === undefined ? 0 : 1);
    this.maxSeries = options.maxSeries;
    this.samplesPerSeries = countSamplesPerSeries(family);
    const { watch, maxSeries, hash } = options;
    const events = watch && ((label: string) => this.#eventsOf(label, watch));
    this.#guards = new LabelGuards(family.labels, { hash, maxSeries, events });
    this.#hasLabelLimit = policies.some(({ limit }) => limit !== undefined);
    this.createInitial(family);
  }

  /** How many series there are. */
  get size(): number {
    return this.trie.size;
  }

  /** The family's labels with the values that they have, by their names and in their order. */
  get guards(): ReadonlyMap<string, LabelGuard> {
    return this.#guards.byName;
  }

  /** How many series were created without an observation. */
  get initialSize(): number {
    return this.#initialSize;
  }

  /** Creates the series that this declaration of the family has from the start. */
  createInitial(family: Family): void {
    // Why not if they are too many: they would leave no room for observed series.
    if (family.initial === 'all' && countCombinations(Object.values(family.labels)) > this.maxSeries) return;
    const before = this.size;
    for (const values of listInitialSeries(family)) this.getOrCreate(values, false);
    this.#initialSize += this.size - before;
  }

  /**
   * The series with these raw label values, created if need be; or the reason why there is none.
   *
   * @param allowOverflow whether a value outside its label's policy becomes `other`: only numbers that add up may do that.
   */
  getOrCreate(raw: readonly unknown[], allowOverflow: boolean): SeriesId | DropReason {
    // Why not at each removal: the room may never be needed.
    if (this.#removedSinceCount > 0 && this.#guards.isFull) this.#countValues();
    return this.trie.lookupKnown(raw, this.#guards, allowOverflow) ?? this.#create(raw, allowOverflow);
  }

  /** Removes the series that have these labels, whatever their other ones; returns how many there were. */
  remove(labels: Readonly<Record<string, unknown>>): number {
    const values = this.#guards.match(labels);
    if (values === undefined) return 0;
    return this.#removeSelected({
      matchesLabel: (depth, value) => (values[depth] ?? value) === value,
      matchesSeries: () => true,
    });
  }

  /** Removes the series for which the predicate holds; returns how many there were. */
  removeWhere(predicate: (series: SeriesId) => boolean): number {
    return this.#removeSelected({ matchesLabel: () => true, matchesSeries: predicate });
  }

  /** Removes every series and creates the initial ones anew. A series that is held from before is none of the new ones. */
  clear(): void {
    this.removeWhere(() => true);
    this.#initialSize = 0;
    this.createInitial(this.family);
  }

  /**
   * Takes over the series of another table of the same family, all at once. The series that it had are then removed step by
   * step; a walk that has begun still visits them.
   */
  *replaceBy(other: SeriesTable): Generator<void> {
    const replaced = this.size;
    this.trie.exchange(other.trie);
    this.#guards.adopt(other.#guards);
    this.#removedSinceCount = 0;
    this.#initialSize = 0;
    this.options.sampleLimit?.replace(this.size * this.samplesPerSeries, replaced * this.samplesPerSeries);
    yield* this.#releaseAll(other.trie);
  }

  /** Gives back the numbers of all series step by step. The table is not used any more. */
  discard(): Iterable<void> {
    return this.#releaseAll(this.trie);
  }

  /** Visits every series, oldest first. */
  visit(visitor: SeriesVisitor): void {
    this.trie.visit(visitor);
  }

  /** The same in steps. A series that is removed meanwhile is still visited, with the numbers that it had. */
  *walk(visitor: SeriesVisitor): Generator<void> {
    this.#walks++;
    try {
      yield* this.trie.walk(visitor);
    } finally {
      this.#walks--;
      if (this.#walks === 0) for (const series of this.#disposed.splice(0)) this.#free(series);
    }
  }

  /** When a series was created, in seconds since the epoch, if the table remembers that. */
  createdAt(series: SeriesId): number | undefined {
    const { wallClock, numbers } = this.options;
    return wallClock === undefined ? undefined : numbers.get(series + this.#width - 1);
  }

  /** Frees the numbers of a series that was removed while it was held, if nothing holds it any more. */
  disposeIfRemoved(series: SeriesId): void {
    if (!this.options.isHeld?.(series) && this.heldAfterRemoval.delete(series)) this.#dispose(series);
  }

  #create(raw: readonly unknown[], allowOverflow: boolean): SeriesId | DropReason {
    const admitted = this.#guards.admit(raw, allowOverflow);
    if (!Array.isArray(admitted)) return admitted.refused;
    const known = this.trie.lookupAll(admitted);
    const values = known === undefined ? this.#fit(admitted, allowOverflow) : admitted;
    if (values === undefined) return 'overflow';
    const series = known ?? this.trie.lookupAll(values) ?? this.#insert(values);
    if (typeof series === 'number' && !areStrings(raw)) this.trie.addAliases(values, raw, this.maxSeries);
    return series;
  }

  /** The new label set or, if there is no room for it, the one that it is folded into; `undefined` if neither fits. */
  #fit(values: readonly string[], allowOverflow: boolean): readonly string[] | undefined {
    if (this.size < this.#guards.maxUnfolded(allowOverflow)) return values;
    this.#reportFull();
    if (!allowOverflow) return undefined;
    const folded = this.#guards.fold(values);
    return this.size < this.maxSeries || this.trie.lookupAll(folded) !== undefined ? folded : undefined;
  }

  #insert(values: readonly string[]): SeriesId | DropReason {
    const { sampleLimit, watch } = this.options;
    if (sampleLimit?.take(this.samplesPerSeries) === false) return 'overflow';
    this.#guards.retain(values);
    const series = this.#allocate();
    this.options.onCreate?.(series, values);
    this.trie.insert(values, series);
    if (this.size === warningLevel(this.maxSeries)) {
      watch?.onNearlyReached({ max: this.maxSeries, guards: this.guards });
    }
    return series;
  }

  #allocate(): SeriesId {
    const { numbers, wallClock } = this.options;
    const series = numbers.allocate(this.#width);
    if (wallClock !== undefined) numbers.set(series + this.#width - 1, wallClock());
    return series;
  }

  #removeSelected(filter: SeriesFilter): number {
    const removed = this.trie.remove(filter, this.#walks > 0);
    for (const series of removed) this.#release(series);
    this.options.sampleLimit?.giveBack(removed.length * this.samplesPerSeries);
    this.#removedSinceCount += removed.length;
    if (this.#hasLabelLimit || this.#removedSinceCount > this.size) this.#countValues();
    return removed.length;
  }

  #releaseAll(trie: SeriesTrie): Iterable<void> {
    return trie.walk({ label: () => undefined, series: (series) => this.#release(series) });
  }

  /** Takes back the numbers of a removed series, once nothing holds it. */
  #release(series: SeriesId): void {
    if (this.options.isHeld?.(series)) this.heldAfterRemoval.add(series);
    else this.#dispose(series);
  }

  /** Takes back the numbers of a removed series, once no walk can visit it. */
  #dispose(series: SeriesId): void {
    if (this.#walks > 0) this.#disposed.push(series);
    else this.#free(series);
  }

  #free(series: SeriesId): void {
    this.options.numbers.free(series, this.#width);
  }

  /**
   * Makes the guards retain only the values that series still have. Why not at each removal: the time grows with the number
   * of series; only labels with a limit need it at once.
   */
  #countValues(): void {
    this.#removedSinceCount = 0;
    this.#guards.reset();
    this.visit({ label: (depth, value) => this.#guards.retainAt(depth, value), series: () => undefined });
  }

  #eventsOf(label: string, watch: LimitsWatch): LabelGuardEvents {
    const { oneOf, limit } = this.family.labels[label] ?? {};
    const max = oneOf?.length ?? limit ?? this.maxSeries;
    return {
      onOutside: (value) => {
        // Why not for other labels: the limit of the family is reported by itself.
        if (oneOf !== undefined || limit !== undefined) watch.onExceeded({ label, max, guards: this.guards }, value);
      },
      onSensitive: (pattern) => watch.onSensitive(label, pattern),
      onGrown: (size) => {
        if (limit !== undefined && size === warningLevel(limit)) {
          watch.onNearlyReached({ label, max, guards: this.guards });
        }
      },
    };
  }

  #reportFull(): void {
    if (this.#wasFull) return;
    this.#wasFull = true;
    this.options.watch?.onExceeded({ max: this.maxSeries, guards: this.guards });
  }
}

function areStrings(raw: readonly unknown[]): boolean {
  for (let i = 0; i < raw.length; i++) if (typeof raw[i] !== 'string') return false;
  return raw.length > 0;
}
