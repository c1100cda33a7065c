import { expect } from 'chai';
import { bucketIndexOf } from '../../lib/store/native-buckets.js';
import { exactIndexOf, randomNumbers, schemas } from './exact-native-model.js';

describe('The buckets of native histograms', function () {
  this.timeout(300_000);

  it('agree with exact arithmetic for a million random numbers', () => {
    const each = Math.ceil(1_000_000 / schemas.length);
    for (const schema of schemas) {
      for (const number of randomNumbers(each, 500 + schema)) {
        // Why no assertion of chai each time: a million of them take longer than the arithmetic.
        const found = bucketIndexOf(number, schema);
        const exact = exactIndexOf(number, schema);
        if (found !== exact) expect(found, `${number} in schema ${schema}`).to.equal(exact);
      }
    }
  });
});
