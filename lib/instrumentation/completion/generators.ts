import { types } from 'node:util';
import type { AnyMethod, Call } from '../call.js';
import { releaseWhenCollected } from './collected.js';
import type { CompletionTracker } from './completion-tracker.js';
import { saysConsumerLeft } from './consumer-left.js';

/**
 * A generator object completes when one of its steps is the last one or throws. It keeps its identity: properties of its
 * own intercept the steps.
 */
export const generatorTracker: CompletionTracker<Generator> = {
  matches: (value) => canBeWatched(value) && Symbol.iterator in value,
  track(generator, call) {
    let isRunning = false;
    interceptSteps(generator, (step: Step<IteratorResult<unknown>>, given) => {
      // Why: a generator that steps itself while it runs gets a TypeError, and does not complete by it.
      if (isRunning) return step();
      isRunning = true;
      try {
        const result = step();
        if (result.done) call.settle('returned', result.value);
        return result;
      } catch (error) {
        settleByError(call, error, given);
        throw error;
      } finally {
        isRunning = false;
      }
    });
    releaseWhenCollected(generator, call);
    return generator;
  },
};

/** Whether a value is a generator object whose steps can be intercepted: a frozen one takes no properties. */
const canBeWatched = (value: object): boolean => types.isGeneratorObject(value) && Object.isExtensible(value);

/** An async generator object completes when the promise of one of its steps resolves as the last one, or rejects. */
export const asyncGeneratorTracker: CompletionTracker<AsyncGenerator> = {
  matches: (value) => canBeWatched(value) && Symbol.asyncIterator in value,
  track(generator, call) {
    interceptSteps(generator, (step: Step<Promise<IteratorResult<unknown>>>, given) =>
      step().then(
        (result) => {
          if (result.done) call.settle('returned', result.value);
          return result;
        },
        (error) => {
          settleByError(call, error, given);
          throw error;
        },
      ),
    );
    releaseWhenCollected(generator, call);
    return generator;
  },
};

/**
 * Why not every error is one of the call: when the consumer of `Readable.from(generator)` leaves, Node throws an error that
 * says so into the generator. Left in any other way, a generator has returned.
 *
 * @param given what was thrown into the generator, if anything.
 */
function settleByError(call: Call, error: unknown, given: unknown): void {
  if (error === given && saysConsumerLeft(error)) call.settle('returned', undefined);
  else call.settle('threw', error);
}

/** Takes one step of a generator: `next`, `return` or `throw`. */
type Step<R> = () => R;

/** Passes every step that anyone takes of this generator through `intercept`. */
function interceptSteps<R>(generator: object, intercept: (step: Step<R>, given: unknown) => R): void {
  for (const name of ['next', 'return', 'throw']) {
    const method = Reflect.get(generator, name) as AnyMethod;
    const value = function (this: unknown, ...args: unknown[]): unknown {
      const step = (): R => Reflect.apply(method, this, args);
      return this === generator ? intercept(step, name === 'throw' ? args[0] : undefined) : step();
    };
    Reflect.defineProperty(value, 'name', { value: name, configurable: true });
    Reflect.defineProperty(generator, name, { value, configurable: true, writable: true });
  }
}
