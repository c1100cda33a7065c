import type { Exemplar, NativeHistogramView } from './exposed-family.js';
import { type FilledBuckets, FilledNativeView } from './filled-native-view.js';
import { bucketIndexOf } from './native-buckets.js';

/** How many numbers a series has for its native histogram, beside its pages. All of them are 0 at first. */
export const nativeWidth = 5;

// Four words for the chains of pages, a word with the state, and one with the number of buckets. After these come two
// numbers: the zero threshold where it has widened, and when the series was reset.
export const chainCount = 4;
export const stateWord = 4;
export const bucketsWord = 5;
export const thresholdNumber = 3;
export const resetNumber = 4;

// The state: how many schemas coarser than at first the buckets are, and whether a reset is planned. It is planned wherever
// the series was made coarser or its zero bucket was widened, so 0 says that neither was.
export const coarserBits = 0xf;
export const isResetPlanned = 0x10;

// A page has the counts of eight buckets side by side, of one sign: first its tag, then the next page of its chain, then the
// counts. Why pages: most buckets have neighbours, a page never moves, and each series can take what another gave back.
export const pageBits = 3;
export const bucketsPerPage = 1 << pageBits;
export const pageWidth = 1 + bucketsPerPage / 2;
export const nextWord = 1;
export const countsWord = 2;

// A tag says which eight indexes the page has, of which sign, and whether it has the carries of their counts.
export const tagBits = 2;
export const isNegativeTag = 1;
export const isCarryTag = 2;

/** The greatest count of a word. A greater one has carries, each of them as much as this. */
export const maxCount = 2 ** 31 - 1;

export const tagOf = (index: number, isNegative: boolean): number =>
  ((index >> pageBits) << tagBits) | (isNegative ? isNegativeTag : 0);

export const chainOf = (tag: number): number => (tag >> tagBits) & (chainCount - 1);

/** Which word of its page has the count of a bucket. */
export const countWordOf = (index: number): number => countsWord + (index & (bucketsPerPage - 1));

/** How many pages hold all buckets of the widest schema, of both signs. Only these cannot become fewer. */
export const widestPages = 36;

/** How many pages at most hold this many buckets and the carries of their counts. */
const pagesAtMost = (maxBuckets: number): number => 2 * Math.max(maxBuckets + 1, widestPages);

/** Numbers in which native histograms lie, each of them also as two words. */
export interface NumberWords {
  get(index: number): number;
  /** A word of the numbers from this one on. */
  getWord(first: number, word: number): number;
}

/** What the native histograms of a family have in common. */
export interface NativeLayout {
  /** Where among the numbers of a series those of its native histogram begin. */
  readonly offset: number;
  /** The schema of a series that was not made coarser. */
  readonly schema: number;
  /** The zero threshold of a series whose zero bucket was not widened. */
  readonly zeroThreshold: number;
  /** How many buckets a series may have. */
  readonly maxBuckets: number;
}

/** Reads the native histograms of one family, whose series are named by the index of their first number. */
export class NativeReader {
  protected readonly view = new FilledNativeView();
  private readonly words: NumberWords;
  private readonly layout: NativeLayout;
  /** Why: another process may send pages that are linked in a circle. Repeated pages and negative counts are left out too. */
  private readonly maxPages: number;
  private readonly pages = new SortedPages();

  constructor(words: NumberWords, layout: NativeLayout) {
    this.words = words;
    this.layout = layout;
    this.maxPages = pagesAtMost(layout.maxBuckets);
  }

  /**
   * What a series has counted, of `count` observations in all. The same object is filled again for the next series.
   *
   * @param without an observation that is left out.
   */
  read(series: number, count: number, exemplars: readonly Exemplar[] = [], without?: number): NativeHistogramView {
    const first = series + this.layout.offset;
    const view = this.fill(first);
    if (without !== undefined && Math.abs(without) > this.thresholdOf(first)) {
      const buckets = without < 0 ? view.negative : view.positive;
      buckets.removeOne(bucketIndexOf(without, this.schemaOf(first)));
    }
    view.exemplars = exemplars;
    view.schema = this.schemaOf(first);
    view.zeroThreshold = this.thresholdOf(first);
    // Why it is not counted by itself: an observation at 0 costs nothing, and the buckets always add up to the count.
    view.zeroCount = count - view.positive.total - view.negative.total;
    return view;
  }

  protected stateOf(first: number): number {
    return this.words.getWord(first, stateWord);
  }

  protected schemaOf(first: number): number {
    return this.layout.schema - (this.stateOf(first) & coarserBits);
  }

  protected thresholdOf(first: number): number {
    const widened = this.words.get(first + thresholdNumber);
    return widened === 0 ? this.layout.zeroThreshold : widened;
  }

  /** The page with this tag; 0 where there is none. */
  protected findPage(first: number, tag: number): number {
    const { words } = this;
    let page = words.getWord(first, chainOf(tag));
    for (let n = 0; page !== 0 && words.getWord(page, 0) !== tag; n++) {
      page = n < this.maxPages ? words.getWord(page, nextWord) : 0;
    }
    return page;
  }

  /** Fills the view with the buckets of a series. */
  protected fill(first: number): FilledNativeView {
    this.fillSign(first, 0, this.view.positive);
    this.fillSign(first, isNegativeTag, this.view.negative);
    return this.view;
  }

  private fillSign(first: number, sign: number, buckets: FilledBuckets): void {
    const { words, pages } = this;
    buckets.clear();
    this.sortPages(first, sign);
    let last: number | undefined;
    for (let n = 0; n < pages.size; n++) {
      const page = pages.at(n);
      const tag = words.getWord(page, 0);
      if (tag === last) continue;
      last = tag;
      const carries = this.findPage(first, tag | isCarryTag);
      for (let i = 0; i < bucketsPerPage; i++) {
        const count = words.getWord(page, countsWord + i);
        if (count <= 0) continue;
        const carried = carries === 0 ? 0 : words.getWord(carries, countsWord + i) * maxCount;
        buckets.add((tag >> tagBits) * bucketsPerPage + i, count + carried);
      }
    }
  }

  /** Puts the pages of this sign, without those of carries, in the order of their indexes. */
  private sortPages(first: number, sign: number): void {
    const { words, pages } = this;
    pages.clear();
    for (let chain = 0; chain < chainCount; chain++) {
      let page = words.getWord(first, chain);
      for (let n = 0; page !== 0 && n < this.maxPages; n++) {
        const tag = words.getWord(page, 0);
        if ((tag & (isNegativeTag | isCarryTag)) === sign) pages.add(tag >> tagBits, page);
        page = words.getWord(page, nextWord);
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
