import { expect } from 'chai';
import { schemaOf } from '../../lib/families/native-histogram.js';
import { bucketIndexOf, coarsen, upperBoundOf } from '../../lib/store/native-buckets.js';
import { exactIndexOf, nextAbove, nextBelow, randomNumbers, schemas } from './exact-native-model.js';
import { publishedBounds } from './published-bounds.js';

describe('The buckets of native histograms', () => {
  it('have the bounds that client_golang publishes, to the last bit', () => {
    expect(publishedBounds).to.have.length(256);
    for (const [i, bound] of publishedBounds.entries()) expect(upperBoundOf(i - 256, 8), `${i}`).to.equal(bound);
  });

  // Source: TestGetLe of client_golang, TestGetBoundExponential of Prometheus.
  const publishedUpperBounds: readonly (readonly [index: number, schema: number, bound: number])[] = [
    [-1, -1, 0.25],
    [0, -1, 1],
    [1, -1, 4],
    [512, -1, Number.MAX_VALUE],
    [513, -1, Infinity],
    [-1, 0, 0.5],
    [0, 0, 1],
    [1, 0, 2],
    [1024, 0, Number.MAX_VALUE],
    [1025, 0, Infinity],
    [-1, 2, 0.8408964152537144],
    [0, 2, 1],
    [1, 2, 1.189207115002721],
    [4096, 2, Number.MAX_VALUE],
    [4097, 2, Infinity],
  ];

  it('end where the published examples say', () => {
    for (const [index, schema, bound] of publishedUpperBounds) {
      expect(upperBoundOf(index, schema), `${index} of schema ${schema}`).to.equal(bound);
    }
  });

  it('include their upper bound, and not the number after it', () => {
    for (const schema of schemas) {
      for (let index = -600; index <= 600; index++) {
        const bound = upperBoundOf(index, schema);
        // Near 0 there are fewer numbers than bounds.
        if (bound < 2 ** -1000 || bound >= Number.MAX_VALUE) continue;
        expect(bucketIndexOf(bound, schema), `${bound} in schema ${schema}`).to.equal(index);
        expect(bucketIndexOf(nextAbove(bound), schema), `above ${bound} in schema ${schema}`).to.equal(index + 1);
        expect(bucketIndexOf(nextBelow(bound), schema), `below ${bound} in schema ${schema}`).to.equal(index);
      }
    }
  });

  it('agree with exact arithmetic for 26,000 random numbers in all schemas, subnormal ones too', () => {
    for (const schema of schemas) {
      for (const number of randomNumbers(2_000, 7 + schema)) {
        const exact = exactIndexOf(number, schema);
        expect(bucketIndexOf(number, schema), `${number} in schema ${schema}`).to.equal(exact);
        expect(bucketIndexOf(-number, schema), `${-number} in schema ${schema}`).to.equal(exact);
      }
    }
  });

  it('take the smallest and the largest numbers', () => {
    for (const schema of schemas) {
      for (const number of [Number.MIN_VALUE, 2 ** -1074 * 3, 2 ** -1022, Number.MAX_VALUE, 2 ** 1023, 2 ** 970]) {
        expect(bucketIndexOf(number, schema), `${number} in schema ${schema}`).to.equal(exactIndexOf(number, schema));
      }
    }
  });

  it('have one more for infinity, after that of the largest number', () => {
    for (const schema of schemas) {
      const next = bucketIndexOf(Number.MAX_VALUE, schema) + 1;
      for (const infinite of [Infinity, -Infinity]) expect(bucketIndexOf(infinite, schema)).to.equal(next);
    }
  });

  it('halve those of the next wider schema', () => {
    for (const schema of schemas.filter((one) => one > -4)) {
      for (const number of randomNumbers(500, 70 + schema)) {
        expect(coarsen(bucketIndexOf(number, schema), 1)).to.equal(bucketIndexOf(number, schema - 1));
      }
    }
  });

  it('grow by no more than the given factor', () => {
    const published = [
      [65_536, -4],
      [17, -2],
      [4, -1],
      [2, 0],
      [1.5, 1],
      [1.2, 2],
      [1.1, 3],
      [1.05, 4],
      [1.003, 8],
      [1.0001, 8],
      [1e300, -4],
    ] as const;
    for (const [factor, schema] of published) expect(schemaOf(factor), `${factor}`).to.equal(schema);
  });
});
