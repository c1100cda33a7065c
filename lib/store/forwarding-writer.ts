import type { Exemplar, HistogramView, SampleWriter, SummaryView, UpperBound } from './exposed-family.js';

/** Passes samples on to another writer. A subclass overrides what it changes, or observes. */
export class ForwardingWriter implements SampleWriter {
  protected readonly samples: SampleWriter;

  constructor(samples: SampleWriter) {
    this.samples = samples;
  }

  label(depth: number, name: string, value: string): void {
    this.samples.label(depth, name, value);
  }

  value(depth: number, value: number, createdAt?: number, exemplar?: Exemplar): void {
    this.samples.value(this.completeLabels(depth), value, createdAt, exemplar);
  }

  histogram(depth: number, histogram: HistogramView): void {
    this.samples.histogram(this.completeLabels(depth), histogram);
  }

  summary(depth: number, summary: SummaryView): void {
    this.samples.summary(this.completeLabels(depth), summary);
  }

  sample(depth: number, suffix: string, value: number, bound?: UpperBound, exemplar?: Exemplar): void {
    this.samples.sample(this.completeLabels(depth), suffix, value, bound, exemplar);
  }

  /** Is called before each sample, whose own labels reach this depth. Returns the depth that its labels have then. */
  protected completeLabels(depth: number): number {
    return depth;
  }
}
