import type { SeriesId } from '../recorder/metrics-recorder.js';
import type { SampleWriter } from './exposed-family.js';
import { SeriesRecorder } from './series-recorder.js';

/**
 * Two numbers per series: its value, any number, which is set, or goes up and down; and how many leases are held, so that
 * the places of a series that was removed are not another's before the last lease is back.
 */
export class GaugeRecorder extends SeriesRecorder {
  static readonly width = () => 2;
  static readonly samples = () => 1;
  readonly #removed = new Set<SeriesId>();

  override add(place: SeriesId, by: number): void {
    this.numbers.add(place, by);
  }

  override set(place: SeriesId, value: number): void {
    this.numbers.set(place, value);
  }

  override acquire(place: SeriesId): void {
    this.numbers.add(place, 1);
    this.numbers.add(place + 1, 1);
  }

  override release(place: SeriesId): void {
    this.numbers.add(place, -1);
    this.numbers.add(place + 1, -1);
    if (this.#removed.size > 0 && this.#removed.has(place) && !this.isHeld(place)) {
      this.#removed.delete(place);
      super.retire(place);
    }
  }

  override isHeld(place: SeriesId): boolean {
    return this.numbers.get(place + 1) > 0;
  }

  protected override retire(place: SeriesId): void {
    if (this.isHeld(place)) this.#removed.add(place);
    else super.retire(place);
  }

  override write(place: SeriesId, samples: SampleWriter, depth: number): void {
    samples.sample(depth, '', this.numbers.get(place));
  }

  override hasMoved(place: SeriesId): boolean {
    return this.numbers.get(place) !== 0;
  }
}
