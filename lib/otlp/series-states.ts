import type { HistogramView, NativeBuckets } from '../store/exposed-family.js';

/** The total numbers of a series at one instant. */
export type Totals =
  | { readonly value: number }
  | { readonly count: number; readonly sum: number; readonly counts: Float64Array }
  | ExponentialTotals;

/** Those of a histogram in exponential buckets; the counts by index. */
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
  /** When the numbers began to add up that are sent. */
  start: number;
  /** When the series was created; `undefined` where that is not known. */
  createdAt: number | undefined;
  /** What the receiver has, and until when; for deltas. */
  accepted: Totals | undefined;
  /** What it has once the request that is being made is accepted. */
  pending: Totals | undefined;
  /** The last total, by which a reset is found where no creation time tells it. */
  last: number;
  /** The number of the export that has seen it last. */
  seenIn: number;
}

/** What is remembered of all series that need it. Series that are gone are forgotten after an export without them. */
export class SeriesStates {
  readonly #families = new Map<string, Map<string, SeriesState>>();
  #export = 0;

  /** Begins an export. */
  begin(): void {
    this.#export++;
  }

  /** Forgets the series that this export, which has read all of them, has not seen. */
  forgetOthers(): void {
    for (const [name, states] of this.#families) {
      for (const [key, { seenIn }] of states) if (seenIn !== this.#export) states.delete(key);
      if (states.size === 0) this.#families.delete(name);
    }
  }

  /** The state of a series, or a new one that has been counting since then. */
  get(family: string, key: string, start: number, createdAt: number | undefined): SeriesState {
    let states = this.#families.get(family);
    if (states === undefined) {
      states = new Map();
      this.#families.set(family, states);
    }
    let state = states.get(key);
    // Why compared: a series that was removed and created again between two exports counts from 0.
    if (state === undefined || state.createdAt !== createdAt) {
      state = { start, createdAt, accepted: undefined, pending: undefined, last: 0, seenIn: 0 };
      states.set(key, state);
    }
    state.seenIn = this.#export;
    return state;
  }
}

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
