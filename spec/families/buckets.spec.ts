import { expect } from 'chai';
import { defaultBuckets, defineHistogram, exponentialBuckets, linearBuckets } from '../../lib/index.js';

describe('Buckets', () => {
  it('from linearBuckets(start, width, count) have equal distances, without rounding errors', () => {
    expect(linearBuckets(10, 5, 3)).to.deep.equal([10, 15, 20]);
    expect(linearBuckets(0.1, 0.1, 4)).to.deep.equal([0.1, 0.2, 0.3, 0.4]);
    expect(linearBuckets(-1, 1, 3)).to.deep.equal([-1, 0, 1]);
  });

  it('from exponentialBuckets(start, factor, count) grow by the factor', () => {
    expect(exponentialBuckets(1, 2, 4)).to.deep.equal([1, 2, 4, 8]);
    expect(exponentialBuckets(0.001, 10, 4)).to.deep.equal([0.001, 0.01, 0.1, 1]);
  });

  it('pass into a histogram, and the default ones ascend and fit seconds', () => {
    const buckets = linearBuckets(1, 1, 1000);
    expect(defineHistogram({ name: 'x', help: 'X', buckets }).buckets).to.deep.equal(buckets);
    expect([...defaultBuckets]).to.deep.equal([...defaultBuckets].sort((a, b) => a - b));
    expect([defaultBuckets[0], defaultBuckets.at(-1)]).to.deep.equal([0.005, 10]);
  });

  for (const [call, message] of [
    [
      () => linearBuckets(0, 0, 3),
      'linearBuckets: "buckets" must be finite and ascending, 1 to 1000 of them (given start 0, width 0, count 3)',
    ],
    [() => linearBuckets(0, -1, 3), 'width -1'],
    [() => linearBuckets(0, 1, 0), 'count 0'],
    [() => linearBuckets(0, 1, 1.5), 'count 1.5'],
    [() => linearBuckets(0, 1, 1e9), 'count 1000000000'],
    [() => linearBuckets(Number.NaN, 1, 3), 'start NaN'],
    [() => exponentialBuckets(0, 2, 3), 'exponentialBuckets: "buckets" must be finite and ascending'],
    [() => exponentialBuckets(1, 1, 3), 'factor 1'],
    [() => exponentialBuckets(1, 10, 1000), 'count 1000'],
    [() => exponentialBuckets(1, 2, '3' as never), 'count "3"'],
  ] as const) {
    it(`from arguments that would not ascend cause an error: ${message}`, () => {
      expect(call).to.throw(message).with.property('code', 'illegal_option');
    });
  }
});
