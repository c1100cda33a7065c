import type { NativeBuckets } from './exposed-family.js';

/** A run of buckets. */
export interface NativeSpan {
  /** How many empty buckets are between the run before and this one; of the first run, the index of its first bucket. */
  readonly offset: number;
  /** How many buckets the run has. */
  readonly length: number;
}

/** Buckets of one sign as runs, with the counts of all runs in one list. */
export interface SpannedBuckets {
  readonly spans: readonly NativeSpan[];
  readonly counts: readonly number[];
}

/** Up to so many empty buckets are written as zeros: that takes less space than another run. */
const maxGap = 2;

/** Lays out buckets in runs, as client_golang does. */
export function spanBuckets({ size, indexes, counts }: NativeBuckets): SpannedBuckets {
  const spans: { offset: number; length: number }[] = [];
  const spanned: number[] = [];
  let next = 0;
  for (let i = 0; i < size; i++) {
    const index = indexes[i] as number;
    const gap = index - next;
    const last = spans.at(-1);
    if (last === undefined || gap > maxGap) spans.push({ offset: gap, length: 1 });
    else {
      for (let empty = 0; empty < gap; empty++) spanned.push(0);
      last.length += gap + 1;
    }
    spanned.push(counts[i] as number);
    next = index + 1;
  }
  return { spans, counts: spanned };
}
