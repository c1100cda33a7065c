import type { Exemplar, NativeBuckets, NativeHistogramView } from './exposed-family.js';

/** A native histogram's view that is filled again and again. */
export class FilledNativeView implements NativeHistogramView {
  schema = 0;
  zeroThreshold = 0;
  zeroCount = 0;
  readonly positive = new FilledBuckets();
  readonly negative = new FilledBuckets();
  exemplars: readonly Exemplar[] = noExemplars;
}

const noExemplars: readonly Exemplar[] = Object.freeze([]);

/** Buckets of one sign, in lists that grow and are filled again. */
export class FilledBuckets implements NativeBuckets {
  size = 0;
  /** How many observations the buckets have together. */
  total = 0;
  indexes: Int32Array = new Int32Array(64);
  counts: Float64Array = new Float64Array(64);

  /** The index of the first bucket; `Infinity` where there is none. */
  get firstIndex(): number {
    return this.size === 0 ? Infinity : (this.indexes[0] as number);
  }

  clear(): void {
    this.size = 0;
    this.total = 0;
  }

  /** Adds the next bucket, whose index is above those before. */
  add(index: number, count: number): void {
    if (this.size === this.indexes.length) this.#grow();
    this.indexes[this.size] = index;
    this.counts[this.size++] = count;
    this.total += count;
  }

  /** Takes one observation out of the bucket with this index, if there is one. */
  removeOne(index: number): void {
    const at = this.indexes.subarray(0, this.size).indexOf(index);
    if (at < 0) return;
    this.total--;
    const count = (this.counts[at] as number) - 1;
    this.counts[at] = count;
    if (count > 0) return;
    this.indexes.copyWithin(at, at + 1, this.size);
    this.counts.copyWithin(at, at + 1, this.size);
    this.size--;
  }

  #grow(): void {
    const { indexes, counts } = this;
    this.indexes = new Int32Array(indexes.length * 2);
    this.indexes.set(indexes);
    this.counts = new Float64Array(counts.length * 2);
    this.counts.set(counts);
  }
}
