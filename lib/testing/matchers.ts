import type { SampleLabels } from './samples.js';
import {
  type ExpectedNumber,
  judgeIncrease,
  judgeSeries,
  judgeValue,
  readableMetrics,
  type Verdict,
} from './verdicts.js';

/** What a matcher gives to Jest, Vitest, and whatever else has `expect.extend`. */
export interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
  readonly expected?: unknown;
  readonly actual?: unknown;
}

/** The matchers as a test calls them; `R` is what they return. */
export interface MetricsMatchers<R> {
  /**
   * A series of this name has at least these labels. With `value`, exactly one series has them, and its value is this number,
   * or one that a matcher such as `expect.closeTo(0.5)` accepts.
   */
  toHaveSeries(name: string, labels?: SampleLabels, value?: ExpectedNumber): R;
  /**
   * The series with exactly these labels grows while `run` runs: by `by`, or else by any number. Await it where `run` returns
   * a promise.
   */
  toHaveIncreased(
    name: string,
    labels: SampleLabels,
    run: () => PromiseLike<unknown>,
    by?: ExpectedNumber,
  ): Promise<void>;
  toHaveIncreased(name: string, labels: SampleLabels, run: () => unknown, by?: ExpectedNumber): R;
}

/** The part of a test runner's matcher context that is used. */
interface MatcherContext {
  readonly isNot?: boolean;
}

function toHaveSeries(
  this: MatcherContext,
  metrics: unknown,
  name: string,
  labels?: SampleLabels,
  value?: ExpectedNumber,
): MatcherResult {
  const found = judgeSeries(readableMetrics('toHaveSeries', metrics), name, labels);
  return toResult(found.holds && value !== undefined ? judgeValue(found, value, this.isNot === true) : found);
}

function toHaveIncreased(
  value: unknown,
  name: string,
  labels: SampleLabels,
  run: () => unknown,
  by?: ExpectedNumber,
): MatcherResult | Promise<MatcherResult> {
  const metrics = readableMetrics('toHaveIncreased', value);
  const judge = (increase: number): MatcherResult => toResult(judgeIncrease({ metrics, name, labels, increase }, by));
  const increase = metrics.increase(name, labels, run) as number | Promise<number>;
  return typeof increase === 'number' ? judge(increase) : increase.then(judge);
}

const toResult = ({ holds, message, negated, ...values }: Verdict): MatcherResult => ({
  pass: holds,
  message: () => (holds ? negated : message),
  ...('expected' in values && { expected: values.expected, actual: values.actual }),
});

/** The matchers for `expect.extend`. */
export const metricsMatchers: {
  readonly toHaveSeries: typeof toHaveSeries;
  readonly toHaveIncreased: typeof toHaveIncreased;
} = { toHaveSeries, toHaveIncreased };
