import { type NativeHistogramSettings, widestSchema } from '../families/native-histogram.js';
import type { SeriesId } from '../recorder/metrics-recorder.js';
import type { Exemplar, NativeHistogramView } from './exposed-family.js';
import { type FilledBuckets, FilledNativeView } from './filled-native-view.js';
import { bucketIndexOf, coarsen, upperBoundOf } from './native-buckets.js';
import { type NumberStore, wordOf } from './numbers.js';

/** How many numbers a series has for its native histogram, beside its pages. All of them are 0 at first. */
export const nativeWidth = 5;

// Four words for the chains of pages, a word with the state, and one with the number of buckets. After these come two
// numbers: the zero threshold where it has widened, and when the series was reset.
const chainCount = 4;
const stateWord = 4;
const bucketsWord = 5;
const thresholdNumber = 3;
const resetNumber = 4;

// The state: how many schemas coarser than at first the buckets are, and whether a reset is planned. It is planned wherever
// the series was made coarser or its zero bucket was widened, so 0 says that neither was.
const coarserBits = 0xf;
const isResetPlanned = 0x10;

// A page has the counts of eight buckets side by side, of one sign: first its tag, then the next page of its chain, then the
// counts. Why pages: most buckets have neighbours, a page never moves, and each series can take what another gave back.
const pageBits = 3;
const bucketsPerPage = 1 << pageBits;
const pageWidth = 1 + bucketsPerPage / 2;
const nextWord = 1;
const countsWord = 2;

// A tag says which eight indexes the page has, of which sign, and whether it has the carries of their counts.
const tagBits = 2;
const isNegativeTag = 1;
const isCarryTag = 2;

/** The greatest count of a word. A greater one has carries, each of them as much as this. */
const maxCount = 2 ** 31 - 1;

const tagOf = (index: number, isNegative: boolean): number =>
  ((index >> pageBits) << tagBits) | (isNegative ? isNegativeTag : 0);

const chainOf = (tag: number): number => (tag >> tagBits) & (chainCount - 1);

/** Which word of its page has the count of a bucket. */
const countWordOf = (index: number): number => countsWord + (index & (bucketsPerPage - 1));

/** How many pages hold all buckets of the widest schema, of both signs. Only these cannot become fewer. */
const widestPages = 36;

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
export class NativeHistograms {
  private readonly numbers: NumberStore;
  /** Where among the numbers of a series those of its native histogram begin. */
  private readonly offset: number;
  private readonly settings: NativeHistogramSettings;
  private readonly clock: () => number;
  private readonly view = new FilledNativeView();
  private readonly pages = new SortedPages();

  /** @param clock in seconds. */
  constructor(numbers: NumberStore, offset: number, settings: NativeHistogramSettings, clock: () => number) {
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

  /** What a series has counted, of `count` observations in all. The same object is filled again for the next series. */
  read(series: SeriesId, count: number, exemplars: readonly Exemplar[] = []): NativeHistogramView {
    const first = series + this.offset;
    const view = this.fill(first);
    view.exemplars = exemplars;
    view.schema = this.schemaOf(first);
    view.zeroThreshold = this.thresholdOf(first);
    // Why it is not counted by itself: an observation at 0 costs nothing, and the buckets always add up to the count.
    view.zeroCount = count - view.positive.total - view.negative.total;
    return view;
  }

  private stateOf(first: number): number {
    return this.numbers.getWord(first, stateWord);
  }

  private setState(first: number, state: number): void {
    this.numbers.setWord(first, stateWord, state);
  }

  private schemaOf(first: number): number {
    return this.settings.schema - (this.stateOf(first) & coarserBits);
  }

  private thresholdOf(first: number): number {
    const widened = this.numbers.get(first + thresholdNumber);
    return widened === 0 ? this.settings.zeroThreshold : widened;
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

  /** The page with this tag; 0 where there is none. */
  private findPage(first: number, tag: number): number {
    const { numbers } = this;
    let page = numbers.getWord(first, chainOf(tag));
    while (page !== 0 && numbers.getWord(page, 0) !== tag) page = numbers.getWord(page, nextWord);
    return page;
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

  /** Fills the view with the buckets of a series. */
  private fill(first: number): FilledNativeView {
    this.fillSign(first, 0, this.view.positive);
    this.fillSign(first, isNegativeTag, this.view.negative);
    return this.view;
  }

  private fillSign(first: number, sign: number, buckets: FilledBuckets): void {
    const { numbers, pages } = this;
    buckets.clear();
    this.sortPages(first, sign);
    for (let n = 0; n < pages.size; n++) {
      const page = pages.at(n);
      const tag = numbers.getWord(page, 0);
      const carries = this.findPage(first, tag | isCarryTag);
      for (let i = 0; i < bucketsPerPage; i++) {
        const count = numbers.getWord(page, countsWord + i);
        if (count === 0) continue;
        const carried = carries === 0 ? 0 : numbers.getWord(carries, countsWord + i) * maxCount;
        buckets.add((tag >> tagBits) * bucketsPerPage + i, count + carried);
      }
    }
  }

  /** Puts the pages of this sign, without those of carries, in the order of their indexes. */
  private sortPages(first: number, sign: number): void {
    const { numbers, pages } = this;
    pages.clear();
    for (let chain = 0; chain < chainCount; chain++) {
      for (let page = numbers.getWord(first, chain); page !== 0; page = numbers.getWord(page, nextWord)) {
        const tag = numbers.getWord(page, 0);
        if ((tag & (isNegativeTag | isCarryTag)) === sign) pages.add(tag >> tagBits, page);
      }
    }
    pages.sort();
  }
}

const pageRange = 2 ** 32;

/** Pages in the order of their indexes. */
class SortedPages {
  size = 0;
  /** Each page and its position in one number. Why: the runtime sorts a typed array without calling us. */
  #keys = new Float64Array(32);

  clear(): void {
    this.size = 0;
  }

  add(position: number, page: number): void {
    if (this.size === this.#keys.length) {
      const keys = this.#keys;
      this.#keys = new Float64Array(keys.length * 2);
      this.#keys.set(keys);
    }
    this.#keys[this.size++] = position * pageRange + page;
  }

  sort(): void {
    if (this.size > 1) this.#keys.subarray(0, this.size).sort();
  }

  at(n: number): number {
    const key = this.#keys[n] as number;
    return key - Math.floor(key / pageRange) * pageRange;
  }
}
