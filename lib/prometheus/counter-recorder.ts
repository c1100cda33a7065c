import type { DropReason } from '../definition/drop-reason.js';
import type { SampleWriter } from '../exposition/exposed-family.js';
import { SeriesRecorder } from './series-recorder.js';

/** One number per series, which never decreases. */
export class CounterRecorder extends SeriesRecorder {
  static readonly width = () => 1;

  override add(values: readonly unknown[], by: number): DropReason | undefined {
    if (!(by >= 0 && by < Infinity)) return by < 0 ? 'negative_step' : 'not_finite';
    const place = this.place(values, true);
    if (typeof place !== 'number') return place;
    this.numbers.add(place, by);
    return undefined;
  }

  override write(place: number, samples: SampleWriter, depth: number): void {
    samples.sample(depth, '', this.numbers.get(place));
  }

  override hasMoved(place: number): boolean {
    return this.numbers.get(place) !== 0;
  }
}
