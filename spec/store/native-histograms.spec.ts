import { expect } from 'chai';
import {
  defineHistogram,
  type NativeHistogramOptions,
  type NativeHistogramSnapshot,
  PrometheusRecorder,
} from '../../lib/index.js';
import { createRandom, exactIndexOf } from './exact-native-model.js';

const minute = 60;
const neverReset = { resetAfterSeconds: Infinity };
const unlimited = { ...neverReset, maxBuckets: 10_000 };

/** Observes these values, a minute after each other unless said otherwise, and gives what the histogram has counted. */
async function observeAll(
  native: NativeHistogramOptions,
  values: readonly number[],
  secondsBetween = minute,
): Promise<NativeHistogramSnapshot> {
  let now = 1000;
  const recorder = new PrometheusRecorder({ clock: () => now, onAdvice: () => undefined });
  const sizes = recorder.histogram(defineHistogram({ name: 'sizes', help: 'Sizes', buckets: false, native }));
  for (const value of values) {
    sizes.observe({}, value);
    now += secondsBetween;
  }
  return read(recorder);
}

async function read(recorder: PrometheusRecorder, name = 'sizes'): Promise<NativeHistogramSnapshot> {
  const families = await recorder.snapshot();
  return families.find((family) => family.name === name)?.nativeHistograms?.[0] as NativeHistogramSnapshot;
}

/** What an example has: the schema, the zero bucket, and the buckets as deltas, as they are published. */
interface Example {
  readonly title: string;
  readonly values: readonly number[];
  readonly options: NativeHistogramOptions;
  readonly count?: number;
  readonly sum?: number;
  readonly schema: number;
  readonly zeroThreshold?: number;
  readonly zeroCount: number;
  readonly positive?: readonly [
    spans: readonly (readonly [offset: number, length: number])[],
    deltas: readonly number[],
  ];
  readonly negative?: Example['positive'];
}

const steps = [0, 1, 1.1, 1.2, 1.4, 1.8, 2, 3];
const negativeSteps = steps.map((step) => -step);
const five = [[[0, 5]], [1, -1, 2, -2, 2]] as const;
const halved = { schema: 1, zeroCount: 1 };
const halvedBuckets = [[[0, 5]], [1, 2, -1, -2, 1]] as const;
const widenedOnce = { schema: 2, zeroThreshold: 1, zeroCount: 2 };
const widenedOnceBuckets = [[[1, 7]], [1, 1, -2, 2, -2, 0, 1]] as const;
const widenedTwice = { schema: 2, zeroThreshold: 1.189207115002721, zeroCount: 3 };
const widenedTwiceBuckets = [[[2, 7]], [2, -2, 2, -2, 0, 1, 0]] as const;
const afterReset = { count: 2, schema: 2, zeroCount: 0 };
const afterResetBuckets = [[[7, 2]], [1, 0]] as const;
const four = { factor: 1.2, maxBuckets: 4, ...neverReset };

// Source: TestNativeHistogram of client_golang 1.24. Its examples with NaN and infinities are left out: these are dropped.
const examples: readonly Example[] = [
  { title: 'no observation', values: [], options: { factor: 1.1, ...unlimited }, schema: 3, zeroCount: 0 },
  {
    title: 'no observation and a zero threshold of 0',
    values: [],
    options: { factor: 1.1, zeroThreshold: 0, ...unlimited },
    schema: 3,
    zeroThreshold: 0,
    zeroCount: 0,
  },
  {
    title: 'a factor of 1.1',
    values: [0, 1, 2, 3],
    options: { factor: 1.1, ...unlimited },
    schema: 3,
    zeroCount: 1,
    positive: [
      [
        [0, 1],
        [7, 1],
        [4, 1],
      ],
      [1, 0, 0],
    ],
  },
  {
    title: 'a factor of 1.2',
    values: [0, 1, 1.2, 1.4, 1.8, 2],
    options: { factor: 1.2, ...unlimited },
    schema: 2,
    zeroCount: 1,
    positive: five,
  },
  {
    title: 'a factor of 4',
    values: [0.5, 1, 1.5, 2, 3, 3.5, 5, 6, 7, 33.33],
    options: { factor: 4, ...unlimited },
    schema: -1,
    zeroCount: 0,
    positive: [[[0, 4]], [2, 2, -1, -2]],
  },
  {
    title: 'a factor of 17',
    values: [0.5, 1, 1.5, 2, 3, 3.5, 5, 6, 7, 33.33],
    options: { factor: 17, ...unlimited },
    schema: -2,
    zeroCount: 0,
    positive: [[[0, 3]], [2, 5, -6]],
  },
  {
    title: 'negative observations',
    values: [0, -1, -1.2, -1.4, -1.8, -2],
    options: { factor: 1.2, ...unlimited },
    schema: 2,
    zeroCount: 1,
    negative: five,
  },
  {
    title: 'observations of both signs',
    values: [0, -1, -1.2, -1.4, -1.8, -2, 1, 1.2, 1.4, 1.8, 2],
    options: { factor: 1.2, ...unlimited },
    schema: 2,
    zeroCount: 1,
    positive: five,
    negative: five,
  },
  {
    title: 'a wide zero bucket',
    values: [0, -1, -1.2, -1.4, -1.8, -2, 1, 1.2, 1.4, 1.8, 2],
    options: { factor: 1.2, zeroThreshold: 1.4, ...unlimited },
    schema: 2,
    zeroThreshold: 1.4,
    zeroCount: 7,
    positive: [[[4, 1]], [2]],
    negative: [[[4, 1]], [2]],
  },
  {
    title: 'as many buckets as there may be',
    values: [0, 1, 1.2, 1.4, 1.8, 2],
    options: four,
    schema: 2,
    zeroCount: 1,
    positive: five,
  },
  { title: 'a coarser schema', values: steps, options: four, ...halved, positive: halvedBuckets },
  {
    title: 'a coarser schema of negative observations',
    values: negativeSteps,
    options: four,
    ...halved,
    negative: halvedBuckets,
  },
  {
    title: 'a wider zero bucket',
    values: steps,
    options: { ...four, maxZeroThreshold: 1.2 },
    ...widenedOnce,
    positive: widenedOnceBuckets,
  },
  {
    title: 'a wider zero bucket of negative observations',
    values: negativeSteps,
    options: { ...four, maxZeroThreshold: 1.2 },
    ...widenedOnce,
    negative: widenedOnceBuckets,
  },
  {
    title: 'a zero bucket that widened twice',
    values: [...steps, 4],
    options: { ...four, maxZeroThreshold: 1.2 },
    ...widenedTwice,
    positive: widenedTwiceBuckets,
  },
  {
    title: 'a zero bucket that widened twice, of negative observations',
    values: [...negativeSteps, -4],
    options: { ...four, maxZeroThreshold: 1.2 },
    ...widenedTwice,
    negative: widenedTwiceBuckets,
  },
  {
    title: 'a reset',
    values: [...steps, 4],
    options: { ...four, maxZeroThreshold: 1.2, resetAfterSeconds: 5 * minute },
    ...afterReset,
    sum: 7,
    positive: afterResetBuckets,
  },
  {
    title: 'a reset of negative observations',
    values: [...negativeSteps, -4],
    options: { ...four, maxZeroThreshold: 1.2, resetAfterSeconds: 5 * minute },
    ...afterReset,
    sum: -7,
    negative: afterResetBuckets,
  },
  {
    title: 'a reset after a coarser schema',
    values: [0, 1, 1.1, 1.2, 1.4, 1.8, 2, 5, 5.1, 3, 4],
    options: { ...four, resetAfterSeconds: 9 * minute },
    ...afterReset,
    sum: 7,
    positive: afterResetBuckets,
  },
  {
    title: 'a reset after a wider zero bucket',
    values: [0, 1, 1.1, 1.2, 1.4, 1.8, 2, 5, 5.1, 3, 4],
    options: { ...four, maxZeroThreshold: 1.2, resetAfterSeconds: 9 * minute },
    ...afterReset,
    sum: 7,
    positive: afterResetBuckets,
  },
];

/** The buckets of an example as a snapshot has them. */
function spelled([spans, deltas]: NonNullable<Example['positive']> = [[], []]) {
  let count = 0;
  return {
    spans: spans.map(([offset, length]) => ({ offset, length })),
    counts: deltas.map((delta) => {
      count += delta;
      return count;
    }),
  };
}

describe('A native histogram', () => {
  for (const example of examples) {
    const { values, count = values.length, sum = values.reduce((all, one) => all + one, 0) } = example;
    it(`counts as client_golang does, with ${example.title}`, async () => {
      const { schema, zeroThreshold = 2 ** -128, zeroCount, options, positive, negative } = example;
      expect(await observeAll(options, values)).to.deep.equal({
        labels: {},
        count,
        sum,
        schema,
        zeroThreshold,
        zeroCount,
        positive: spelled(positive),
        negative: spelled(negative),
      });
    });
  }

  it('has each of 20,000 random numbers in the bucket of an exact model', async () => {
    const random = createRandom(3);
    const values = Array.from({ length: 20_000 }, () => (random() < 0.5 ? -1 : 1) * Math.exp(12 * random() - 6));
    for (const schema of [0, 3, 8]) {
      const counts = new Map<string, number>();
      for (const value of values) {
        const key = `${Math.sign(value)} ${exactIndexOf(Math.abs(value), schema)}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
      const { positive, negative, zeroCount } = await observeAll(
        { factor: 2 ** (2 ** -schema), ...unlimited },
        values,
        0,
      );
      const found = [...indexed(positive, '1'), ...indexed(negative, '-1')];
      expect(new Map(found)).to.deep.equal(counts);
      expect(zeroCount).to.equal(0);
    }
  });
});

function indexed({ spans, counts }: NativeHistogramSnapshot['positive'], sign: string): [string, number][] {
  const entries: [string, number][] = [];
  let index = 0;
  let n = 0;
  for (const { offset, length } of spans) {
    index += offset;
    for (let i = 0; i < length; i++, index++) {
      const count = counts[n++] as number;
      if (count > 0) entries.push([`${sign} ${index}`, count]);
    }
  }
  return entries;
}
