import type { AnyMethod } from '../reader-types.js';

/** Takes one step of a generator: `next`, `return` or `throw`. */
export type Step<R> = () => R;

/** Lets every step that anybody takes of this generator pass through `watch`. */
export function watchSteps<R>(generator: object, watch: (step: Step<R>) => R): void {
  for (const name of ['next', 'return', 'throw']) {
    const step = Reflect.get(generator, name) as AnyMethod;
    const value = function (this: unknown, ...args: unknown[]): unknown {
      const take = (): R => Reflect.apply(step, this, args);
      return this === generator ? watch(take) : take();
    };
    Reflect.defineProperty(value, 'name', { value: name, configurable: true });
    Reflect.defineProperty(generator, name, { value, configurable: true, writable: true });
  }
}
