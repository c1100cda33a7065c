import type {} from 'expect';
import { type MetricsMatchers, metricsMatchers as matchers } from './matchers.js';

export type { MatcherResult, MetricsMatchers } from './matchers.js';
export type { ExpectedNumber, NumberMatcher } from './verdicts.js';

/**
 * The matchers of Jest about recorded metrics, `toHaveSeries` and `toHaveIncreased`: write `expect.extend(metricsMatchers)` in
 * a file of `setupFilesAfterEnv`. With this import, `expect` has their types.
 */
export const metricsMatchers: typeof matchers = matchers;

// Why both: `@jest/globals` takes the matchers of `expect`, and `@types/jest` has its own.
declare module 'expect' {
  interface Matchers<R> extends MetricsMatchers<R> {}
}

declare global {
  namespace jest {
    interface Matchers<R> extends MetricsMatchers<R> {}
  }
}
