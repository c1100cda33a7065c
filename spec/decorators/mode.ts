/** Which decorators this file was compiled to: every spec of this folder runs in both modes. */
export const mode: string = (() => {
  let seen = '';
  const probe = (...given: unknown[]): void => {
    seen = given.length === 2 ? 'standard' : 'legacy';
  };
  class Probed {
    @probe
    method(): void {}
  }
  return seen || Probed.name;
})();

/**
 * How many random cases a spec tries in this mode: all of them in one, and a quarter in the other.
 *
 * Why: the modes differ in how a method is replaced, which any case shows, and not in how its calls are counted.
 */
export const casesInMode = (all: number): number => (mode === 'legacy' ? all : Math.ceil(all / 4));
