import { widestSchema } from '../families/native-histogram.js';
import type { NativeBuckets, NativeHistogramView } from './exposed-family.js';
import { type FilledBuckets, FilledNativeView } from './filled-native-view.js';
import { bucketIndexOf, coarsen, upperBoundOf } from './native-buckets.js';

/** How wide the buckets of a native histogram are, and its zero bucket. */
type Layout = Pick<NativeHistogramView, 'schema' | 'zeroThreshold'>;

/** How many exemplars a native histogram has at most. */
const maxExemplars = 10;

/**
 * What several native histograms have counted together, such as those of several processes. In which order they are added
 * makes no difference.
 *
 * The sum has the widest buckets of them all, and the widest zero bucket, which takes in every bucket inside it. Where it has
 * too many buckets, it is made coarser, as a single histogram would be.
 */
export class NativeSum {
  /** How many buckets it may have. */
  maxBuckets: number;
  #sum = new FilledNativeView();
  #spare = new FilledNativeView();
  #isEmpty = true;

  constructor(maxBuckets = Infinity) {
    this.maxBuckets = maxBuckets;
  }

  /** The sum, which is lent until the next histogram is added. */
  get view(): NativeHistogramView {
    return this.#sum;
  }

  /** How many observations it has. */
  get count(): number {
    const { zeroCount, positive, negative } = this.#sum;
    return this.#isEmpty ? 0 : zeroCount + positive.total + negative.total;
  }

  clear(): void {
    this.#isEmpty = true;
  }

  /** Adds a histogram, which stays as it is. */
  add(view: NativeHistogramView): void {
    if (this.#isEmpty) {
      this.#isEmpty = false;
      this.#fill(view, none, view);
      this.#sum.exemplars = view.exemplars;
    } else {
      const exemplars = mergeExemplars(this.#sum, view);
      this.#fill(mergeLayouts(this.#sum, view), this.#sum, view);
      this.#sum.exemplars = exemplars;
    }
    this.#limitBuckets();
  }

  #limitBuckets(): void {
    for (;;) {
      const { schema, zeroThreshold, positive, negative, exemplars } = this.#sum;
      if (positive.size + negative.size <= this.maxBuckets || schema === widestSchema) return;
      this.#fill(widen({ schema: schema - 1, zeroThreshold }), this.#sum, none);
      this.#sum.exemplars = exemplars;
    }
  }

  /** Fills the spare view with what both have in this layout. It becomes the sum. */
  #fill({ schema, zeroThreshold }: Layout, a: NativeHistogramView, b: NativeHistogramView): void {
    const filled = this.#spare;
    filled.schema = schema;
    filled.zeroThreshold = zeroThreshold;
    filled.zeroCount = a.zeroCount + b.zeroCount;
    for (const sign of ['positive', 'negative'] as const) {
      const buckets = filled[sign];
      buckets.clear();
      const into = new CoalescedBuckets(filled, buckets);
      mergeSorted(a[sign], a.schema - schema, b[sign], b.schema - schema, into);
      into.finish();
    }
    this.#spare = this.#sum;
    this.#sum = filled;
  }
}

/**
 * What two native histograms have counted together, as an object of its own. It changes neither of them.
 *
 * @param maxBuckets how many buckets it may have.
 */
export function mergeNative(
  a: NativeHistogramView,
  b: NativeHistogramView,
  maxBuckets = Infinity,
): NativeHistogramView {
  reused.clear();
  reused.maxBuckets = maxBuckets;
  reused.add(a);
  reused.add(b);
  return copyNative(reused.view);
}

/** Why one for all: its lists are larger than most histograms. */
const reused = new NativeSum();

/** A view that is not lent, in as little memory as it needs. */
export function copyNative(view: NativeHistogramView): NativeHistogramView {
  const { schema, zeroThreshold, zeroCount, positive, negative, exemplars } = view;
  return {
    ...{ schema, zeroThreshold, zeroCount },
    positive: copyBuckets(positive),
    negative: copyBuckets(negative),
    exemplars: [...exemplars],
  };
}

function copyBuckets({ size, indexes, counts }: NativeBuckets): NativeBuckets {
  const copy = { size, indexes: new Int32Array(size), counts: new Float64Array(size) };
  for (let i = 0; i < size; i++) {
    copy.indexes[i] = indexes[i] as number;
    copy.counts[i] = counts[i] as number;
  }
  return copy;
}

const none = new FilledNativeView();

const isSame = (a: Layout, b: Layout): boolean => a.schema === b.schema && a.zeroThreshold === b.zeroThreshold;

/** The layout that fits both. */
function mergeLayouts(a: Layout, b: Layout): Layout {
  if (isSame(a, b)) return a;
  return widen({
    schema: Math.min(a.schema, b.schema),
    zeroThreshold: Math.max(a.zeroThreshold, b.zeroThreshold),
  });
}

/**
 * This layout, with a zero bucket that ends where a bucket ends.
 *
 * Why even where no bucket is cut: otherwise it would depend on what was counted, and so on the order of merges.
 */
const widen = ({ schema, zeroThreshold }: Layout): Layout => ({
  schema,
  zeroThreshold: zeroThreshold === 0 ? 0 : upperBoundOf(bucketIndexOf(zeroThreshold, schema), schema),
});

/** Takes buckets in ascending order: equal ones become one, and those inside the zero bucket become part of it. */
class CoalescedBuckets {
  readonly #view: FilledNativeView;
  readonly #buckets: FilledBuckets;
  #index = Number.NaN;
  #count = 0;

  constructor(view: FilledNativeView, buckets: FilledBuckets) {
    this.#view = view;
    this.#buckets = buckets;
  }

  add(index: number, count: number): void {
    if (index === this.#index) {
      this.#count += count;
      return;
    }
    this.finish();
    this.#index = index;
    this.#count = count;
  }

  finish(): void {
    if (this.#count === 0) return;
    const { schema, zeroThreshold } = this.#view;
    const isZero = this.#buckets.size === 0 && upperBoundOf(this.#index, schema) <= zeroThreshold;
    if (isZero) this.#view.zeroCount += this.#count;
    else this.#buckets.add(this.#index, this.#count);
    this.#count = 0;
  }
}

/** Goes through the buckets of both in one order, each made so many steps coarser. */
function mergeSorted(
  a: NativeBuckets,
  stepsOfA: number,
  b: NativeBuckets,
  stepsOfB: number,
  into: CoalescedBuckets,
): void {
  let [i, j] = [0, 0];
  while (i < a.size || j < b.size) {
    const ofA = i < a.size ? coarsen(a.indexes[i] as number, stepsOfA) : Infinity;
    const ofB = j < b.size ? coarsen(b.indexes[j] as number, stepsOfB) : Infinity;
    if (ofA <= ofB) into.add(ofA, a.counts[i++] as number);
    else into.add(ofB, b.counts[j++] as number);
  }
}

const mergeExemplars = (a: NativeHistogramView, b: NativeHistogramView): NativeHistogramView['exemplars'] => {
  if (b.exemplars.length === 0) return a.exemplars;
  const sorted = [...a.exemplars, ...b.exemplars].sort((x, y) => (x.timestamp ?? 0) - (y.timestamp ?? 0));
  return sorted.slice(-maxExemplars);
};
