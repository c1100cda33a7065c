import { publishedBounds } from './published-bounds.js';

/** Every schema that Prometheus knows. */
export const schemas: readonly number[] = Array.from({ length: 13 }, (_, i) => i - 4);

const float = new Float64Array(1);
const bits = new BigUint64Array(float.buffer);

function moved(number: number, by: bigint): number {
  float[0] = number;
  bits[0] = (bits[0] as bigint) + by;
  return float[0] as number;
}

/** The next number above a positive one. */
export const nextAbove = (number: number): number => moved(number, 1n);

/** The next number below a positive one. */
export const nextBelow = (number: number): number => moved(number, -1n);

/** A positive number as a whole number times a power of two. */
function fractionOf(number: number): { whole: bigint; exponent: number } {
  float[0] = number;
  const all = bits[0] as bigint;
  const exponent = Number(all >> 52n);
  const mantissa = all & ((1n << 52n) - 1n);
  return exponent === 0
    ? { whole: mantissa, exponent: -1074 }
    : { whole: mantissa | (1n << 52n), exponent: exponent - 1075 };
}

/** How many bits it takes to write a number above 0. */
const lengthOf = (whole: bigint): number => {
  const hex = whole.toString(16);
  return (hex.length - 1) * 4 + (32 - Math.clz32(Number.parseInt(hex[0] as string, 16)));
};

/** The least power of two that is not below whole * 2^exponent, as an exponent. */
const ceilLog2 = (whole: bigint, exponent: number): number => exponent + (whole === 1n ? 0 : lengthOf(whole - 1n));

/**
 * The index of the bucket of a positive number: the least i with number <= 2^(i * 2^-schema), in exact arithmetic.
 *
 * A number so near to an irrational bound that the published double differs from it is where that double says.
 */
export function exactIndexOf(number: number, schema: number): number {
  const { whole, exponent } = fractionOf(number);
  if (schema <= 0) return Math.ceil(ceilLog2(whole, exponent) / 2 ** -schema);
  // number <= 2^(i / n) exactly where number^n <= 2^i.
  const n = 2 ** schema;
  // A subnormal number has too few bits for the comparison with a bound.
  if (number < 2 ** -1000) return exactIndexOf(number * 2 ** 200, schema) - 200 * n;
  const index = ceilLog2(whole ** BigInt(n), exponent * n);
  for (const bound of [index - 1, index]) {
    const published = publishedBoundOf(bound, schema);
    if (Math.abs(number - published) <= published * 2 ** -50) return number <= published ? bound : bound + 1;
  }
  return index;
}

/** The upper bound of a bucket, by the published ones from 0.5 to 1. */
function publishedBoundOf(index: number, schema: number): number {
  const n = 2 ** schema;
  const position = ((index % n) + n) % n;
  return (publishedBounds[position * (256 / n)] as number) * 2 * 2 ** ((index - position) / n);
}

/** Random numbers from a seed. */
export function createRandom(seed: number): () => number {
  let state = (seed * 2654435761) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Positive numbers of all magnitudes: random bits, subnormal ones, durations, and neighbours of bounds. */
export function* randomNumbers(count: number, seed: number): Generator<number> {
  const random = createRandom(seed + 1000);
  const randomWord = (): bigint => BigInt(Math.floor(random() * 2 ** 32));
  for (let i = 0; i < count; ) {
    const number = randomNumber(i % 8, random, randomWord);
    if (!(number > 0 && number < Infinity)) continue;
    yield number;
    i++;
  }
}

function randomNumber(sort: number, random: () => number, randomWord: () => bigint): number {
  if (sort < 3) {
    bits[0] = ((randomWord() << 32n) | randomWord()) & ((1n << 63n) - 1n);
    return float[0] as number;
  }
  if (sort === 3) {
    bits[0] = (randomWord() << 20n) | (randomWord() >> 12n);
    return float[0] as number;
  }
  if (sort === 4) return Math.exp(4 * random() - 6);
  if (sort === 5) return 2 ** Math.floor(random() * 2098 - 1074);
  // A bound of schema 8 or one of its neighbours.
  const bound = (publishedBounds[Math.floor(random() * 256)] as number) * 2 ** Math.floor(random() * 40 - 20);
  return moved(bound, BigInt(Math.floor(random() * 9) - 4));
}
