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
