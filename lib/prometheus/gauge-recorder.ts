import type { DropReason } from '../definition/drop-reason.js';
import type { SampleWriter } from '../exposition/exposed-family.js';
import type { Lease } from '../recorder/metrics-recorder.js';
import { SeriesRecorder } from './series-recorder.js';

/** One number per series, any number: it is set, or goes up and down. */
export class GaugeRecorder extends SeriesRecorder {
  static readonly width = () => 1;

  override add(values: readonly unknown[], by: number): DropReason | undefined {
    if (typeof by !== 'number') return 'not_finite';
    const place = this.place(values, true);
    if (typeof place !== 'number') return place;
    this.numbers.add(place, by);
    return undefined;
  }

  // Why not folded: in "other" the last writer's value would be nobody's.
  override set(values: readonly unknown[], value: number): DropReason | undefined {
    if (typeof value !== 'number') return 'not_finite';
    const place = this.place(values, false);
    if (typeof place !== 'number') return place;
    this.numbers.set(place, value);
    return undefined;
  }

  override enter(values: readonly unknown[]): Lease | DropReason {
    const place = this.place(values, true);
    if (typeof place === 'number') this.numbers.add(place, 1);
    return place;
  }

  override leave(lease: Lease): void {
    this.numbers.add(lease, -1);
  }

  override write(place: number, samples: SampleWriter, depth: number): void {
    samples.sample(depth, '', this.numbers.get(place));
  }

  override hasMoved(place: number): boolean {
    return this.numbers.get(place) !== 0;
  }
}
