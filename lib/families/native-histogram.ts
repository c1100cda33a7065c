import { isCount, isFlag, isOptions, type Rule, type Rules, type Unchecked } from '../validation.js';

/** How the buckets of a native histogram are chosen and limited. All may be left out. */
export interface NativeHistogramOptions {
  /** Each upper bound is at most this many times the one before, above 1. Default 1.1: a quantile is within 5 % or so. */
  readonly factor?: number;
  /** How many buckets a series may have before it is made coarser, or reset; 1 to 10,000. Default 160. */
  readonly maxBuckets?: number;
  /** Observations at most this far from 0 are in the zero bucket. Default 2^-128, about 3e-39. */
  readonly zeroThreshold?: number;
  /** How far the zero bucket may widen to save buckets. Default: `zeroThreshold`, so it does not widen. */
  readonly maxZeroThreshold?: number;
  /** After how many seconds a series with too many buckets may begin at 0 again; `Infinity` for never. Default 3,600. */
  readonly resetAfterSeconds?: number;
}

/** What a family says of native histograms: whether there are any, and how. */
export type NativeHistogramChoice = boolean | NativeHistogramOptions;

/** The options of native histograms, each decided. */
export interface NativeHistogramSettings {
  /** The schema of a series without too many buckets. */
  readonly schema: number;
  readonly maxBuckets: number;
  readonly zeroThreshold: number;
  readonly maxZeroThreshold: number;
  readonly resetAfterSeconds: number;
}

// Source: the options of client_golang's histograms, and what it recommends for them.
const defaultFactor = 1.1;
const defaultMaxBuckets = 160;
const defaultZeroThreshold = 2 ** -128;
const defaultResetAfterSeconds = 3600;

/** How many buckets a series may have, whatever its options say. */
export const maxBucketsAtMost = 10_000;

/** The narrowest and the widest schema that Prometheus knows. */
export const narrowestSchema = 8;
export const widestSchema = -4;

/** Decides the settings of a family; `undefined` where it has no native histograms. */
export function decideNative(choice: NativeHistogramChoice | undefined): NativeHistogramSettings | undefined {
  if (choice === undefined || choice === false) return undefined;
  const {
    factor = defaultFactor,
    maxBuckets = defaultMaxBuckets,
    zeroThreshold = defaultZeroThreshold,
    maxZeroThreshold = zeroThreshold,
    resetAfterSeconds = defaultResetAfterSeconds,
  } = choice === true ? {} : choice;
  return { schema: schemaOf(factor), maxBuckets, zeroThreshold, maxZeroThreshold, resetAfterSeconds };
}

/** The widest schema whose buckets grow by no more than this factor; the narrowest where none is that narrow. */
export const schemaOf = (factor: number): number =>
  Math.max(widestSchema, Math.min(narrowestSchema, 0 - Math.floor(Math.log2(Math.log2(factor)))));

const isAtLeast0 = (value: unknown): boolean => Number.isFinite(value) && (value as number) >= 0;

const optionRules: Rules = {
  factor: {
    must: 'be a number above 1',
    accepts: (value) => Number.isFinite(value) && (value as number) > 1,
    remedy: 'Leave it out for 1.1',
  },
  maxBuckets: {
    must: `be a whole number from 1 to ${maxBucketsAtMost}`,
    accepts: (value) => isCount(value) && value <= maxBucketsAtMost,
    remedy: `Leave it out for ${defaultMaxBuckets}`,
  },
  zeroThreshold: { must: 'be a number not below 0', accepts: isAtLeast0, remedy: 'Leave it out for 2^-128' },
  resetAfterSeconds: {
    must: 'be a number above 0',
    accepts: (value) => typeof value === 'number' && value > 0,
    remedy: `Leave it out for ${defaultResetAfterSeconds}`,
  },
};

/** The rule of the greatest zero threshold, beside this zero threshold. */
const maxZeroThresholdRule = (zeroThreshold: unknown): Rule => ({
  must: 'be a number not below "zeroThreshold"',
  accepts: (value) => isAtLeast0(value) && !((value as number) < (zeroThreshold as number)),
  remedy: 'Leave it out: the zero bucket stays as it is',
});

/** The rules of an object of options. */
export const nativeRulesOf = ({ zeroThreshold = defaultZeroThreshold }: Unchecked): Rules => ({
  ...optionRules,
  maxZeroThreshold: maxZeroThresholdRule(zeroThreshold),
});

/** The rule of the choice itself. */
export const nativeRule: Rule = {
  must: 'be true, false or an object of options',
  accepts: (value) => isFlag(value) || isOptions(value),
  remedy: 'Write true, or { factor: 1.1 }',
};
