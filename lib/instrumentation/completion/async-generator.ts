import { types } from 'node:util';
import type { Ending } from './completion.js';
import { releaseWhenCollected } from './release-when-collected.js';
import { type Step, watchSteps } from './watch-steps.js';

/** An async generator object ends when the promise of one of its steps says that it was the last one, or rejects. */
export const asyncGeneratorEnding: Ending<AsyncGenerator> = {
  is: (value) => types.isGeneratorObject(value) && Symbol.asyncIterator in value,
  follow(generator, pending) {
    watchSteps(generator, (step: Step<Promise<IteratorResult<unknown>>>) =>
      step().then(
        (result) => {
          if (result.done) pending.end('returned', result.value);
          return result;
        },
        (error) => {
          pending.end('threw', error);
          throw error;
        },
      ),
    );
    releaseWhenCollected(generator, pending);
    return generator;
  },
};
