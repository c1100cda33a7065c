import type {} from 'vitest';
import { type MetricsMatchers, metricsMatchers as matchers } from './matchers.js';

export type { MatcherResult, MetricsMatchers } from './matchers.js';
export type { ExpectedNumber, NumberMatcher } from './verdicts.js';

/**
 * The matchers of Vitest about recorded metrics, `toHaveSeries` and `toHaveIncreased`: write `expect.extend(metricsMatchers)` in
 * a file of `setupFiles`. With this import, `expect` has their types.
 */
export const metricsMatchers: typeof matchers = matchers;

// Why `Assertion` and no type parameters: versions 3, 4 and 5 all have it, each with other parameters.
declare module 'vitest' {
  interface Assertion extends MetricsMatchers<void> {}
}
