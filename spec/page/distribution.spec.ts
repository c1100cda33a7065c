import { expect } from 'chai';
import { defineHistogram, PrometheusRecorder } from '../../lib/index.js';
import {
  addDistributions,
  coarsen,
  type Distribution,
  emptyDistribution,
  quantileOf,
  sortBuckets,
  subtract,
} from '../../lib/page/distribution.js';
import { layOutRows } from '../../lib/page/heat-rows.js';
import { readOne } from './read.js';

const wait = defineHistogram({ name: 'wait_seconds', help: 'Waiting', buckets: [1, 2, 4] });
const size = defineHistogram({ name: 'size_bytes', help: 'Sizes', buckets: false, native: true });
const bare = defineHistogram({ name: 'bare_seconds', help: 'Without buckets', buckets: false });
const wide = defineHistogram({ name: 'wide', help: 'Wide zero', buckets: [-1], native: { zeroThreshold: 0.5 } });
const widening = defineHistogram({
  name: 'widening',
  help: 'Widening zero',
  buckets: false,
  native: { maxBuckets: 20, zeroThreshold: 1e-6, maxZeroThreshold: 1 },
});
const fine = defineHistogram({ name: 'fine', help: 'Fine', buckets: false, native: { factor: 1.003 } });

/** A histogram that has observed these. */
async function observed(family: typeof wait, values: readonly number[]): Promise<Distribution> {
  const recorder = new PrometheusRecorder();
  for (const value of values) recorder.histogram(family).observe({}, value);
  const [series] = [...(await readOne(recorder, family.name)).values()];
  return series?.distribution ?? emptyDistribution;
}

describe('The page computes with histograms', () => {
  it('a quantile of classic buckets lies on a line between the bounds, and is the last bound above all of them', async () => {
    const half = await observed(wait, [1.5, 1.5]);
    expect(quantileOf(0.5, half)).to.equal(1.5);
    expect(quantileOf(0.99, await observed(wait, [9]))).to.equal(4);
    expect(quantileOf(0.5, await observed(wait, []))).to.equal(null);
  });

  it('a quantile of native buckets is at most a tenth wrong', async () => {
    const values = Array.from({ length: 1000 }, (_, i) => i + 1);
    const all = await observed(size, values);
    for (const q of [0.1, 0.5, 0.9, 0.99]) {
      expect(quantileOf(q, all)).to.be.within((1000 * q) / 1.1, 1000 * q * 1.1);
    }
  });

  it('no quantile of a histogram without buckets, of which nobody knows more than the number', async () => {
    expect(quantileOf(0.5, await observed(bare, [1, 2]))).to.equal(null);
  });

  it('a quantile of zeros on the side of zero where the other observations are', async () => {
    expect(quantileOf(0.1, await observed(wide, [0, 0, 0, 9]))).to.be.within(0, 0.5);
    expect(quantileOf(0.9, await observed(wide, [0, 0, 0, -9]))).to.be.within(-0.5, 0);
    expect(quantileOf(0.01, await observed(wide, [0, 0, 0, -9, 9]))).to.be.below(0);
  });

  it('what was observed between two readings is counted once, also where the bucket around zero has widened', async () => {
    const recorder = new PrometheusRecorder();
    const read = async () =>
      [...(await readOne(recorder, widening.name)).values()][0]?.distribution ?? emptyDistribution;
    for (let i = 0; i < 10; i++) recorder.histogram(widening).observe({}, 10 ** (-i / 2));
    const before = await read();
    for (let i = 0; i < 40; i++) recorder.histogram(widening).observe({}, 10 ** (i / 2 - 5));
    const now = await read();
    const zeroOf = ({ buckets }: Distribution) => [...buckets.values()].find(({ lower }) => lower < 0)?.upper;
    expect(zeroOf(now)).to.be.above(zeroOf(before) ?? Infinity);
    const counts = sortBuckets(subtract(now, before)).map(({ count }) => count);
    expect(counts.filter((count) => count < 0)).to.deep.equal([]);
    expect(counts.reduce((sum, count) => sum + count)).to.equal(40);
    const { rows } = layOutRows([before, now]);
    for (const [i, { lower }] of rows.slice(1).entries()) expect(lower).to.be.at.least(rows[i]?.upper ?? Infinity);
  });

  it('what was observed between two readings is their difference, and everything where the histogram began anew', async () => {
    const [before, now] = [await observed(wait, [1, 3]), await observed(wait, [1, 3, 3, 9])];
    expect(subtract(now, before)).to.include({ count: 2, sum: 12 });
    expect(sortBuckets(subtract(now, before)).map(({ count }) => count)).to.deep.equal([0, 0, 1, 1]);
    expect(subtract(before, now)).to.equal(before);
  });

  it('native histograms of different widths add up in the wider buckets', async () => {
    const [fine, other] = [await observed(size, [-100, 3, 3, 100]), await observed(size, [5, 1e9])];
    const coarse = coarsen(other, (other.schema ?? 0) - 2);
    const sum = addDistributions([fine, coarse]);
    expect(sum).to.include({ count: 6, schema: coarse.schema });
    expect(sortBuckets(sum).reduce((total, { count }) => total + count, 0)).to.equal(6);
    for (const value of [-100, 3, 5, 100, 1e9]) {
      const bucket = sortBuckets(sum).find(({ lower, upper }) => lower < value && value <= upper);
      expect(bucket?.count, String(value)).to.be.above(0);
    }
  });

  it('a heat map has all rows of classic buckets, and at most 40 of native ones, none left out between two', async () => {
    expect(layOutRows([await observed(wait, [3]), await observed(wait, [])]).rows.length).to.equal(4);
    const wide = await observed(
      size,
      Array.from({ length: 60 }, (_, i) => 2 ** (i / 2)),
    );
    const { rows, cells } = layOutRows([wide, emptyDistribution]);
    expect(rows.length).to.be.within(5, 40);
    for (const [i, { lower }] of rows.slice(1).entries()) expect(lower).to.equal(rows[i]?.upper);
    expect(cells[0]?.reduce((sum, count) => sum + count, 0)).to.equal(60);
    expect(cells[1]?.every((count) => count === 0)).to.equal(true);
    const { rows: far } = layOutRows([await observed(fine, [1e-30, 3, 1e150])]);
    expect(far.length).to.be.within(5, 40);
    expect(far.at(-1)?.upper).to.be.at.least(1e150);
  });
});
