import type {
  Exemplar,
  ExposedFamily,
  HistogramView,
  SampleWriter,
  SummaryView,
  UpperBound,
} from './exposed-family.js';

/** Observes a negative sum, which a specification allows only beside a bound below 0. */
export type OnNegativeSum = (sum: number) => void;

/** This family, with an observer of its negative sums while it is written. Only histograms and summaries have sums. */
export function watchSums(family: ExposedFamily, onNegative: OnNegativeSum): ExposedFamily {
  if (family.type !== 'histogram' && family.type !== 'summary') return family;
  return { ...family, write: (samples) => family.write(new WatchedSums(samples, onNegative)) };
}

class WatchedSums implements SampleWriter {
  readonly #samples: SampleWriter;
  readonly #onNegative: OnNegativeSum;
  #hasNegativeBound = false;

  constructor(samples: SampleWriter, onNegative: OnNegativeSum) {
    this.#samples = samples;
    this.#onNegative = onNegative;
  }

  label(depth: number, name: string, value: string): void {
    this.#samples.label(depth, name, value);
  }

  value(depth: number, value: number, createdAt?: number, exemplar?: Exemplar): void {
    this.#samples.value(depth, value, createdAt, exemplar);
  }

  histogram(depth: number, histogram: HistogramView): void {
    const { upperBounds, sum } = histogram;
    if (sum < 0 && (upperBounds[0] as number) >= 0) this.#onNegative(sum);
    this.#samples.histogram(depth, histogram);
  }

  summary(depth: number, summary: SummaryView): void {
    if (summary.sum < 0) this.#onNegative(summary.sum);
    this.#samples.summary(depth, summary);
  }

  sample(depth: number, suffix: string, value: number, bound?: UpperBound, exemplar?: Exemplar): void {
    if (bound !== undefined && bound.at < 0) this.#hasNegativeBound = true;
    if (suffix === '_sum' && value < 0 && !this.#hasNegativeBound) this.#onNegative(value);
    this.#samples.sample(depth, suffix, value, bound, exemplar);
  }
}
