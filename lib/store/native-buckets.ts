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

/** How the mantissa of a number leads to its position among the buckets between two powers of two. */
interface MantissaTable {
  /** The mantissas of the upper bounds as whole numbers, without their first bit. The last one is above all mantissas. */
  readonly bounds: Float64Array;
  /** For the first 8 bits of a mantissa, the first upper bound that is not below all mantissas with these bits. */
  readonly firstBounds: Uint16Array;
}

/**
 * The tables of the schemas from 0 on, each once it is needed. Why one for each: few numbers are near a bound of theirs, so
 * the search is short. Why not at once: a service without native histograms would wait for them when it starts.
 */
const mantissaTables = new Array<MantissaTable | undefined>(narrowestSchema + 1).fill(undefined);

const mantissaTableOf = (schema: number): MantissaTable => {
  mantissaTables[schema] ??= createMantissaTable(schema);
  return mantissaTables[schema];
};

function createMantissaTable(schema: number): MantissaTable {
  const step = bucketsPerDoubling >> schema;
  const bounds = new Float64Array((1 << schema) + 1).map((_, i) => {
    return ((upperBounds[i * step] as number) * 2 - 1) * implicitBit;
  });
  const firstBounds = new Uint16Array(256);
  let position = 0;
  for (let bits = 0; bits < firstBounds.length; bits++) {
    while ((bounds[position] as number) < (bits / firstBounds.length) * implicitBit) position++;
    firstBounds[bits] = position;
  }
  return { bounds, firstBounds };
}

const float = new Float64Array(1);
const words = new Uint32Array(float.buffer);
/** Which word has the sign and the exponent: it depends on the processor. */
const upperWord = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;

/** The bits of that word without the sign. */
const withoutSign = 0x7fffffff;

/** How many powers of two a subnormal number is raised by, so that all its bits count. */
const subnormalShift = 52;

/**
 * The index of the bucket of a number's magnitude, which is above 0, in this schema: bucket i ends at 2^(i * 2^-schema), which
 * it includes.
 *
 * Why from the bits: a logarithm is wrong near the bounds. Why not of the magnitude: to pass on a number that was computed
 * takes memory.
 */
export function bucketIndexOf(value: number, schema: number): number {
  float[0] = value;
  let upper = (words[upperWord] as number) & withoutSign;
  let exponent = (upper >>> 20) - 1023;
  if (exponent === -1023) {
    float[0] = value * 2 ** subnormalShift;
    upper = (words[upperWord] as number) & withoutSign;
    exponent = (upper >>> 20) - 1023 - subnormalShift;
  }
  // Why after the largest number: so it is in client_golang.
  if (exponent === 1024) return bucketIndexOf(Number.MAX_VALUE, schema) + 1;
  const mantissa = (upper & 0xfffff) * 2 ** 32 + (words[1 - upperWord] as number);
  const { bounds, firstBounds } = mantissaTableOf(Math.max(schema, 0));
  let position = firstBounds[(upper >>> 12) & 0xff] as number;
  while ((bounds[position] as number) < mantissa) position++;
  return schema > 0 ? (exponent << schema) + position : coarsen(exponent + position, -schema);
}

/** The index of the same bucket, or of the one that contains it, so many schemas wider. */
export const coarsen = (index: number, steps: number): number => (index + (1 << steps) - 1) >> steps;

/** The index of the narrowest schema's bucket of the largest number. */
const lastIndex = 1024 * bucketsPerDoubling;

/** The upper bound of a bucket. Of the last one for numbers it is the largest number. */
export function upperBoundOf(index: number, schema: number): number {
  const narrowest = index * 2 ** (narrowestSchema - schema);
  if (narrowest === lastIndex) return Number.MAX_VALUE;
  const position = narrowest & (bucketsPerDoubling - 1);
  const exponent = (narrowest - position) / bucketsPerDoubling;
  return (upperBounds[position] as number) * 2 * 2 ** exponent;
}
