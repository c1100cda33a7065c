import type { LabelValue } from '../definition/label-policy.js';
import { MetricsError } from '../error.js';

/** What `@Instrumented` takes; `T` is the instance. */
export interface InstrumentedOptions<T> {
  /** The value of the label `class`. Default: the class's own name. */
  readonly name?: string;
  /** What the names of the families begin with. */
  readonly prefix?: string;
  /** Methods to leave alone. */
  readonly skip?: readonly (keyof T)[];
  /** Further labels of every method: constants, or readers of the instance. */
  readonly labels?: { readonly [name: string]: LabelValue | ((this: T) => LabelValue) };
}

/**
 * Counts and times every method of a class.
 *
 * @throws MetricsError always: it is not supported yet. Annotate the methods with `@Counter` and `@Timed`.
 */
export function Instrumented<T>(_options?: InstrumentedOptions<T>): ClassDecoratorOf<T> {
  return (target) => {
    throw new MetricsError(`@Instrumented on ${target.name}`, [
      {
        code: 'not_supported',
        message:
          '"@Instrumented" is not supported yet (given on a class). Annotate the methods with @Counter and @Timed.',
      },
    ]);
  };
}

// biome-ignore lint/suspicious/noExplicitAny: any constructor of such instances.
type ClassOf<T> = abstract new (...args: any) => T;
type ClassDecoratorOf<T> = (target: ClassOf<T>, context?: ClassDecoratorContext<ClassOf<T>>) => void;
