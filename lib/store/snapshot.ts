import type {
  ExposedFamily,
  ExposedType,
  HistogramView,
  SampleWriter,
  SummaryView,
  UpperBound,
} from './exposed-family.js';
import { goFloat } from './go-float.js';
import { type SpannedBuckets, spanBuckets } from './native-spans.js';

/** One sample as plain data, as a scrape would show it. */
export interface SampleSnapshot {
  /** The sample's name: of a histogram `…_bucket`, `…_sum`, `…_count`. */
  readonly name: string;
  /** Its labels without the empty ones, `le` included, as the text format spells it. */
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A native histogram as plain data. */
export interface NativeHistogramSnapshot {
  /** Its labels without the empty ones. */
  readonly labels: Readonly<Record<string, string>>;
  readonly count: number;
  readonly sum: number;
  /** How narrow the buckets are: each upper bound is 2^(2^-schema) times the one before. */
  readonly schema: number;
  /** Observations at most this far from 0 are in the zero bucket. */
  readonly zeroThreshold: number;
  /** How many observations the zero bucket has. */
  readonly zeroCount: number;
  /** The buckets of observations above the zero bucket. Bucket i ends at 2^(i * 2^-schema), which it includes. */
  readonly positive: SpannedBuckets;
  /** The buckets of observations below the zero bucket, by their absolute values. */
  readonly negative: SpannedBuckets;
}

/** One family and its samples, as plain data. */
export interface FamilySnapshot {
  readonly name: string;
  readonly type: ExposedType;
  readonly help: string;
  readonly unit?: string;
  readonly samples: readonly SampleSnapshot[];
  /** The native histograms of a family that has them. The text formats do not show them. */
  readonly nativeHistograms?: readonly NativeHistogramSnapshot[];
}

/** A family as plain data, of this instant. */
export function snapshotOf({ name, type, help, unit, write }: ExposedFamily): FamilySnapshot {
  const collected = new CollectedSamples(name);
  for (const _ of write(collected));
  const { samples, nativeHistograms } = collected;
  return {
    name,
    type,
    help,
    ...(unit === undefined ? {} : { unit }),
    samples,
    ...(nativeHistograms.length === 0 ? {} : { nativeHistograms }),
  };
}

/** Collects the samples of a family as plain data. */
export class CollectedSamples implements SampleWriter {
  readonly samples: SampleSnapshot[] = [];
  readonly nativeHistograms: NativeHistogramSnapshot[] = [];
  readonly #name: string;
  readonly #labels: (readonly [name: string, value: string])[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  label(depth: number, name: string, value: string): void {
    this.#labels[depth] = [name, value];
  }

  // A creation time is no sample: only one of the formats shows it.
  value(depth: number, value: number): void {
    this.sample(depth, '', value);
  }

  histogram(depth: number, { upperBounds, cumulativeCounts, sum, count, native }: HistogramView): void {
    for (const [i, at] of upperBounds.entries())
      this.sample(depth, '_bucket', cumulativeCounts[i] as number, { label: 'le', at });
    this.#sumAndCount(depth, sum, count);
    if (native === undefined) return;
    const { schema, zeroThreshold, zeroCount } = native;
    const [positive, negative] = [spanBuckets(native.positive), spanBuckets(native.negative)];
    const labels = Object.fromEntries(this.#labelsTo(depth));
    this.nativeHistograms.push({ labels, count, sum, schema, zeroThreshold, zeroCount, positive, negative });
  }

  summary(depth: number, { quantiles, values, sum, count }: SummaryView): void {
    for (const [i, at] of quantiles.entries()) this.sample(depth, '', values[i] as number, { label: 'quantile', at });
    this.#sumAndCount(depth, sum, count);
  }

  sample(depth: number, suffix: string, value: number, bound?: UpperBound): void {
    const labels = this.#labelsTo(depth);
    if (bound !== undefined) labels.push([bound.label, goFloat(bound.at)]);
    this.samples.push({ name: this.#name + suffix, labels: Object.fromEntries(labels), value });
  }

  #labelsTo(depth: number): (readonly [name: string, value: string])[] {
    return this.#labels.slice(0, depth).filter(([, text]) => text !== '');
  }

  #sumAndCount(depth: number, sum: number, count: number): void {
    this.sample(depth, '_sum', sum);
    this.sample(depth, '_count', count);
  }
}
