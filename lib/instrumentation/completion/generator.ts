import { types } from 'node:util';
import type { Ending } from './completion.js';
import { releaseWhenCollected } from './release-when-collected.js';
import { type Step, watchSteps } from './watch-steps.js';

/**
 * A generator object ends when one of its steps is the last one or throws. It keeps its identity: the steps are watched
 * by properties of its own.
 */
export const generatorEnding: Ending<Generator> = {
  is: (value) => types.isGeneratorObject(value) && Symbol.iterator in value,
  follow(generator, pending) {
    let isRunning = false;
    watchSteps(generator, (step: Step<IteratorResult<unknown>>) => {
      // Why: a generator that steps itself while it runs gets a TypeError, and does not end by it.
      if (isRunning) return step();
      isRunning = true;
      try {
        const result = step();
        if (result.done) pending.end('returned', result.value);
        return result;
      } catch (error) {
        pending.end('threw', error);
        throw error;
      } finally {
        isRunning = false;
      }
    });
    releaseWhenCollected(generator, pending);
    return generator;
  },
};
