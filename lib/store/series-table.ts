import type { DropReason } from '../error.js';
import { countSamplesPerSeries, type Family } from '../families/family.js';
import { countCombinations, type LabelPolicy, listInitialSeries } from '../families/labels.js';
import type { NativeHistogramSettings } from '../families/native-histogram.js';
import type { SeriesId } from '../recorder/metrics-recorder.js';
import type { Exemplars } from './exemplars.js';
import type { NativeHistogramView } from './exposed-family.js';
import type { LabelGuard, LabelGuardEvents } from './label-guard.js';
import { LabelGuards } from './label-guards.js';
import { type Limit, type LimitsWatch, type SampleLimit, warningLevel } from './limits.js';
import type { NumberStore } from './numbers.js';
import type { LabelTransform, SensitivePattern } from './redaction.js';
import { SeriesTrie, type SeriesVisitor } from './series-trie.js';
import { Walks } from './walks.js';

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
  /** Whether each series remembers when it was observed, in one more number: `observedAt`. */
  readonly expires?: boolean | undefined;
  /** Changes the values of a label with `hash: true`. */
  readonly hash?: LabelTransform | undefined;
  /** The exemplars of the series, if they may have any. */
  readonly exemplars?: Exemplars | undefined;
  /** The settings of the family's native histograms. Default: it has none. */
  readonly native?: NativeHistogramSettings | undefined;
  /** Runs for each new series. */
  onCreate?(series: SeriesId, values: readonly string[]): void;
  /** Runs when the numbers of a series are given back. */
  onFree?(series: SeriesId): void;
  /** Whether something holds this series, so that its numbers must stay after its removal until `disposeIfRemoved`. */
  isHeld?(series: SeriesId): boolean;
}

/** Is notified when series of a table are created, restarted or removed, and of what it counts of its labels. */
export interface SeriesLog {
  created(series: SeriesId, values: readonly string[]): void;
  removed(series: SeriesId): void;
  /** A series is about to begin again at 0. Its cells and native buckets are those given; both are lent. */
  restarted(series: SeriesId, cells: Float64Array, native: NativeHistogramView): void;
  cleared(): void;
  /** A label value that is not exposed was counted, although no series has changed. */
  changed(): void;
}

/** In place of the time of an observation that no sweep has dated yet. */
export const notDated = Infinity;

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
  /** Where the numbers of a series say when it was created. */
  readonly #createdAt: number;
  /** Where they say when it was last observed; `notDated` if that was after the last sweep. */
  readonly observedAt: number;
  /** From how many series on the family has nearly as many as it may have. */
  readonly #nearly: number;
  #initialSize = 0;
  #wasFull = false;
  readonly #walks = new Walks();
  /** Removed series whose numbers are freed when the last walk has ended. */
  #disposed: SeriesId[] = [];
  /** Removed series that something still holds: `disposeIfRemoved` frees them. */
  readonly heldAfterRemoval = new Set<SeriesId>();
  /** Is notified of each change; `undefined` while nothing follows the table. */
  log: SeriesLog | undefined;

  constructor(family: Family, options: TableOptions) {
    this.family = family;
    this.trie = createTrie(family);
    this.options = options;
    this.#createdAt = options.width;
    this.observedAt = options.width + (options.wallClock === undefined ? 0 : 1);
    this.#width = this.observedAt + (options.expires ? 1 : 0);
    this.maxSeries = options.maxSeries;
    this.#nearly = warningLevel(options.maxSeries);
    this.samplesPerSeries = countSamplesPerSeries(family, options.native);
    const { watch, maxSeries, hash } = options;
    const events = watch && ((label: string) => new LabelEvents(this, label, watch));
    this.#guards = new LabelGuards(family.labels, { hash, maxSeries, events });
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
    return this.trie.lookupKnown(raw, this.#guards, allowOverflow) ?? this.#create(raw, allowOverflow);
  }

  /** Removes the series that have these labels, whatever their other ones; returns how many there were. */
  remove(labels: Readonly<Record<string, unknown>>): number {
    const values = this.#guards.match(labels);
    if (values === undefined) return 0;
    return values.every((value) => value === undefined) ? this.#removeAll() : this.#remove(values);
  }

  /**
   * Removes each series for which the predicate holds when its turn comes, in steps. Whatever else happens between two steps,
   * every series is removed whole, or not at all.
   */
  *removeWhere(predicate: (series: SeriesId) => boolean): Generator<void> {
    const values: string[] = [];
    const found: [SeriesId, readonly string[]][] = [];
    const visitor: SeriesVisitor = {
      label: (depth, value) => {
        values[depth] = value;
      },
      series: (series) => {
        if (predicate(series)) found.push([series, [...values]]);
      },
    };
    const removeFound = (): void => {
      // Why compared: the series may have been removed, and another one may have its label values.
      for (const [series, at] of found.splice(0)) if (this.trie.lookupAll(at) === series) this.#remove(at);
    };
    // Why a walk like those of scrapes: no other series gets the numbers of one that the predicate may still see.
    for (const _ of this.walk(visitor)) {
      removeFound();
      yield;
    }
    removeFound();
  }

  /** Removes every series and creates the initial ones anew. A series that is held from before is none of the new ones. */
  clear(): void {
    this.#removeAll();
    this.createInitial(this.family);
  }

  /** Takes over the series of another table of the same family, all at once. A walk that has begun visits those before. */
  replaceBy(other: SeriesTable): void {
    const replaced = this.size;
    this.trie.exchange(other.trie);
    this.#guards.adopt(other.#guards);
    this.#initialSize = 0;
    this.options.sampleLimit?.replace(this.size * this.samplesPerSeries, replaced * this.samplesPerSeries);
    this.#releaseAll(other.trie);
  }

  /** Gives back the numbers of all series. The table is not used any more. */
  discard(): void {
    this.#releaseAll(this.trie);
  }

  /** Visits every series, oldest first. */
  visit(visitor: SeriesVisitor): void {
    this.trie.visit(visitor);
  }

  /**
   * The same in steps. A series that is removed meanwhile may still be visited, with the numbers that it had; of several that
   * are removed together, all or none. No label values are visited twice.
   */
  *walk(visitor: SeriesVisitor): Generator<void> {
    try {
      yield* this.#walks.walk(this.trie, visitor);
    } finally {
      if (!this.#walks.areGoingOn) this.#freeDisposed();
    }
  }

  /** Which of the numbers of a series says when it was created, if the table remembers that. */
  get createdAtOffset(): number | undefined {
    return this.options.wallClock === undefined ? undefined : this.#createdAt;
  }

  /** A copy of the numbers of a series. */
  copyNumbers(series: SeriesId): Float64Array {
    const { numbers } = this.options;
    return Float64Array.from({ length: this.#width }, (_, i) => numbers.get(series + i));
  }

  /** When a series was created, in seconds since the epoch, if the table remembers that. */
  createdAt(series: SeriesId): number | undefined {
    const { wallClock, numbers } = this.options;
    return wallClock === undefined ? undefined : numbers.get(series + this.#createdAt);
  }

  /** Says that a series begins at 0 again, as if it were created now. */
  restart(series: SeriesId): void {
    const { wallClock, numbers } = this.options;
    if (wallClock !== undefined) numbers.set(series + this.#createdAt, wallClock());
  }

  /** Frees the numbers of a series that was removed while it was held, if nothing holds it any more. */
  disposeIfRemoved(series: SeriesId): void {
    if (!this.options.isHeld?.(series) && this.heldAfterRemoval.delete(series)) this.#dispose(series);
  }

  #create(raw: readonly unknown[], allowOverflow: boolean): SeriesId | DropReason {
    const admitted = this.#guards.admit(raw, allowOverflow);
    if (!Array.isArray(admitted)) return admitted.refused;
    const hasRoom = this.trie.size < this.#guards.maxUnfolded(allowOverflow);
    // Why first: nearly all new label sets are like that, and nothing else has to be looked up for them.
    if (hasRoom && areSame(admitted, raw)) return this.#insert(admitted, raw);
    const isKnown = hasRoom || this.trie.lookupAll(admitted) !== undefined;
    const values = isKnown ? admitted : this.#fold(admitted, raw, allowOverflow);
    if (values === undefined) return 'overflow';
    const series = this.trie.lookupAll(values) ?? this.#insert(values, raw);
    if (typeof series === 'number' && !areStrings(raw)) this.trie.addAliases(values, raw, this.maxSeries);
    return series;
  }

  /** The label set that a new one is folded into, as there is no room for it; `undefined` if there is none for that either. */
  #fold(values: readonly string[], raw: readonly unknown[], allowOverflow: boolean): readonly string[] | undefined {
    this.#reportFull();
    this.#guards.rememberExamined(values, raw);
    if (!allowOverflow) return undefined;
    const folded = this.#guards.fold(values);
    return this.size < this.maxSeries || this.trie.lookupAll(folded) !== undefined ? folded : undefined;
  }

  #insert(values: readonly string[], raw: readonly unknown[]): SeriesId | DropReason {
    const { sampleLimit, watch, numbers, wallClock, expires, onCreate } = this.options;
    if (sampleLimit?.take(this.samplesPerSeries) === false) return 'overflow';
    const series = numbers.allocate(this.#width);
    if (wallClock !== undefined) numbers.set(series + this.#createdAt, wallClock());
    if (expires) numbers.set(series + this.observedAt, notDated);
    onCreate?.(series, values);
    this.#guards.retain(values, raw, this.trie.insert(values, series));
    this.log?.created(series, values);
    this.#walks.noteCreated(series);
    if (this.trie.size === this.#nearly) {
      watch?.onNearlyReached({ max: this.maxSeries, guards: this.guards });
    }
    return series;
  }

  /** Removes the series with these label values, `undefined` standing for any value; returns how many there were. */
  #remove(values: readonly (string | undefined)[]): number {
    const wasFull = this.#guards.isFull;
    const removed = this.trie.remove(values, this.#guards, this.#walks.areGoingOn);
    if (removed.length === 0) return 0;
    // Why: there is room for values that were not examined any more.
    if (wasFull) this.#guards.forgetExamined();
    for (const series of removed) {
      this.log?.removed(series);
      this.#release(series);
    }
    this.#noteRemoved(removed.length);
    return removed.length;
  }

  #removeAll(): number {
    const { size } = this;
    const removed = createTrie(this.family);
    this.trie.exchange(removed);
    this.#guards.reset();
    this.#initialSize = 0;
    this.#noteRemoved(size);
    this.log?.cleared();
    this.#releaseAll(removed);
    return size;
  }

  #noteRemoved(count: number): void {
    this.options.sampleLimit?.giveBack(count * this.samplesPerSeries);
    this.#walks.noteRemoved();
  }

  /** Takes back the numbers of all series of a trie that nothing finds any more, now and later. */
  #releaseAll(trie: SeriesTrie): void {
    this.options.numbers.reclaim(trie.walk({ label: () => undefined, series: (series) => this.#release(series) }));
  }

  /** Takes back the numbers of a removed series, once nothing holds it. */
  #release(series: SeriesId): void {
    if (this.options.isHeld?.(series)) this.heldAfterRemoval.add(series);
    else this.#dispose(series);
  }

  /** Takes back the numbers of a removed series, once no walk can visit it. */
  #dispose(series: SeriesId): void {
    if (this.#walks.areGoingOn) this.#disposed.push(series);
    else this.#free(series);
  }

  #freeDisposed(): void {
    if (this.#disposed.length === 0) return;
    const disposed = this.#disposed;
    this.#disposed = [];
    this.options.numbers.reclaim(this.#freeAll(disposed));
  }

  *#freeAll(disposed: readonly SeriesId[]): Generator<void> {
    for (const [i, series] of disposed.entries()) {
      this.#free(series);
      if (i % 128 === 127) yield;
    }
  }

  #free(series: SeriesId): void {
    this.options.onFree?.(series);
    const { numbers, exemplars } = this.options;
    exemplars?.free(series, this.#width);
    numbers.free(series, this.#width);
  }

  #reportFull(): void {
    if (this.#wasFull) return;
    this.#wasFull = true;
    this.options.watch?.onExceeded({ max: this.maxSeries, guards: this.guards });
  }
}

/** Passes on what one label of a table does to its values. */
class LabelEvents implements LabelGuardEvents {
  readonly #table: SeriesTable;
  readonly #label: string;
  readonly #watch: LimitsWatch;

  constructor(table: SeriesTable, label: string, watch: LimitsWatch) {
    this.#table = table;
    this.#label = label;
    this.#watch = watch;
  }

  onOutside(value: string): void {
    const { oneOf, limit } = this.#policy;
    const max = oneOf?.length ?? limit;
    // Why not for other labels: the limit of the family is reported by itself.
    if (max !== undefined) this.#watch.onExceeded(this.#limitOf(max), value);
  }

  onSensitive(pattern: SensitivePattern): void {
    this.#watch.onSensitive(this.#label, pattern);
  }

  onCounted(): void {
    this.#table.log?.changed();
  }

  onGrown(size: number): void {
    const { limit } = this.#policy;
    if (limit !== undefined && size === warningLevel(limit)) this.#watch.onNearlyReached(this.#limitOf(limit));
  }

  get #policy(): LabelPolicy {
    return this.#table.family.labels[this.#label] ?? {};
  }

  #limitOf(max: number): Limit {
    return { label: this.#label, max, guards: this.#table.guards };
  }
}

const createTrie = ({ labels }: Family): SeriesTrie => new SeriesTrie(Object.keys(labels).length);

/** Whether the label values are the raw ones, of a family with labels. */
function areSame(values: readonly string[], raw: readonly unknown[]): boolean {
  for (let i = 0; i < values.length; i++) if (values[i] !== raw[i]) return false;
  return values.length > 0;
}

function areStrings(raw: readonly unknown[]): boolean {
  for (let i = 0; i < raw.length; i++) if (typeof raw[i] !== 'string') return false;
  return raw.length > 0;
}
