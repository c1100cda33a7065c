import type {
  Exemplar,
  ExposedFamily,
  HistogramView,
  SampleWriter,
  SummaryView,
  UpperBound,
} from './exposed-family.js';
import { ForwardingWriter } from './forwarding-writer.js';

/** Observes a negative sum, which a specification allows only beside a bound below 0. */
export type OnNegativeSum = (sum: number) => void;

/** This family, with an observer of its negative sums while it is written. Only histograms and summaries have sums. */
export function watchSums(family: ExposedFamily, onNegative: OnNegativeSum): ExposedFamily {
  if (family.type !== 'histogram' && family.type !== 'summary') return family;
  return { ...family, write: (samples) => family.write(new WatchedSums(samples, onNegative)) };
}

class WatchedSums extends ForwardingWriter {
  readonly #onNegative: OnNegativeSum;
  #hasNegativeBound = false;

  constructor(samples: SampleWriter, onNegative: OnNegativeSum) {
    super(samples);
    this.#onNegative = onNegative;
  }

  override histogram(depth: number, histogram: HistogramView): void {
    const { upperBounds, sum } = histogram;
    if (sum < 0 && (upperBounds[0] as number) >= 0) this.#onNegative(sum);
    super.histogram(depth, histogram);
  }

  override summary(depth: number, summary: SummaryView): void {
    if (summary.sum < 0) this.#onNegative(summary.sum);
    super.summary(depth, summary);
  }

  override sample(depth: number, suffix: string, value: number, bound?: UpperBound, exemplar?: Exemplar): void {
    if (bound !== undefined && bound.at < 0) this.#hasNegativeBound = true;
    if (suffix === '_sum' && value < 0 && !this.#hasNegativeBound) this.#onNegative(value);
    super.sample(depth, suffix, value, bound, exemplar);
  }
}
