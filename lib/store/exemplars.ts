import type { Family } from '../families/family.js';
import { findSampledSpan, isOpenTelemetryThere, maySeeSpan, prepareLookup } from '../recorder/active-span.js';
import type { CellExemplar, CellLog, LoggedExemplar, SourceExemplars } from './cells.js';
import { type CheckedExemplar, checkExemplar, type ExemplarDropReason } from './exemplar-labels.js';
import {
  ExemplarPool,
  type ExemplarSlot,
  type ExemplarSource,
  ExemplarView,
  labelsOfSource,
  maxTime,
  none,
} from './exemplar-pool.js';
import type { Exemplar } from './exposed-family.js';
import { listByTime, NativeExemplars } from './native-exemplars.js';
import { readSeveral, visitSince } from './pooled-exemplars.js';

/** Observes that an exemplar that was given by hand is dropped: the first of a family for this reason, or another one. */
export type OnExemplarDropped = (family: Family, reason: ExemplarDropReason, given: string, isFirst: boolean) => void;

/** How many dropped exemplars there are, by the family's name and the reason. */
export type DroppedExemplars = ReadonlyMap<string, ReadonlyMap<ExemplarDropReason, number>>;

/** The bits of one number: whether it has an exemplar, and whether that was taken since the last scrape. */
const hasOne = 1;
const isTaken = 2;
/** The bits of all numbers of a word that say whether they have one. */
const onlyHasOne = 0x55555555;

/**
 * Whether an observation may have an exemplar: the one that was given with it, or a span of OpenTelemetry.
 *
 * Why apart: every observation asks. Where the answer is no, V8 leaves out the rest, and has room for what each call does.
 */
export const mayHaveExemplar = (given: unknown): boolean => given !== undefined || isOpenTelemetryThere();

/**
 * The exemplars of the counters and buckets of a recorder, each found by the index of its number in the store.
 *
 * At most one is taken between two scrapes: a scrape that reads an exemplar makes room for the next one. So most observations
 * only see that there is one, and each of several scrapers finds an exemplar that is younger than its own last scrape.
 *
 * Why the first one stays until then, with its time, and only a later one takes its place: Prometheus refuses an exemplar that
 * is older than the one before, and takes the same one again for none.
 */
export class Exemplars implements SourceExemplars {
  readonly pool = new ExemplarPool();
  /** Two bits for each number of the store. It is as long as the last number that has an exemplar needs. */
  private states = new Uint32Array(0);
  /** The logs that get each exemplar. */
  private readonly logs = new Set<CellLog>();
  readonly #dropped = new Map<string, Map<ExemplarDropReason, number>>();
  readonly #onDropped: OnExemplarDropped;

  constructor(onDropped: OnExemplarDropped) {
    this.#onDropped = onDropped;
    prepareLookup();
  }

  get dropped(): DroppedExemplars {
    return this.#dropped;
  }

  /** Whether an observation that may have an exemplar, and that this number has counted, should be offered. */
  wants(index: number, given: unknown): boolean {
    return given !== undefined || (!this.isTaken(index) && maySeeSpan());
  }

  /**
   * Offers an observation of this value: its exemplar is the one that was given by hand, else the active span. Returns what
   * was taken. Never throws.
   *
   * @param index the number that has counted it.
   */
  offer(index: number, value: number, given: unknown, family: Family): ExemplarSource | undefined {
    try {
      const source = this.findSource(given, family);
      return source !== undefined && this.take(index, value, source) ? source : undefined;
    } catch {
      // Why nothing more: the stack is exhausted, and an observation may go without an exemplar.
      return undefined;
    }
  }

  /** Whether this number wants no exemplar before the next scrape. */
  private isTaken(index: number): boolean {
    const word = this.states[index >>> 4];
    return word !== undefined && (word & (isTaken << shiftOf(index))) !== 0;
  }

  /** The exemplar of this number, if it has one. The number wants another one from now on. */
  read(index: number, view: ExemplarView): Exemplar | undefined {
    if (!this.hasOne(index)) return undefined;
    this.makeRoom(index);
    const slot = this.pool.find(index);
    return slot === none ? undefined : view.of(slot);
  }

  /** The exemplars of the native histograms of a family. */
  createNative(): NativeExemplars {
    return new NativeExemplars(this.pool, (key) => this.tellNative(key));
  }

  get isEmpty(): boolean {
    return this.pool.size === 0;
  }

  timeOf(index: number): number {
    const slot = this.hasOne(index) ? this.pool.find(index) : none;
    return slot === none ? 0 : this.pool.timeOf(slot);
  }

  readCell(index: number): Exemplar | undefined {
    return this.read(index, new ExemplarView(this.pool));
  }

  readSeveral(index: number): readonly Exemplar[] {
    return this.isEmpty ? [] : readSeveral(this.pool, index);
  }

  /** Like a scrape, this makes room for the next exemplar of each number that it visits. */
  visitSince(time: number, visit: (exemplar: CellExemplar) => void): void {
    const isOneOfSeveral = (index: number): boolean => !this.hasOne(index);
    visitSince(this.pool, time, isOneOfSeveral, (exemplar) => {
      const { index } = exemplar;
      if (!exemplar.isOneOfSeveral) this.makeRoom(index);
      visit(exemplar);
    });
  }

  private makeRoom(index: number): void {
    this.states[index >>> 4] = (this.states[index >>> 4] as number) & ~(isTaken << shiftOf(index));
  }

  /** Lets all numbers want another exemplar from now on, as if all had been read. */
  markRead(): void {
    for (let i = 0; i < this.states.length; i++) this.states[i] = (this.states[i] as number) & onlyHasOne;
  }

  /** Tells a log of the exemplars that there are, and what changes, until the returned function is called. */
  subscribe(log: CellLog): () => void {
    for (const key of this.pool.keys()) {
      if (this.hasOne(key)) log.exemplar?.(key, this.toLogged(this.pool.find(key)));
      else log.nativeExemplars?.(key, this.listNative(key));
    }
    this.logs.add(log);
    return () => void this.logs.delete(log);
  }

  /** Tells the followers of the exemplars of a native histogram, which have this key. */
  tellNative(key: number): void {
    for (const log of this.logs) log.nativeExemplars?.(key, this.listNative(key));
  }

  private listNative(key: number): LoggedExemplar[] {
    return listByTime(this.pool, key).map((slot) => this.toLogged(slot));
  }

  private toLogged(slot: ExemplarSlot): LoggedExemplar {
    const { pool } = this;
    return { labels: pool.labelsOf(slot), value: pool.valueOf(slot), time: pool.timeOf(slot) };
  }

  private hasOne(index: number): boolean {
    return ((this.states[index >>> 4] ?? 0) & (hasOne << shiftOf(index))) !== 0;
  }

  /** Forgets the exemplars of these numbers side by side. */
  free(first: number, width: number): void {
    for (let index = first; index < first + width; index++) {
      const word = this.states[index >>> 4];
      if (word === undefined) return;
      if ((word & (hasOne << shiftOf(index))) === 0) continue;
      this.states[index >>> 4] = word & ~((hasOne | isTaken) << shiftOf(index));
      this.pool.remove(this.pool.find(index));
      for (const log of this.logs) log.exemplarRemoved?.(index);
    }
  }

  /** Counts and reports an exemplar that cannot be exposed. */
  drop(family: Family, reason: ExemplarDropReason, given: string): void {
    const reasons = this.#dropped.get(family.name) ?? new Map<ExemplarDropReason, number>();
    this.#dropped.set(family.name, reasons);
    const before = reasons.get(reason) ?? 0;
    reasons.set(reason, before + 1);
    this.#onDropped(family, reason, given, before === 0);
  }

  private findSource(given: unknown, family: Family): ExemplarSource | undefined {
    const checked = given === undefined ? noneGiven : checkExemplar(given);
    if ('refused' in checked) {
      this.drop(family, checked.refused, checked.given);
      return undefined;
    }
    if (checked.source !== undefined) return checked.source;
    const span = findSampledSpan();
    return span && { span };
  }

  private take(index: number, value: number, source: ExemplarSource): boolean {
    if (this.isTaken(index)) return false;
    const now = Math.floor(Date.now());
    // Why: a test may put another clock in its place, and the pool keeps times in 42 bits.
    if (!(now >= 0 && now < maxTime)) return false;
    const slot = this.pool.find(index);
    const time = slot === none ? -1 : this.pool.timeOf(slot);
    // Why nothing is marked: an observation of the next millisecond may be taken.
    if (now === time) return false;
    if (slot === none && this.pool.add(index, source, value, now) === none) return false;
    // Why the older one stays where the clock went back: the new one would be out of order.
    if (slot !== none && now > time) this.pool.replace(slot, source, value, now);
    this.mark(index);
    if (now > time) {
      for (const log of this.logs) log.exemplar?.(index, { labels: labelsOfSource(source), value, time: now });
    }
    return now > time;
  }

  private mark(index: number): void {
    const at = index >>> 4;
    if (at >= this.states.length) {
      const grown = new Uint32Array(Math.max(64, 2 ** Math.ceil(Math.log2(at + 1))));
      grown.set(this.states);
      this.states = grown;
    }
    this.states[at] = (this.states[at] as number) | ((hasOne | isTaken) << shiftOf(index));
  }
}

const noneGiven: CheckedExemplar = { source: undefined };

/** How far the two bits of a number are from the end of their word. */
const shiftOf = (index: number): number => (index & 15) * 2;

/** The exemplars of numbers side by side, in a list that is filled again for each series. */
export class ExemplarRow {
  readonly #exemplars: Exemplars;
  readonly #width: number;
  /** Why made when they are first read: a service declares many families, and few processes have exemplars. */
  readonly #views: ExemplarView[] = [];
  readonly #filled: (Exemplar | undefined)[] = [];

  constructor(exemplars: Exemplars, width: number) {
    this.#exemplars = exemplars;
    this.#width = width;
  }

  /** The exemplars from this number on; `undefined` where there is none. */
  read(first: number): readonly (Exemplar | undefined)[] | undefined {
    const { pool } = this.#exemplars;
    if (pool.size === 0) return undefined;
    let isEmpty = true;
    for (let i = 0; i < this.#width; i++) {
      this.#views[i] ??= new ExemplarView(pool);
      const exemplar = this.#exemplars.read(first + i, this.#views[i] as ExemplarView);
      this.#filled[i] = exemplar;
      if (exemplar !== undefined) isEmpty = false;
    }
    return isEmpty ? undefined : this.#filled;
  }
}
