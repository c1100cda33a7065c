import { type NativeHistogramSettings, widestSchema } from '../families/native-histogram.js';
import type { SeriesId } from '../recorder/metrics-recorder.js';
import type { NativeHistogramView } from './exposed-family.js';
import { bucketIndexOf, coarsen, upperBoundOf } from './native-buckets.js';
import {
  bucketsWord,
  chainCount,
  chainOf,
  countWordOf,
  isCarryTag,
  isResetPlanned,
  maxCount,
  NativeReader,
  nativeWidth,
  nextWord,
  pageWidth,
  resetNumber,
  stateWord,
  tagOf,
  thresholdNumber,
  widestPages,
} from './native-pages.js';
import { type NumberStore, wordOf } from './numbers.js';

/** The maximum number of bytes that the native buckets of one series take. */
export const nativeBytesAtMost = ({ maxBuckets }: NativeHistogramSettings): number =>
  (nativeWidth + Math.max(maxBuckets + 1, widestPages) * pageWidth) * Float64Array.BYTES_PER_ELEMENT;

/** Adds 1 to a count, unless its bucket is new or needs a carry; returns whether it did. */
function increment(words: Int32Array, word: number): boolean {
  const count = words[word] as number;
  if (count === 0 || count === maxCount) return false;
  words[word] = count + 1;
  return true;
}

/**
 * The buckets of the native histograms of one family. What is counted where, and when a series is made coarser or is reset,
 * is as in client_golang, bucket for bucket. Everything lies in the numbers of the recorder: no series has an object.
 */
export class NativeHistograms extends NativeReader {
  private readonly numbers: NumberStore;
  /** Where among the numbers of a series those of its native histogram begin. */
  private readonly offset: number;
  private readonly settings: NativeHistogramSettings;
  private readonly clock: () => number;

  /** @param clock in seconds. */
  constructor(numbers: NumberStore, offset: number, settings: NativeHistogramSettings, clock: () => number) {
    super(numbers, { ...settings, offset });
    this.numbers = numbers;
    this.offset = offset;
    this.settings = settings;
    this.clock = clock;
  }

  /** Begins a series, whose numbers are all 0. */
  begin(series: SeriesId): void {
    this.numbers.set(series + this.offset + resetNumber, this.clock());
  }

  /**
   * Counts an observation where nothing else is to do: of a series as fine as at first, in a bucket that it has. Returns
   * whether it did.
   *
   * Why apart from `observe`, which could do it: nearly all observations are such, and this looks up each chunk once.
   */
  observeQuickly(series: SeriesId, value: number): boolean {
    const { numbers, settings } = this;
    const first = series + this.offset;
    const header = numbers.wordsOf(first);
    const start = wordOf(first);
    if (header[start + stateWord] !== 0) return false;
    const { zeroThreshold } = settings;
    if (value <= zeroThreshold && value >= -zeroThreshold) return true;
    const index = bucketIndexOf(value, settings.schema);
    const tag = tagOf(index, value < 0);
    let page = header[start + chainOf(tag)] as number;
    while (page !== 0) {
      const words = numbers.wordsOf(page);
      const at = wordOf(page);
      if (words[at] === tag) return increment(words, at + countWordOf(index));
      page = words[at + nextWord] as number;
    }
    return false;
  }

  /** Puts an observation into its bucket. Returns whether the series has too many buckets. */
  observe(series: SeriesId, value: number): boolean {
    const first = series + this.offset;
    const threshold = this.thresholdOf(first);
    if (value > threshold || value < -threshold) {
      this.add(first, bucketIndexOf(value, this.schemaOf(first)), value < 0, 1);
    }
    return this.numbers.getWord(first, bucketsWord) > this.settings.maxBuckets;
  }

  /** Whether a series with too many buckets has counted long enough to begin at 0 again. */
  mayReset(series: SeriesId): boolean {
    const first = series + this.offset;
    return (this.stateOf(first) & isResetPlanned) === 0 && this.isOld(first);
  }

  /** Whether it is time for a series that was made coarser to begin at 0 again, as fine as at first. */
  isResetDue(series: SeriesId): boolean {
    const first = series + this.offset;
    // Why the clock comes second: most series are never made coarser, and reading it takes long.
    return (this.stateOf(first) & isResetPlanned) !== 0 && this.isOld(first);
  }

  /** Makes a series coarser by one step, and plans its reset. */
  reduce(series: SeriesId): void {
    const first = series + this.offset;
    this.setState(first, this.stateOf(first) | isResetPlanned);
    if (!this.widenZeroBucket(first)) this.doubleWidths(first);
  }

  /** Takes all observations back: the series begins again. */
  reset(series: SeriesId): void {
    const first = series + this.offset;
    this.release(series);
    this.setState(first, 0);
    this.numbers.set(first + thresholdNumber, 0);
    this.begin(series);
  }

  /** Gives a series what another histogram has, whose schema is not narrower than that of the settings. */
  replace(series: SeriesId, { schema, zeroThreshold, positive, negative }: NativeHistogramView): void {
    const first = series + this.offset;
    this.release(series);
    this.setState(first, this.settings.schema - schema);
    this.numbers.set(first + thresholdNumber, zeroThreshold);
    for (const buckets of [positive, negative]) {
      for (let i = 0; i < buckets.size; i++) {
        this.add(first, buckets.indexes[i] as number, buckets === negative, buckets.counts[i] as number);
      }
    }
  }

  /** Gives back the pages of a series. */
  release(series: SeriesId): void {
    const { numbers } = this;
    const first = series + this.offset;
    numbers.setWord(first, bucketsWord, 0);
    for (let chain = 0; chain < chainCount; chain++) {
      let page = numbers.getWord(first, chain);
      numbers.setWord(first, chain, 0);
      while (page !== 0) {
        const next = numbers.getWord(page, nextWord);
        numbers.free(page, pageWidth);
        page = next;
      }
    }
  }

  private setState(first: number, state: number): void {
    this.numbers.setWord(first, stateWord, state);
  }

  private isOld(first: number): boolean {
    return this.clock() - this.numbers.get(first + resetNumber) >= this.settings.resetAfterSeconds;
  }

  private add(first: number, index: number, isNegative: boolean, by: number): void {
    const { numbers } = this;
    const tag = tagOf(index, isNegative);
    const page = this.findPage(first, tag) || this.addPage(first, tag);
    const word = countWordOf(index);
    const before = numbers.getWord(page, word);
    const count = before + by;
    // Why at least 1 stays in its own word: 0 says that the bucket is empty.
    const carries = Math.ceil(count / maxCount) - 1;
    numbers.setWord(page, word, count - carries * maxCount);
    if (carries > 0) this.carry(first, tag, word, carries);
    if (before === 0) numbers.setWord(first, bucketsWord, numbers.getWord(first, bucketsWord) + 1);
  }

  private carry(first: number, tag: number, word: number, carries: number): void {
    const { numbers } = this;
    const page = this.findPage(first, tag | isCarryTag) || this.addPage(first, tag | isCarryTag);
    numbers.setWord(page, word, numbers.getWord(page, word) + carries);
  }

  private addPage(first: number, tag: number): number {
    const { numbers } = this;
    const page = numbers.allocate(pageWidth);
    numbers.setWord(page, 0, tag);
    numbers.setWord(page, nextWord, numbers.getWord(first, chainOf(tag)));
    numbers.setWord(first, chainOf(tag), page);
    return page;
  }

  /** Takes the bucket next to the zero bucket into it, if the zero bucket may become so wide. */
  private widenZeroBucket(first: number): boolean {
    const { maxZeroThreshold } = this.settings;
    if (this.thresholdOf(first) >= maxZeroThreshold) return false;
    const { positive, negative } = this.fill(first);
    const nearest = Math.min(positive.firstIndex, negative.firstIndex);
    const threshold = upperBoundOf(nearest, this.schemaOf(first));
    if (threshold > maxZeroThreshold) return false;
    this.numbers.set(first + thresholdNumber, threshold);
    this.rebuild(first, (index) => (index === nearest ? undefined : index));
    return true;
  }

  /** Makes each bucket take in its neighbour, unless the buckets are as wide as they can be. */
  private doubleWidths(first: number): void {
    if (this.schemaOf(first) === widestSchema) return;
    this.fill(first);
    this.setState(first, this.stateOf(first) + 1);
    this.rebuild(first, (index) => coarsen(index, 1));
  }

  /** Puts what the view has into new pages, each count at the index that `move` gives; where it gives none, into none. */
  private rebuild(first: number, move: (index: number) => number | undefined): void {
    this.release(first - this.offset);
    const { positive, negative } = this.view;
    for (const buckets of [positive, negative]) {
      for (let i = 0; i < buckets.size; i++) {
        const index = move(buckets.indexes[i] as number);
        if (index !== undefined) this.add(first, index, buckets === negative, buckets.counts[i] as number);
      }
    }
  }
}
