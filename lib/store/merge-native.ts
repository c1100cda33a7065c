import type { NativeBuckets, NativeHistogramView } from './exposed-family.js';
import { type FilledBuckets, FilledNativeView } from './filled-native-view.js';
import { bucketIndexOf, coarsen, upperBoundOf } from './native-buckets.js';

/** How wide the buckets of a native histogram are, and its zero bucket. */
type Layout = Pick<NativeHistogramView, 'schema' | 'zeroThreshold'>;

/**
 * What two native histograms have counted together, such as those of two processes. It changes neither of them. In which order
 * several are merged makes no difference.
 *
 * The merged one has the wider buckets of the two, and the wider zero bucket, which takes in every bucket inside it.
 */
export function mergeNative(a: NativeHistogramView, b: NativeHistogramView): NativeHistogramView {
  const layout = mergeLayouts(a, b);
  const merged = new FilledNativeView();
  merged.schema = layout.schema;
  merged.zeroThreshold = layout.zeroThreshold;
  merged.zeroCount = a.zeroCount + b.zeroCount;
  for (const sign of ['positive', 'negative'] as const) {
    const counts = new Map<number, number>();
    const isZero = (index: number): boolean => upperBoundOf(index, layout.schema) <= layout.zeroThreshold;
    for (const part of [a, b]) {
      for (const [index, count] of listCoarse(part[sign], part.schema - layout.schema)) {
        if (isZero(index)) merged.zeroCount += count;
        else counts.set(index, (counts.get(index) ?? 0) + count);
      }
    }
    fillSorted(merged[sign], counts);
  }
  merged.exemplars = [...a.exemplars, ...b.exemplars].sort((x, y) => (x.timestamp ?? 0) - (y.timestamp ?? 0));
  return merged;
}

const isSame = (a: Layout, b: Layout): boolean => a.schema === b.schema && a.zeroThreshold === b.zeroThreshold;

/**
 * The layout that fits both.
 *
 * Why the zero bucket ends where a bucket ends, even where no bucket is cut: otherwise it would depend on what was counted,
 * and so on the order of merges.
 */
function mergeLayouts(a: Layout, b: Layout): Layout {
  if (isSame(a, b)) return a;
  const schema = Math.min(a.schema, b.schema);
  const zeroThreshold = Math.max(a.zeroThreshold, b.zeroThreshold);
  return {
    schema,
    zeroThreshold: zeroThreshold === 0 ? 0 : upperBoundOf(bucketIndexOf(zeroThreshold, schema), schema),
  };
}

function* listCoarse(
  { size, indexes, counts }: NativeBuckets,
  steps: number,
): Generator<[index: number, count: number]> {
  for (let i = 0; i < size; i++) yield [coarsen(indexes[i] as number, steps), counts[i] as number];
}

function fillSorted(buckets: FilledBuckets, counts: ReadonlyMap<number, number>): void {
  for (const index of [...counts.keys()].sort((x, y) => x - y)) buckets.add(index, counts.get(index) as number);
}
