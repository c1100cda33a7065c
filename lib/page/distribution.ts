/** The observations of a bucket, which is above `lower` and not above `upper`. */
export interface Bucket {
  readonly lower: number;
  readonly upper: number;
  readonly count: number;
}

/** What a histogram has counted. */
export interface Distribution {
  readonly count: number;
  readonly sum: number;
  /** How narrow native buckets are; `undefined` for classic ones. */
  readonly schema: number | undefined;
  /** The buckets by their upper bounds. Those of one schema have the same bounds in every reading. */
  readonly buckets: ReadonlyMap<number, Bucket>;
}

/** Nothing observed. */
export const emptyDistribution: Distribution = { count: 0, sum: 0, schema: undefined, buckets: new Map() };

/** The bounds of a native bucket. Source: Prometheus, native histograms: bucket i ends at 2^(i * 2^-schema). */
export const nativeBound = (index: number, schema: number): number => 2 ** (index * 2 ** -schema);

/** Merges native buckets until they are as wide as those of this schema; classic ones stay. */
export function coarsen(distribution: Distribution, schema: number | undefined): Distribution {
  const { schema: own, buckets } = distribution;
  if (own === undefined || schema === undefined || own <= schema) return distribution;
  const merged = new Map<number, Bucket>();
  for (const bucket of buckets.values()) addBucket(merged, widen(bucket, own, schema));
  return { ...distribution, schema, buckets: merged };
}

function widen({ lower, upper, count }: Bucket, from: number, to: number): Bucket {
  // Why: the bucket around zero has the same bounds in every schema.
  if (lower * upper <= 0) return { lower, upper, count };
  const far = Math.max(Math.abs(lower), Math.abs(upper));
  const index = Math.ceil(Math.round(Math.log2(far) * 2 ** from) / 2 ** (from - to));
  const [near, end] = [nativeBound(index - 1, to), nativeBound(index, to)];
  return upper > 0 ? { lower: near, upper: end, count } : { lower: -end, upper: -near, count };
}

/** Adds a bucket to others by its upper bound. */
export function addBucket(buckets: Map<number, Bucket>, bucket: Bucket, factor = 1): void {
  const count = (buckets.get(bucket.upper)?.count ?? 0) + factor * bucket.count;
  buckets.set(bucket.upper, { ...bucket, count });
}

/** Gives distributions the same buckets: the widest that any of them has, also around zero. */
export function align(all: readonly Distribution[]): Distribution[] {
  const schema = lowestSchema(all);
  const end = Math.max(0, ...all.map(endOfZero));
  return all.map((one) => widenZero(coarsen(one, schema), end));
}

/** Where the bucket around zero ends: at 0 where there is none, or one of zero alone. */
function endOfZero({ schema, buckets }: Distribution): number {
  if (schema === undefined) return 0;
  for (const { lower, upper } of buckets.values()) if (lower < 0 && upper > 0) return upper;
  return 0;
}

/** Puts into the bucket around zero what it covers once it ends there. */
function widenZero(distribution: Distribution, end: number): Distribution {
  if (distribution.schema === undefined || endOfZero(distribution) === end) return distribution;
  const widened = new Map<number, Bucket>();
  for (const bucket of distribution.buckets.values()) {
    const isCovered = bucket.lower >= -end && bucket.upper <= end;
    addBucket(widened, isCovered ? { lower: -end, upper: end, count: bucket.count } : bucket);
  }
  return { ...distribution, buckets: widened };
}

/** Combines two distributions bucket by bucket. */
function combine(one: Distribution, other: Distribution, factor: 1 | -1): Distribution {
  const [first, second] = align([one, other]) as [Distribution, Distribution];
  const schema = lowestSchema([first, second]);
  const buckets = new Map(first.buckets);
  for (const bucket of second.buckets.values()) addBucket(buckets, bucket, factor);
  return { schema, buckets, count: one.count + factor * other.count, sum: one.sum + factor * other.sum };
}

/** The schema of the widest native buckets; `undefined` where there are none. */
export function lowestSchema(distributions: readonly Distribution[]): number | undefined {
  const schemas = distributions.flatMap(({ schema }) => (schema === undefined ? [] : [schema]));
  return schemas.length === 0 ? undefined : Math.min(...schemas);
}

/** Adds up what several histograms have counted. */
export const addDistributions = (all: readonly Distribution[]): Distribution =>
  all.reduce((sum, one) => combine(sum, one, 1), emptyDistribution);

/** What was counted between two readings of one histogram. One that has begun anew counts in full. */
export const subtract = (now: Distribution, before: Distribution): Distribution =>
  now.count < before.count ? now : combine(now, before, -1);

/** The buckets in ascending order. */
export const sortBuckets = ({ buckets }: Distribution): Bucket[] =>
  [...buckets.values()].sort((a, b) => a.upper - b.upper);

/**
 * Estimates a quantile as `histogram_quantile()` of Prometheus does: on a line within a classic bucket, on a logarithmic
 * scale within a native one. `null` where nothing was observed, and where nothing but the number of observations is known.
 */
export function quantileOf(q: number, distribution: Distribution): number | null {
  const buckets = sortBuckets(distribution);
  const rank = q * buckets.reduce((sum, { count }) => sum + count, 0);
  if (!(rank > 0)) return null;
  let below = 0;
  for (const bucket of buckets) {
    const { lower, upper, count } = bucket;
    if (count > 0 && below + count >= rank) {
      // Why: nobody knows how far above the last bound the observations are.
      if (upper === Infinity) return lower === -Infinity ? null : lower;
      const isNative = distribution.schema !== undefined;
      return interpolate(isNative ? cutAtZero(bucket, buckets) : bucket, (rank - below) / count, isNative);
    }
    below += count;
  }
  return null;
}

/** Of the bucket around zero, the side on which the other observations are. */
function cutAtZero(bucket: Bucket, all: readonly Bucket[]): Bucket {
  const { lower, upper } = bucket;
  if (!(lower < 0 && upper > 0)) return bucket;
  const counted = all.filter(({ count }) => count > 0);
  const [isBelow, isAbove] = [counted.some((one) => one.upper <= lower), counted.some((one) => one.lower >= upper)];
  if (isBelow === isAbove) return bucket;
  return isAbove ? { ...bucket, lower: 0 } : { ...bucket, upper: 0 };
}

function interpolate({ lower, upper }: Bucket, part: number, isNative: boolean): number {
  if (lower === -Infinity) return upper;
  return isNative && lower * upper > 0 ? lower * (upper / lower) ** part : lower + (upper - lower) * part;
}
