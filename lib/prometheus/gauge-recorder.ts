import type { DropReason } from '../definition/drop-reason.js';
import type { SampleWriter } from '../exposition/exposed-family.js';
import type { Lease } from '../recorder/metrics-recorder.js';
import { SeriesRecorder } from './series-recorder.js';

/**
 * Two numbers per series: its value, any number, which is set, or goes up and down; and how many leases are held, so that
 * the places of a series that was removed are not another's before the last lease is back.
 */
export class GaugeRecorder extends SeriesRecorder {
  static readonly width = () => 2;
  readonly #removed = new Set<number>();

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
    if (typeof place !== 'number') return place;
    this.numbers.add(place, 1);
    this.numbers.add(place + 1, 1);
    return place;
  }

  override leave(lease: Lease): void {
    this.numbers.add(lease, -1);
    this.numbers.add(lease + 1, -1);
    if (this.#removed.size > 0 && this.#removed.has(lease) && this.numbers.get(lease + 1) === 0) {
      this.#removed.delete(lease);
      super.retire(lease);
    }
  }

  protected override retire(place: number): void {
    if (this.numbers.get(place + 1) === 0) super.retire(place);
    else this.#removed.add(place);
  }

  override write(place: number, samples: SampleWriter, depth: number): void {
    samples.sample(depth, '', this.numbers.get(place));
  }

  override hasMoved(place: number): boolean {
    return this.numbers.get(place) !== 0;
  }
}
