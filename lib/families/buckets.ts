import { MetricsError, shown } from '../error.js';

/** Upper bounds that fit durations of requests, in seconds: 5 ms to 10 s. */
export const defaultBuckets: readonly number[] = Object.freeze([
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
]);

/**
 * So many upper bounds, each so far above the one before: `linearBuckets(10, 5, 3)` is `[10, 15, 20]`.
 *
 * @throws MetricsError where these bounds would not ascend, or `count` is no whole number above 0.
 */
export function linearBuckets(start: number, width: number, count: number): number[] {
  return ascending('linearBuckets', { start, width, count }, (i) => start + i * width);
}

/**
 * So many upper bounds, each so many times the one before: `exponentialBuckets(1, 2, 4)` is `[1, 2, 4, 8]`.
 *
 * @throws MetricsError where these bounds would not ascend, or `count` is no whole number above 0.
 */
export function exponentialBuckets(start: number, factor: number, count: number): number[] {
  return ascending('exponentialBuckets', { start, factor, count }, (i) => start * factor ** i);
}

function ascending(
  site: string,
  given: { readonly [name: string]: number; readonly count: number },
  boundAt: (i: number) => number,
): number[] {
  const bounds = isCount(given.count) ? Array.from({ length: given.count }, (_, i) => exact(boundAt(i))) : [];
  const ascends = bounds.every((bound, i) => Number.isFinite(bound) && (i === 0 || bound > (bounds[i - 1] as number)));
  if (bounds.length > 0 && ascends) return bounds;
  const arguments_ = Object.entries(given).map(([name, value]) => `${name} ${shown(value)}`);
  throw new MetricsError(site, [
    {
      code: 'illegal_option',
      message: `"buckets" must be finite and ascending, 1 to 1000 of them (given ${arguments_.join(', ')}). Choose others.`,
    },
  ]);
}

const isCount = (count: unknown): boolean =>
  Number.isInteger(count) && (count as number) >= 1 && (count as number) <= 1000;

/** Without the error of adding binary fractions: 0.1 + 2 × 0.1 is to be 0.3 on the wire, as its reader wrote it. */
const exact = (bound: number): number => Number(bound.toPrecision(15));
