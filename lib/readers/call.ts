import type { AnyMethod } from './reader-types.js';

/**
 * Calls a function as `Reflect.apply` does.
 *
 * Why not that: a list of arguments has to exist for it, so it would be allocated at every recorded call; counted out,
 * a few arguments stay in registers. Why so few: V8 inlines what is small.
 */
export function call(fn: AnyMethod, self: unknown, args: readonly unknown[]): unknown {
  if (args.length === 1) return fn.call(self, args[0]);
  if (args.length === 2) return fn.call(self, args[0], args[1]);
  return Reflect.apply(fn, self, args);
}
