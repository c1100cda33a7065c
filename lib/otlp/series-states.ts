import type { HistogramView, NativeBuckets } from '../store/exposed-family.js';

/** The total numbers of a histogram at one instant. */
export type Totals = ExplicitTotals | ExponentialTotals;

/** Those in explicit buckets, each without those below. */
export interface ExplicitTotals {
  readonly count: number;
  readonly sum: number;
  readonly counts: Float64Array;
}

/** Those in exponential buckets; the counts by index. */
export interface ExponentialTotals {
  readonly count: number;
  readonly sum: number;
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly positive: ReadonlyMap<number, number>;
  readonly negative: ReadonlyMap<number, number>;
}

/** What is remembered of a series between two exports. Times are microseconds since the epoch. */
export interface SeriesState {
  /** When the totals that are sent began at 0. */
  start: number;
  /** When the series was created; `undefined` where that is not known. */
  createdAt: number | undefined;
  /** What the receiver has of a histogram; for deltas. */
  accepted: Totals | undefined;
  /** The totals that the receiver will have when it accepts the current request. */
  pending: Totals | undefined;
  /** The same of a counter. Why numbers: an object for each at each export is garbage that takes longer than the export. */
  acceptedValue: number;
  pendingValue: number;
  /** The last total, by which a reset is found where no creation time tells it. */
  last: number;
  /** The number of the last export that had this series. */
  seenIn: number;
}

/** After so many states, long work yields. Why so few: they are all over the memory. */
const statesPerStep = 64;

/** Notes that the receiver has what was pending, until this time. Yields after some dozens. */
export function* acceptPending(states: readonly SeriesState[], time: number): Generator<void> {
  for (const [i, state] of states.entries()) {
    state.accepted = state.pending;
    state.acceptedValue = state.pendingValue;
    state.start = time;
    if (i % statesPerStep === statesPerStep - 1) yield;
  }
}

/** How many exports may leave out a family whose states are remembered. */
const maxAbsences = 10;

/** What is remembered of all series that need it. Series that are gone are forgotten after an export without them. */
export class SeriesStates {
  readonly #families = new Map<string, FamilyStates>();
  #export = 0;

  /** Begins an export. */
  begin(): void {
    this.#export++;
  }

  /** What is remembered of the series of one family. Its key is another one where a family of the same name has another type. */
  ofFamily(key: string): FamilyStates {
    let states = this.#families.get(key);
    if (states === undefined) {
      states = new FamilyStates();
      this.#families.set(key, states);
    }
    states.seenIn = this.#export;
    return states;
  }

  /**
   * Forgets the series that this export, which has read all of them, has not seen. Yields after some dozens.
   *
   * Why not those of a family at once that is left out whole: a collector may have failed, and what it counts goes on.
   */
  *forgetOthers(): Generator<void> {
    for (const [key, states] of this.#families) {
      if (states.seenIn === this.#export) yield* states.forgetOthers(this.#export);
      else if (this.#export - states.seenIn > maxAbsences) this.#families.delete(key);
    }
  }
}

/** What is remembered of the series of one family. */
export class FamilyStates {
  readonly #states = new Map<string, SeriesState>();
  /** The number of the export that has seen the family last. */
  seenIn = 0;

  /** The state of a series, or a new one that has been counting since then. */
  get(key: string, start: number, createdAt: number | undefined): SeriesState {
    let state = this.#states.get(key);
    // Why: where processes are merged, one that began earlier may come later. Its series goes on, and only the new part is sent.
    if (isEarlier(createdAt, state?.createdAt)) (state as SeriesState).createdAt = createdAt;
    // Why compared: a series that was removed and created again between two exports counts from 0.
    if (state === undefined || state.createdAt !== createdAt) {
      state = newState(start, createdAt);
      this.#states.set(key, state);
    }
    state.seenIn = this.seenIn;
    return state;
  }

  /** Forgets the series that this export has not seen. */
  *forgetOthers(seenIn: number): Generator<void> {
    let count = 0;
    for (const [key, state] of this.#states) {
      if (state.seenIn !== seenIn) this.#states.delete(key);
      if (++count % statesPerStep === 0) yield;
    }
  }
}

const newState = (start: number, createdAt: number | undefined): SeriesState => ({
  start,
  createdAt,
  accepted: undefined,
  pending: undefined,
  acceptedValue: 0,
  pendingValue: 0,
  last: 0,
  seenIn: 0,
});

const isEarlier = (time: number | undefined, other: number | undefined): boolean =>
  time !== undefined && other !== undefined && time < other;

/** Remembers the totals of a histogram, whose view is borrowed. */
export function totalsOf(view: HistogramView): Totals {
  const { count, sum, native } = view;
  if (native === undefined) return { count, sum, counts: countsOf(view) };
  const { schema, zeroThreshold, zeroCount, positive, negative } = native;
  return { count, sum, schema, zeroThreshold, zeroCount, positive: mapOf(positive), negative: mapOf(negative) };
}

/** The counts of explicit buckets, each without those below. */
export function countsOf({ cumulativeCounts }: HistogramView): Float64Array {
  const counts = new Float64Array(cumulativeCounts.length);
  for (let i = 0, before = 0; i < counts.length; i++) {
    const total = cumulativeCounts[i] as number;
    counts[i] = total - before;
    before = total;
  }
  return counts;
}

const mapOf = ({ size, indexes, counts }: NativeBuckets): Map<number, number> => {
  const map = new Map<number, number>();
  for (let i = 0; i < size; i++) map.set(indexes[i] as number, counts[i] as number);
  return map;
};

/**
 * What exponential buckets have got since earlier totals; `undefined` where they have been reset meanwhile. They may have
 * become coarser, and the zero bucket wider: what it has swallowed was in it already, as it were.
 */
export function exponentialSince(now: ExponentialTotals, before: ExponentialTotals): ExponentialTotals | undefined {
  if (now.count < before.count || now.schema > before.schema || now.zeroThreshold < before.zeroThreshold) {
    return undefined;
  }
  const steps = before.schema - now.schema;
  let swallowed = before.zeroCount;
  const subtract = (totals: ReadonlyMap<number, number>, earlier: ReadonlyMap<number, number>): Map<number, number> => {
    const rest = new Map(totals);
    for (const [index, count] of earlier) {
      const coarse = Math.ceil(index / 2 ** steps);
      const total = rest.get(coarse);
      if (total === undefined) swallowed += count;
      else rest.set(coarse, total - count);
    }
    for (const [index, count] of rest) if (count === 0) rest.delete(index);
    return rest;
  };
  const positive = subtract(now.positive, before.positive);
  const negative = subtract(now.negative, before.negative);
  const { schema, zeroThreshold } = now;
  const [count, sum, zeroCount] = [now.count - before.count, now.sum - before.sum, now.zeroCount - swallowed];
  const isSound = zeroCount >= 0 && [...positive.values(), ...negative.values()].every((one) => one > 0);
  return isSound ? { count, sum, schema, zeroThreshold, zeroCount, positive, negative } : undefined;
}
