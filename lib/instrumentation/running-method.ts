import type { Declaration } from '../families/declared-instruments.js';
import { shareGlobally } from '../process-state.js';
import type { Call } from './call.js';

/** Is called with the names of a method that has got a number: the first call is about 1, the next one about 2. */
export type OnNamed = (className: string, method: string) => void;

/** So many methods get a number. Why limited: a program may instrument new functions for ever. */
const maxNames = 10_000;

/**
 * Notes in shared memory which decorated method runs its synchronous part, while another thread wants to know: where the
 * event loop is blocked, that is what blocks it.
 */
class RunningMethod {
  /** The number of the innermost method is in the first word; 0 stands for none. `undefined` while nobody wants to know. */
  word: Int32Array | undefined;
  readonly #names: (readonly [className: string, method: string])[] = [];
  readonly #followers = new Set<OnNamed>();

  /** Tells the names of all methods that have a number, and of each that gets one, until the returned function is called. */
  subscribe(onNamed: OnNamed): () => void {
    this.#followers.add(onNamed);
    for (const name of this.#names) onNamed(...name);
    return () => void this.#followers.delete(onNamed);
  }

  /** Gives a method its number; 0 where too many have one. */
  number({ site, method }: Declaration): number {
    if (this.#names.length >= maxNames) return 0;
    const owner = site.slice(site.indexOf(' on ') + ' on '.length);
    const className = owner.endsWith(`.${method}`) ? owner.slice(0, -method.length - 1) : '';
    const number = this.#names.push([className, method]);
    try {
      for (const onNamed of this.#followers) onNamed(className, method);
    } catch {
      // Why nothing more: the stack or the memory is exhausted. The method has no name there.
    }
    return number;
  }

  /** The synchronous part of a call has ended. */
  pop({ outer }: Call): void {
    if (this.word !== undefined) this.word[0] = outer;
  }
}

/** Why for all copies of the package: a bundler may put one beside the methods, and another one beside the server. */
export const runningMethod = shareGlobally(Symbol.for('flowplane-metrics.running-method/1'), () => new RunningMethod());
