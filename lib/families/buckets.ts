import { formatValue, refuseIfAny } from '../error.js';
import { checkValue, isCount, type Rule } from '../validation.js';

/** Upper bounds that fit the durations of requests in seconds: 5 ms to 10 s. */
export const defaultBuckets: readonly number[] = Object.freeze([
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
]);

/**
 * Creates `count` upper bounds from `start` on, each `width` above the one before.
 *
 * @throws MetricsError where the bounds would not ascend, or `count` is not a whole number from 1 to 1000.
 * @example
 * import { linearBuckets } from 'flowplane-metrics';
 *
 * console.log(linearBuckets(10, 5, 3)); // [ 10, 15, 20 ]
 */
export function linearBuckets(start: number, width: number, count: number): number[] {
  return createBounds('linearBuckets', { start, width, count }, (i) => start + i * width);
}

/**
 * Creates `count` upper bounds from `start` on, each `factor` times the one before.
 *
 * @throws MetricsError where the bounds would not ascend, or `count` is not a whole number from 1 to 1000.
 * @example
 * import { exponentialBuckets } from 'flowplane-metrics';
 *
 * console.log(exponentialBuckets(1, 2, 4)); // [ 1, 2, 4, 8 ]
 */
export function exponentialBuckets(start: number, factor: number, count: number): number[] {
  return createBounds('exponentialBuckets', { start, factor, count }, (i) => start * factor ** i);
}

const maxBuckets = 1000;

function createBounds(
  site: string,
  given: { readonly [name: string]: number; readonly count: number },
  boundAt: (i: number) => number,
): number[] {
  const { count } = given;
  const bounds =
    isCount(count) && count <= maxBuckets ? Array.from({ length: count }, (_, i) => round(boundAt(i))) : [];
  const rule: Rule = {
    must: `be finite and ascending, 1 to ${maxBuckets} of them`,
    accepts: () => bounds.length > 0 && bounds.every((bound, i) => isAbove(bound, bounds[i - 1])),
    show: () =>
      Object.entries(given)
        .map(([name, value]) => `${name} ${formatValue(value)}`)
        .join(', '),
    remedy: 'Choose others',
    isRequired: true,
  };
  refuseIfAny(site, checkValue('"buckets"', rule, bounds));
  return bounds;
}

const isAbove = (bound: number, previous = -Infinity): boolean => Number.isFinite(bound) && bound > previous;

/** Without the error of adding binary fractions: 0.1 + 2 × 0.1 is 0.3 on the wire, as people write it. */
const round = (bound: number): number => Number(bound.toPrecision(15));
