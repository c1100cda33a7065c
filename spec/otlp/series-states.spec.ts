import { expect } from 'chai';
import fc from 'fast-check';
import { type ExponentialTotals, exponentialSince, SeriesStates } from '../../lib/otlp/series-states.js';

/** The totals of these values in buckets of a schema, and in the zero bucket where they are not above the threshold. */
function totalsOf(values: readonly number[], schema: number, zeroThreshold: number): ExponentialTotals {
  const [positive, negative] = [new Map<number, number>(), new Map<number, number>()];
  let zeroCount = 0;
  for (const value of values) {
    if (Math.abs(value) <= zeroThreshold) {
      zeroCount++;
      continue;
    }
    const index = Math.ceil(Math.log2(Math.abs(value)) * 2 ** schema - 1e-9);
    const buckets = value > 0 ? positive : negative;
    buckets.set(index, (buckets.get(index) ?? 0) + 1);
  }
  const sorted = (buckets: Map<number, number>) => new Map([...buckets].sort(([a], [b]) => a - b));
  const sum = values.reduce((total, one) => total + one, 0);
  return {
    ...{ count: values.length, sum, schema, zeroThreshold, zeroCount },
    ...{ positive: sorted(positive), negative: sorted(negative) },
  };
}

describe('The delta of exponential histograms', () => {
  // Why whole powers of a half: they are on the bound of a bucket in every schema.
  const values = fc.array(
    fc.integer({ min: -20, max: 20 }).chain((exponent) => fc.constantFrom(2 ** (exponent / 2), -(2 ** (exponent / 2)))),
  );

  it('has what was observed since, in the schema of now, also where that has become coarser', () => {
    const schemas = fc.tuple(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 3 }));
    fc.assert(
      fc.property(values, values, schemas, (before, added, [schema, coarser]) => {
        const now = totalsOf([...before, ...added], schema - coarser, 0);
        const delta = exponentialSince(now, totalsOf(before, schema, 0));
        const expected = totalsOf(added, schema - coarser, 0);
        expect(delta?.count).to.equal(added.length);
        expect([delta?.positive, delta?.negative]).to.deep.equal([expected.positive, expected.negative]);
      }),
      { seed: 19, numRuns: 200 },
    );
  });

  it('has in the zero bucket what was observed there, where that has swallowed others', () => {
    const before = totalsOf([0, 0.25, 0.25, 4], 0, 0);
    const now = totalsOf([0, 0.25, 0.25, 4, 0.1, 8], 0, 0.25);
    const delta = exponentialSince(now, before);
    expect(delta).to.deep.include({ count: 2, zeroCount: 1, positive: new Map([[3, 1]]) });
  });

  it('stays away where the histogram was reset', () => {
    const many = totalsOf([1, 2, 3, 4], 0, 0);
    expect(exponentialSince(totalsOf([1], 0, 0), many)).to.equal(undefined);
    expect(exponentialSince(totalsOf([1, 1, 1, 1, 1], 0, 0), many)).to.equal(undefined);
    expect(exponentialSince(totalsOf([1, 2, 3, 4, 5], 2, 0), many)).to.equal(undefined);
  });
});

describe('The states of series between two exports', () => {
  it('end after an export that has not seen them', () => {
    const states = new SeriesStates();
    states.begin();
    const [first, second] = [states.ofFamily('a').get('x', 1, undefined), states.ofFamily('a').get('y', 1, undefined)];
    for (const _ of states.forgetOthers());
    states.begin();
    expect(states.ofFamily('a').get('x', 2, undefined)).to.equal(first);
    for (const _ of states.forgetOthers());
    states.begin();
    expect(states.ofFamily('a').get('y', 3, undefined)).to.not.equal(second);
  });

  it('stay for ten exports where the whole family is left out', () => {
    const states = new SeriesStates();
    const exporting = (count: number): void => {
      for (let i = 0; i < count; i++) {
        states.begin();
        for (const _ of states.forgetOthers());
      }
    };
    states.begin();
    const first = states.ofFamily('a').get('x', 1, undefined);
    exporting(10);
    expect(states.ofFamily('a').get('x', 2, undefined)).to.equal(first);
    exporting(11);
    expect(states.ofFamily('a').get('x', 3, undefined)).to.not.equal(first);
  });

  it('begin anew for a series that was created again', () => {
    const states = new SeriesStates();
    states.begin();
    const first = states.ofFamily('a').get('x', 1, 1);
    expect(states.ofFamily('a').get('x', 2, 1)).to.equal(first);
    expect(states.ofFamily('a').get('x', 2, 2)).to.not.equal(first);
  });
});
