import { Slices } from '../../async/slices.js';
import type {
  Exemplar,
  ExposedFamily,
  HistogramView,
  NativeBuckets,
  NativeHistogramView,
  SampleWriter,
  SummaryView,
  UpperBound,
} from '../../store/exposed-family.js';

/** Families with their samples as plain data, which another thread can make families of again. */
export interface PostedFamilies {
  readonly families: readonly PostedFamily[];
  /** Names and values of labels, and suffixes, each once. */
  readonly texts: readonly string[];
  /** The calls of a writer, each with its arguments. */
  readonly numbers: Float64Array;
  /** What is no number or text: bounds, exemplars and native histograms. */
  readonly parts: readonly unknown[];
}

interface PostedFamily extends Omit<ExposedFamily, 'write'> {
  /** Where its calls begin and end. */
  readonly from: number;
  readonly to: number;
  /** Whether its writing has failed there. */
  readonly isBroken: boolean;
}

/** The methods of a writer, by what stands for them among the numbers. */
const calls = { label: 0, value: 1, histogram: 2, summary: 3, sample: 4 } as const;
/** Stands for an argument that is left out. Why not `NaN`: a sample may have that value. */
const nothing = -1;

/** Writes families as plain data, in slices. The buffer of the numbers can be transferred. */
export async function postFamilies(families: readonly ExposedFamily[]): Promise<PostedFamilies> {
  const writer = new PostingWriter();
  const posted: PostedFamily[] = [];
  const slices = new Slices();
  for (const family of families) {
    const from = writer.length;
    const isBroken = !(await isWritten(family, writer, slices));
    const { name, type, help, unit, aggregator, hasCreatedSamples } = family;
    posted.push({ name, type, help, unit, aggregator, hasCreatedSamples, from, to: writer.length, isBroken });
  }
  return { families: posted, ...writer.finish() };
}

async function isWritten(family: ExposedFamily, writer: PostingWriter, slices: Slices): Promise<boolean> {
  try {
    for (const _ of family.write(writer)) if (slices.isOver) await slices.pause();
    return true;
  } catch {
    // Why not thrown here: in the thread it breaks the answer off at the same place, as without a thread.
    return false;
  }
}

/** Numbers that were written before, and copied. Why kept: new memory for each scrape costs more than to fill it. */
let spareNumbers: Float64Array | undefined = new Float64Array(1024);
/** More than so many are not kept. */
const maxSpareNumbers = 65_536;

class PostingWriter implements SampleWriter {
  readonly #texts = new Map<string, number>();
  readonly #parts: unknown[] = [];
  /** Where a list that is shared by many series, as the bounds of a family are, stands among the parts. */
  readonly #sharedParts = new Map<object, number>();
  #numbers: Float64Array;
  length = 0;

  constructor() {
    this.#numbers = spareNumbers ?? new Float64Array(1024);
    // Why: another writer may begin before this one has finished.
    spareNumbers = undefined;
  }

  label(depth: number, name: string, value: string): void {
    this.#push(calls.label, depth, this.#text(name), this.#text(value));
  }

  value(depth: number, value: number, createdAt: number = nothing, exemplar?: Exemplar): void {
    this.#push(calls.value, depth, value, createdAt, this.#part(copyExemplar(exemplar)));
  }

  histogram(depth: number, histogram: HistogramView): void {
    const { upperBounds, cumulativeCounts, sum, count, createdAt = nothing, exemplars, native } = histogram;
    this.#push(calls.histogram, depth, this.#sharedPart(upperBounds), sum, count);
    this.#push(createdAt, this.#part(exemplars?.map(copyExemplar)), this.#part(native && copyNative(native)));
    for (let i = 0; i < upperBounds.length; i++) this.#push(cumulativeCounts[i] as number);
  }

  summary(depth: number, { quantiles, values, sum, count }: SummaryView): void {
    this.#push(calls.summary, depth, this.#sharedPart(quantiles), sum, count);
    for (let i = 0; i < quantiles.length; i++) this.#push(values[i] as number);
  }

  sample(depth: number, suffix: string, value: number, bound?: UpperBound, exemplar?: Exemplar): void {
    this.#push(calls.sample, depth, this.#text(suffix), value, this.#part(bound), this.#part(copyExemplar(exemplar)));
  }

  finish(): Omit<PostedFamilies, 'families'> {
    if (this.#numbers.length <= maxSpareNumbers) spareNumbers = this.#numbers;
    return { texts: [...this.#texts.keys()], numbers: this.#numbers.slice(0, this.length), parts: this.#parts };
  }

  #push(...numbers: readonly number[]): void {
    if (this.length + numbers.length > this.#numbers.length) {
      const larger = new Float64Array(this.#numbers.length * 2);
      larger.set(this.#numbers);
      this.#numbers = larger;
    }
    for (const number of numbers) this.#numbers[this.length++] = number;
  }

  #text(text: string): number {
    let index = this.#texts.get(text);
    if (index === undefined) {
      index = this.#texts.size;
      this.#texts.set(text, index);
    }
    return index;
  }

  #part(part: unknown): number {
    return part === undefined ? nothing : this.#parts.push(part) - 1;
  }

  #sharedPart(list: readonly number[]): number {
    let index = this.#sharedParts.get(list);
    if (index === undefined) {
      index = this.#part(list.slice());
      this.#sharedParts.set(list, index);
    }
    return index;
  }
}

/** Why a copy: it is lent, and may be read only now. */
function copyExemplar(exemplar: Exemplar | undefined): Exemplar | undefined {
  if (exemplar === undefined) return undefined;
  const { labels, value, timestamp } = exemplar;
  return { labels: { ...labels }, value, ...(timestamp !== undefined && { timestamp }) };
}

/** Why a copy: the view is lent, and is filled again for the next series. */
const copyNative = (native: NativeHistogramView): NativeHistogramView => ({
  schema: native.schema,
  zeroThreshold: native.zeroThreshold,
  zeroCount: native.zeroCount,
  positive: copyBuckets(native.positive),
  negative: copyBuckets(native.negative),
  exemplars: native.exemplars.flatMap((exemplar) => copyExemplar(exemplar) ?? []),
});

const copyBuckets = ({ size, indexes, counts }: NativeBuckets): NativeBuckets => ({
  size,
  indexes: Array.from({ length: size }, (_, i) => indexes[i] as number),
  counts: Array.from({ length: size }, (_, i) => counts[i] as number),
});

/** The families that were written as plain data. */
export const readFamilies = (posted: PostedFamilies): ExposedFamily[] =>
  posted.families.map(({ from, to, isBroken, ...head }) => ({
    ...head,
    *write(samples) {
      yield* new PostedCalls(posted, from).replay(to, samples);
      if (isBroken) throw new Error('The main thread could not write the family in full.');
    },
  }));

/** Reads calls, and makes them again. */
class PostedCalls {
  readonly #posted: PostedFamilies;
  #at: number;

  constructor(posted: PostedFamilies, from: number) {
    this.#posted = posted;
    this.#at = from;
  }

  *replay(to: number, samples: SampleWriter): Generator<void> {
    for (let i = 1; this.#at < to; i++) {
      this.#call(samples);
      if (i % 128 === 0) yield;
    }
  }

  #call(samples: SampleWriter): void {
    const [call, depth] = [this.#next(), this.#next()];
    switch (call) {
      case calls.label:
        samples.label(depth, this.#text(), this.#text());
        return;
      case calls.value:
        samples.value(depth, this.#next(), this.#optional(), this.#part());
        return;
      case calls.histogram:
        samples.histogram(depth, this.#histogram());
        return;
      case calls.summary:
        samples.summary(depth, this.#summary());
        return;
      default:
        samples.sample(depth, this.#text(), this.#next(), this.#part(), this.#part());
    }
  }

  #histogram(): HistogramView {
    const upperBounds = this.#part() as readonly number[];
    const [sum, count, createdAt] = [this.#next(), this.#next(), this.#optional()];
    const exemplars = this.#part<HistogramView['exemplars']>();
    const native = this.#part<NativeHistogramView>();
    return { upperBounds, sum, count, createdAt, exemplars, native, cumulativeCounts: this.#list(upperBounds.length) };
  }

  #summary(): SummaryView {
    const quantiles = this.#part() as readonly number[];
    return { quantiles, sum: this.#next(), count: this.#next(), values: this.#list(quantiles.length) };
  }

  #next(): number {
    return this.#posted.numbers[this.#at++] as number;
  }

  #optional(): number | undefined {
    const number = this.#next();
    return number === nothing ? undefined : number;
  }

  #text(): string {
    return this.#posted.texts[this.#next()] as string;
  }

  #part<Part>(): Part | undefined {
    return this.#posted.parts[this.#next()] as Part | undefined;
  }

  #list(length: number): Float64Array {
    const list = this.#posted.numbers.subarray(this.#at, this.#at + length);
    this.#at += length;
    return list;
  }
}
