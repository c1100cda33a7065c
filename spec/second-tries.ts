import type { Context } from 'mocha';

/** The retries of mocha count from 0, the first try. */
interface Tried {
  currentRetry(): number;
}

/**
 * Names each test that passes at a second try, which `.ci/run` allows.
 *
 * Why CI allows it: what the machine does beside the specs must not refuse a change. Why each is named: such a spec is to be
 * mended. `npm test` by itself allows none.
 */
export const mochaHooks = {
  afterEach(this: Context): void {
    const test = this.currentTest as (Mocha.Test & Tried) | undefined;
    if (test?.state !== 'passed' || test.currentRetry() === 0) return;
    console.error(`passed at a second try only: ${test.fullTitle()}`);
  },
};
