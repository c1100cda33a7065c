export type { Duration, PlainDuration } from './duration.js';
export {
  absent,
  avgOverTime,
  countOf,
  delta,
  deriv,
  fractionAtMost,
  histogramQuantile,
  increase,
  increaseFromZero,
  irate,
  lastOverTime,
  maxOverTime,
  minOverTime,
  rate,
  raw,
  resets,
  series,
  sumOf,
  type WindowFunction,
} from './functions.js';
export type { Condition, Conditions } from './matchers.js';
export type {
  MatchingOptions,
  Operator,
  Selector,
  SetOperator,
  SplitQuery,
  TargetLabel,
  VectorQuery,
} from './query.js';
export type { SeriesOptions, Source } from './selector.js';
