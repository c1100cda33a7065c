import { expect } from 'chai';
import { boundCondition } from '../../lib/promql/bound.js';
import { canonicalFloat, goFloat } from '../../lib/store/go-float.js';

/** Whether the label `le` with this value satisfies a condition, as Prometheus matches it: the whole value. */
const isMet = (condition: ReturnType<typeof boundCondition>, value: string): boolean =>
  typeof condition === 'string' ? value === condition : new RegExp(`^(?:${condition.matches})$`).test(value);

describe('The condition on a bound in typed queries and in the rules of objectives', () => {
  for (const bound of [-5, 0, 1e-7, 0.25, 1, 100_000, 999_999, 1_048_576, 1e6, 1.5e9, 1e21, 1.5e300]) {
    it(`finds the bucket of ${bound} as Prometheus 2 and as Prometheus 3 store it`, () => {
      const condition = boundCondition(bound);
      expect([goFloat(bound), canonicalFloat(bound)].filter((stored) => !isMet(condition, stored))).to.deep.equal([]);
    });
  }
});
