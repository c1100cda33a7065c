import { takeCoverage } from 'node:v8';

/**
 * Writes the coverage of a worker of mocha after each file of specs.
 *
 * Why not once, as the worker ends: mocha waits one second for that and then kills it, which on a busy machine is too
 * short to write all of it.
 */
export const mochaHooks = {
  afterAll(): void {
    takeCoverage();
  },
};
