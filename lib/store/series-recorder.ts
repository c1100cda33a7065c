import type { Family } from '../families/family.js';
import type { FamilyRecorder, SeriesId } from '../recorder/metrics-recorder.js';
import type { SampleWriter } from './exposed-family.js';
import type { NumberStore } from './number-store.js';
import { SeriesTable, type TableOptions } from './series-table.js';

/**
 * A family and its series. A kind overrides the operations that it has, and says how its numbers become samples.
 *
 * Why it is a table rather than has one: it is a step less on the way of every call.
 */
export abstract class SeriesRecorder extends SeriesTable implements FamilyRecorder {
  readonly family: Family;
  protected readonly numbers: NumberStore;

  constructor(family: Family, options: TableOptions) {
    super(family, options);
    this.family = family;
    this.numbers = options.numbers;
  }

  /** Writes the samples of one series, whose labels, up to this depth, have been told. */
  abstract write(place: number, samples: SampleWriter, depth: number): void;

  /** Whether any number of this series has moved from 0. */
  abstract hasMoved(place: number): boolean;

  /** Whether a call in flight holds this series. */
  isHeld(_place: SeriesId): boolean {
    return false;
  }

  // What a kind does not have does nothing: the callers have asked the table of kinds.

  add(_place: SeriesId, _by: number): void {}

  set(_place: SeriesId, _value: number): void {}

  observe(_place: SeriesId, _value: number): void {}

  acquire(_place: SeriesId): void {}

  release(_place: SeriesId): void {}
}
