import type { Family } from '../families/family.js';
import type { SeriesId } from '../recorder/metrics-recorder.js';
import type { Bound, SampleWriter } from './exposed-family.js';
import { SeriesRecorder } from './series-recorder.js';
import type { TableOptions } from './series-table.js';

/** Per series one count for each bucket, one for what is above them all, and the sum. */
export class HistogramRecorder extends SeriesRecorder {
  static readonly width = ({ buckets }: Family) => buckets.length + 2;
  // One per bucket and for all above, the sum and the count.
  static readonly samples = ({ buckets }: Family) => buckets.length + 3;
  private readonly bounds: Float64Array;
  /** The bounds as they are exposed, the last one for everything. */
  private readonly exposedBounds: readonly Bound[];

  constructor(family: Family, options: TableOptions) {
    super(family, options);
    this.bounds = Float64Array.from(family.buckets);
    this.exposedBounds = [...family.buckets, Infinity].map((at) => ({ label: 'le', at }));
  }

  override observe(place: SeriesId, value: number): void {
    const { bounds } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
    this.numbers.add(place + bucket, 1);
    this.numbers.add(place + bounds.length + 1, value);
  }

  override write(place: SeriesId, samples: SampleWriter, depth: number): void {
    let count = 0;
    for (const [i, bound] of this.exposedBounds.entries()) {
      count += this.numbers.get(place + i);
      samples.sample(depth, '_bucket', count, bound);
    }
    samples.sample(depth, '_sum', this.numbers.get(place + this.#sum));
    samples.sample(depth, '_count', count);
    const created = this.createdAt(place);
    if (created !== undefined) samples.created(depth, created);
  }

  override hasMoved(place: SeriesId): boolean {
    return (
      this.family.buckets.some((_, i) => this.numbers.get(place + i) > 0) || this.numbers.get(place + this.#sum - 1) > 0
    );
  }

  get #sum(): number {
    return this.family.buckets.length + 1;
  }
}
