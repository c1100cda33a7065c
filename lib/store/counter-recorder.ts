import type { SeriesId } from '../recorder/metrics-recorder.js';
import type { SampleWriter } from './exposed-family.js';
import { SeriesRecorder } from './series-recorder.js';

/** One number per series, which never decreases. */
export class CounterRecorder extends SeriesRecorder {
  static readonly width = () => 1;
  static readonly samples = () => 1;

  override add(place: SeriesId, by: number): void {
    this.numbers.add(place, by);
  }

  override write(place: SeriesId, samples: SampleWriter, depth: number): void {
    samples.sample(depth, '', this.numbers.get(place));
    const created = this.createdAt(place);
    if (created !== undefined) samples.created(depth, created);
  }

  override hasMoved(place: SeriesId): boolean {
    return this.numbers.get(place) !== 0;
  }
}
