import { narrowestSchema } from '../families/native-histogram.js';

/** How many buckets of the narrowest schema there are between two powers of two. */
const bucketsPerDoubling = 1 << narrowestSchema;

/**
 * The upper bounds of the narrowest schema between 0.5 and 1. Those of a wider schema are every second, fourth … of them.
 *
 * Why these products: they are the very numbers of client_golang, which differ from the exact ones in the last places. A value
 * on a bound is in the same bucket everywhere only if everyone has the same bounds.
 */
const upperBounds = createUpperBounds();

function createUpperBounds(): Float64Array {
  const bounds = new Float64Array(bucketsPerDoubling + 1).fill(1);
  bounds[0] = 0.5;
  let root = 2;
  for (let step = bucketsPerDoubling / 2; step >= 1; step /= 2) {
    root = Math.sqrt(root);
    // Why not the root of 2 itself: the published bound in the middle is rounded down.
    const factor = step === bucketsPerDoubling / 2 ? 2 / Math.SQRT2 : root;
    for (let i = step; i < bucketsPerDoubling; i += step * 2) bounds[i] = (bounds[i - step] as number) * factor;
  }
  return bounds;
}

const implicitBit = 2 ** 52;

/** The mantissas of the upper bounds as whole numbers, without their first bit. The last one is above all mantissas. */
const upperMantissas = upperBounds.map((bound) => (bound * 2 - 1) * implicitBit);

/** For the first 8 bits of a mantissa, the first upper bound that is not below all mantissas with these bits. */
const firstBounds = createFirstBounds();

function createFirstBounds(): Uint16Array {
  const bounds = new Uint16Array(256);
  let position = 0;
  for (let bits = 0; bits < bounds.length; bits++) {
    while ((upperMantissas[position] as number) < (bits / bounds.length) * implicitBit) position++;
    bounds[bits] = position;
  }
  return bounds;
}

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);
/** Where the word with sign and exponent is. It depends on the processor. */
const high = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;

const subnormalScale = 52;
const maxIndexOfNumbers = 1024 * bucketsPerDoubling;

/**
 * The index of the bucket for a number above 0 in this schema. Bucket i ends at 2^(i * 2^-schema), which it includes.
 *
 * Why from the bits: a logarithm is wrong near the bounds. Why by way of the narrowest schema: a wider bucket is a run of
 * narrower ones, so one search serves all schemas.
 */
export function bucketIndexOf(magnitude: number, schema: number): number {
  float[0] = magnitude;
  let upper = words[high] as number;
  let exponent = (upper >>> 20) - 1023;
  if (exponent === -1023) {
    float[0] = magnitude * 2 ** subnormalScale;
    upper = words[high] as number;
    exponent = (upper >>> 20) - 1023 - subnormalScale;
  }
  const mantissa = (upper & 0xfffff) * 2 ** 32 + (words[1 - high] as number);
  let position = firstBounds[(upper >>> 12) & 0xff] as number;
  while ((upperMantissas[position] as number) < mantissa) position++;
  const index = exponent * bucketsPerDoubling + position;
  // Why after the largest number: so it is in client_golang, in every schema.
  if (magnitude === Infinity) return coarsen(maxIndexOfNumbers, narrowestSchema - schema) + 1;
  return coarsen(index, narrowestSchema - schema);
}

/** The index of the same bucket, or of the one that contains it, so many schemas wider. */
export const coarsen = (index: number, steps: number): number => (index + (1 << steps) - 1) >> steps;

/** The upper bound of a bucket. Of the last one for numbers it is the largest number. */
export function upperBoundOf(index: number, schema: number): number {
  const narrowest = index * 2 ** (narrowestSchema - schema);
  if (narrowest === maxIndexOfNumbers) return Number.MAX_VALUE;
  const position = narrowest & (bucketsPerDoubling - 1);
  const exponent = (narrowest - position) / bucketsPerDoubling;
  return (upperBounds[position] as number) * 2 * 2 ** exponent;
}
