import { expect } from 'chai';
import { decideNative, type NativeHistogramOptions } from '../../lib/families/native-histogram.js';
import type { NativeBuckets, NativeHistogramView } from '../../lib/store/exposed-family.js';
import { mergeNative } from '../../lib/store/merge-native.js';
import { bucketIndexOf, upperBoundOf } from '../../lib/store/native-buckets.js';
import { NativeHistograms } from '../../lib/store/native-histograms.js';
import { nativeWidth } from '../../lib/store/native-pages.js';
import { NumberStore } from '../../lib/store/numbers.js';
import { createRandom } from './exact-native-model.js';

/** What one process counts with these options. */
function count(values: readonly number[], options: NativeHistogramOptions): NativeHistogramView {
  const numbers = new NumberStore();
  const settings = decideNative({ resetAfterSeconds: Infinity, ...options });
  if (settings === undefined) throw new Error('no settings');
  const histograms = new NativeHistograms(numbers, 0, settings, () => 0);
  const series = numbers.allocate(nativeWidth);
  for (const value of values) if (histograms.observe(series, value)) histograms.reduce(series);
  return histograms.read(series, values.length);
}

/** A histogram as data that can be compared. */
const toData = ({ schema, zeroThreshold, zeroCount, positive, negative }: NativeHistogramView) => ({
  schema,
  zeroThreshold,
  zeroCount,
  positive: listBuckets(positive),
  negative: listBuckets(negative),
});

const listBuckets = ({ size, indexes, counts }: NativeBuckets): [number, number][] =>
  Array.from({ length: size }, (_, i) => [indexes[i] as number, counts[i] as number]);

/** What a histogram with this layout counts, value by value. */
function model(values: readonly number[], { schema, zeroThreshold }: NativeHistogramView) {
  const counted = { positive: new Map<number, number>(), negative: new Map<number, number>() };
  let zeroCount = 0;
  for (const value of values) {
    const index = value === 0 ? Number.NaN : bucketIndexOf(Math.abs(value), schema);
    if (value === 0 || upperBoundOf(index, schema) <= zeroThreshold) zeroCount++;
    else {
      const counts = value > 0 ? counted.positive : counted.negative;
      counts.set(index, (counts.get(index) ?? 0) + 1);
    }
  }
  const listed = (counts: Map<number, number>) => [...counts].sort(([a], [b]) => a - b);
  return { schema, zeroThreshold, zeroCount, positive: listed(counted.positive), negative: listed(counted.negative) };
}

/** Options that make parts of all layouts: fine and coarse, reduced and not, with zero buckets of all widths. */
const layouts: readonly NativeHistogramOptions[] = [
  {},
  { factor: 1.01 },
  { factor: 3 },
  { factor: 100_000 },
  { maxBuckets: 20 },
  { maxBuckets: 12, factor: 1.003 },
  { maxBuckets: 25, maxZeroThreshold: 0.3 },
  { maxBuckets: 15, maxZeroThreshold: 2, factor: 2 },
  { zeroThreshold: 0.001 },
  { zeroThreshold: 0.001, factor: 1.5 },
  { zeroThreshold: 0 },
  { zeroThreshold: 1.5, factor: 4 },
];

describe('Merging native histograms', () => {
  it('gives what one histogram with the merged layout would have counted, whatever the layouts are', () => {
    const random = createRandom(11);
    const draw = (): number => (random() < 0.3 ? -1 : 1) * (random() < 0.05 ? 0 : Math.exp(12 * random() - 7));
    for (const a of layouts) {
      for (const b of layouts) {
        const [ofA, ofB] = [Array.from({ length: 80 }, draw), Array.from({ length: 80 }, draw)];
        const merged = mergeNative(count(ofA, a), count(ofB, b));
        const says = `${JSON.stringify(a)} and ${JSON.stringify(b)}`;
        if (a === b && a.zeroThreshold !== undefined) continue;
        expect(toData(merged), says).to.deep.equal(model([...ofA, ...ofB], merged));
      }
    }
  });

  it('gives the same in every order', () => {
    const random = createRandom(5);
    const draw = (): number => (random() < 0.5 ? -1 : 1) * Math.exp(10 * random() - 6);
    for (let n = 0; n < 1500; n++) {
      const parts = Array.from({ length: 3 }, () => {
        const layout = layouts[Math.floor(random() * layouts.length)] as NativeHistogramOptions;
        return count(Array.from({ length: Math.floor(random() * 40) }, draw), layout);
      });
      const [a, b, c] = parts as [NativeHistogramView, NativeHistogramView, NativeHistogramView];
      const first = toData(mergeNative(mergeNative(a, b), c));
      expect(toData(mergeNative(a, mergeNative(b, c)))).to.deep.equal(first);
      expect(toData(mergeNative(mergeNative(c, a), b))).to.deep.equal(first);
    }
  });

  it('equals observing everything in one process where all have the same options', () => {
    const random = createRandom(23);
    for (const options of [{}, { factor: 1.02, maxBuckets: 1000 }, { zeroThreshold: 0.01 }, { zeroThreshold: 0 }]) {
      const values = Array.from({ length: 300 }, () => (random() - 0.3) ** 3 * 10);
      const parts = [values.slice(0, 100), values.slice(100, 130), values.slice(130)].map((some) =>
        count(some, options),
      );
      expect(toData(parts.reduce((a, b) => mergeNative(a, b)))).to.deep.equal(toData(count(values, options)));
    }
  });

  it('leaves both histograms as they are, and keeps exemplars in the order of their times', () => {
    const [a, b] = [count([1, 2], {}), count([3], { factor: 4 })];
    const at = (timestamp: number) => ({ labels: {}, value: 1, timestamp });
    const before = toData(a);
    const merged = mergeNative({ ...a, exemplars: [at(1), at(5)] }, { ...b, exemplars: [at(3)] });
    expect(merged.exemplars.map(({ timestamp }) => timestamp)).to.deep.equal([1, 3, 5]);
    expect(toData(a)).to.deep.equal(before);
  });
});
