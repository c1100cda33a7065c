import { expect } from 'chai';
import { defineCounter, defineGauge, defineHistogram, type MetricsError, PrometheusRecorder } from '../../lib/index.js';

// What the types refuse may still come from plain JavaScript.
// biome-ignore lint/suspicious/noExplicitAny: see above.
type Loose = (options: any) => unknown;

function refusal(define: Loose, options: object): MetricsError {
  try {
    define({ name: 'x', help: 'X', ...options });
  } catch (error) {
    return error as MetricsError;
  }
  throw new Error(`nothing was refused of ${JSON.stringify(options)}`);
}

describe('A family', () => {
  it('has finite, ascending, unique buckets, and omits Infinity, because +Inf is always exposed', () => {
    const { buckets } = defineHistogram({ name: 'x', help: 'X', buckets: [1, 2, Infinity] });
    expect(buckets).to.deep.equal([1, 2]);
  });

  for (const [buckets, given] of [
    [[1, 1], '1 at position 2'],
    [[2, 1], '1 at position 2'],
    [[1, Number.NaN], 'NaN at position 2'],
    [[Infinity, 1], 'Infinity at position 1'],
    [[-Infinity, 1], '-Infinity at position 1'],
    [[1, '2'], '"2" at position 2'],
    [7, 'given 7'],
  ] as const) {
    it(`refuses the buckets [${buckets}], with the reason`, () => {
      const error = refusal(defineHistogram, { buckets });
      expect(error).to.have.property('code', 'illegal_option');
      expect(error.message).to.contain('defineHistogram "x": "buckets" must').and.to.contain(given);
    });
  }

  for (const name of ['', '__name__', '__x', '\ud83d']) {
    it(`refuses ${JSON.stringify(name)} as the name of a label`, () => {
      expect(refusal(defineCounter, { labels: { [name]: {} } })).to.have.property('code', 'illegal_label');
    });
  }

  /** Opens a counter in a recorder that does not take all names. */
  const open: Loose = (options) => new PrometheusRecorder().open(defineCounter(options));

  for (const name of ['a-b', '1a', 'ä', 'a:b']) {
    it(`has no label ${JSON.stringify(name)} in a recorder unless that takes UTF-8 names`, () => {
      expect(refusal(open, { labels: { [name]: {} } })).to.have.property('code', 'illegal_label');
    });
  }

  for (const name of ['a-b', '1a', 'ä', 'a b']) {
    it(`has not the name ${JSON.stringify(name)} in a recorder unless that takes UTF-8 names`, () => {
      expect(refusal(open, { name })).to.have.property('code', 'illegal_name');
    });
  }

  it('reserves the label "le" for histograms', () => {
    expect(refusal(defineHistogram, { labels: { le: {} } }).message).to.contain('"le" is kept for the histogram');
    expect(defineGauge({ name: 'x', help: 'X', labels: { le: {} } }).labels).to.have.property('le');
  });

  for (const name of ['', '\udc00', undefined, 7]) {
    it(`refuses ${JSON.stringify(name)} as its name`, () => {
      expect(refusal(defineGauge, { name })).to.have.property('code', 'illegal_name');
    });
  }

  it('copies the given options, and cannot be changed', () => {
    const labels = { team: { oneOf: ['a'] } };
    const buckets = [1, 2];
    const family = defineHistogram({ name: 'x', help: 'X', labels, buckets });
    labels.team.oneOf.push('b');
    buckets.push(3);
    expect(family.labels).to.deep.equal({ team: { oneOf: ['a'] } });
    expect(family.buckets).to.deep.equal([1, 2]);
    expect(() => Object.assign(family, { name: 'y' })).to.throw(TypeError);
    expect(() => Object.assign(family.labels.team, { limit: 1 })).to.throw(TypeError);
  });
});
