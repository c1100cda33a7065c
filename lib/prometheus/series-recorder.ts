import type { DropReason } from '../definition/drop-reason.js';
import type { Family } from '../definition/family.js';
import type { SampleWriter } from '../exposition/exposed-family.js';
import type { FamilyRecorder, Lease } from '../recorder/metrics-recorder.js';
import type { NumberStore } from '../series/number-store.js';
import { SeriesTable, type TableOptions } from '../series/series-table.js';

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

  // What a kind does not have is another kind's: the types refuse it, so only plain JavaScript gets here.

  add(_values: readonly unknown[], _by: number): DropReason | undefined {
    return 'family_clash';
  }

  set(_values: readonly unknown[], _value: number): DropReason | undefined {
    return 'family_clash';
  }

  observe(_values: readonly unknown[], _value: number): DropReason | undefined {
    return 'family_clash';
  }

  enter(_values: readonly unknown[]): Lease | DropReason {
    return 'family_clash';
  }

  leave(_lease: Lease): void {}
}
