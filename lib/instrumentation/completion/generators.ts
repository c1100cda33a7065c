import { types } from 'node:util';
import type { AnyMethod, Call, CallObserver, Outcome } from '../call.js';
import { Adopted } from './adopted.js';
import { releaseWhenCollected } from './collected.js';
import type { CompletionTracker } from './completion-tracker.js';
import { saysConsumerLeft } from './consumer-left.js';

/** A generator object completes when one of its steps is the last one or throws. It keeps its identity. */
export const generatorTracker: CompletionTracker<Generator> = {
  matches: (value) => canBeWatched(value) && Symbol.iterator in value,
  track: (generator, call) => watch(generator, call, Watched.createStep),
};

/** Whether a value is a generator object whose steps can be watched: a frozen one takes no other prototype. */
const canBeWatched = (value: object): boolean => types.isGeneratorObject(value) && Object.isExtensible(value);

/** An async generator object completes when the promise of one of its steps resolves as the last one, or rejects. */
export const asyncGeneratorTracker: CompletionTracker<AsyncGenerator> = {
  matches: (value) => canBeWatched(value) && Symbol.asyncIterator in value,
  track: (generator, call) => watch(generator, call, Watched.createAsyncStep),
};

/** A call that a generator object completes. Why a linked list of them: nearly all objects complete one. */
interface Watcher {
  readonly call: Call;
  readonly observer: CallObserver | undefined;
  readonly next: Watcher | undefined;
}

/** Takes one step of a generator object: its `next`, `return` or `throw`. */
type Step = (this: object, given: unknown) => unknown;
type CreateStep = (step: AnyMethod, name: 'next' | 'return' | 'throw') => Step;

/**
 * What a generator object keeps about the calls that it completes. Each step reads it.
 *
 * Why a step calls the one that it stands for itself: a stack has one frame of ours for it.
 */
class Watched extends Adopted {
  #watchers: Watcher | undefined = undefined;
  #isRunning = false;

  /** Adds a call, unless its observer watches the object already; returns whether it did. */
  static add(generator: object, call: Call): boolean {
    const watched = #watchers in generator ? generator : new Watched(generator);
    const { observer } = call;
    for (let one = watched.#watchers; one !== undefined; one = one.next) {
      if (one.observer === observer) return false;
    }
    watched.#watchers = { call, observer, next: watched.#watchers };
    return true;
  }

  static createStep(this: void, step: AnyMethod, name: 'next' | 'return' | 'throw'): Step {
    return {
      [name](this: object, given: unknown): unknown {
        // Why where it runs: a generator that steps itself while it runs gets a TypeError, and does not complete by it.
        if (!(#watchers in this) || this.#isRunning) return step.call(this, given);
        this.#isRunning = true;
        let result: IteratorResult<unknown>;
        try {
          result = step.call(this, given);
        } catch (error) {
          this.#isRunning = false;
          settleByError(this.#watchers, error, name === 'throw' ? given : undefined);
          throw error;
        }
        this.#isRunning = false;
        if (result.done) settle(this.#watchers, 'returned', result.value);
        return result;
      },
    }[name] as Step;
  }

  static createAsyncStep(this: void, step: AnyMethod, name: 'next' | 'return' | 'throw'): Step {
    return {
      [name](this: object, given: unknown): unknown {
        const taken: Promise<IteratorResult<unknown>> = step.call(this, given);
        if (!(#watchers in this)) return taken;
        return taken.then(
          (result) => {
            if (result.done) settle(this.#watchers, 'returned', result.value);
            return result;
          },
          (error) => {
            settleByError(this.#watchers, error, name === 'throw' ? given : undefined);
            throw error;
          },
        );
      },
    }[name] as Step;
  }
}

/** Lets a generator object complete this call. A call whose observer watches it already is over. */
function watch(generator: object, call: Call, createStep: CreateStep): object {
  if (!Watched.add(generator, call)) {
    call.settle('returned', generator);
    return generator;
  }
  const prototype = Object.getPrototypeOf(generator) as object;
  const steps = stepsOf(prototype, createStep);
  if (steps !== prototype) Reflect.setPrototypeOf(generator, steps);
  call.keepContext();
  releaseWhenCollected(generator, call);
  return generator;
}

const stepsOfPrototype = new WeakMap<object, object>();

/**
 * A prototype that watches the steps of all generator objects that have this one. Why one for all: to make functions for
 * each object takes longer than to take its steps.
 */
function stepsOf(prototype: object, createStep: CreateStep): object {
  const known = stepsOfPrototype.get(prototype);
  if (known !== undefined) return known;
  const steps: object = Object.create(prototype);
  for (const name of ['next', 'return', 'throw'] as const) {
    const value = createStep(Reflect.get(prototype, name) as AnyMethod, name);
    Reflect.defineProperty(steps, name, { value, configurable: true, writable: true });
  }
  stepsOfPrototype.set(prototype, steps);
  stepsOfPrototype.set(steps, steps);
  return steps;
}

/**
 * Why not every error is one of the call: when the consumer of `Readable.from(generator)` leaves, Node throws an error that
 * says so into the generator. Left in any other way, a generator has returned.
 *
 * @param given what was thrown into the generator, if anything.
 */
function settleByError(watchers: Watcher | undefined, error: unknown, given: unknown): void {
  if (error === given && saysConsumerLeft(error)) settle(watchers, 'returned', undefined);
  else settle(watchers, 'threw', error);
}

function settle(watchers: Watcher | undefined, outcome: Outcome, value: unknown): void {
  for (let one = watchers; one !== undefined; one = one.next) one.call.settle(outcome, value);
}
