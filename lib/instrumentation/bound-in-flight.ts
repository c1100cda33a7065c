import type { DropReason } from '../error.js';
import type { FamilyRecorder, MetricsRecorder, SeriesId } from '../recorder/metrics-recorder.js';
import type { Beginning } from './beginning.js';
import type { Bound } from './bound.js';
import type { End } from './completion/completion.js';
import type { Instrument } from './instrument.js';
import { openOrRefuse } from './open-or-refuse.js';
import { placeOf } from './place-of.js';
import { drop } from './unrecordable.js';

/** An in-flight gauge that reports to one recorder: +1 when a call begins, −1 when it has ended. */
export class BoundInFlight implements Bound {
  readonly begins = true;
  private readonly instrument: Instrument;
  private readonly recorder: MetricsRecorder;
  private readonly family: FamilyRecorder;

  constructor(instrument: Instrument, recorder: MetricsRecorder) {
    this.instrument = instrument;
    this.recorder = recorder;
    this.family = openOrRefuse(instrument, recorder);
  }

  begin(
    self: unknown,
    beginning: Beginning,
    count: number,
    a: unknown,
    b: unknown,
    c: unknown,
    all: readonly unknown[] | undefined,
  ): void {
    let place: SeriesId | DropReason = 'reader_threw';
    let cause: unknown;
    try {
      const { returned } = this.instrument.labels;
      place = placeOf(this.family, returned, true, self, undefined, count, a, b, c, all);
    } catch (thrown) {
      cause = thrown;
    }
    if (typeof place === 'number') {
      this.family.acquire(place);
      beginning.entered = { by: this, place, next: beginning.entered };
    } else drop(this.instrument, this.recorder, place, cause);
  }

  settle(_end: End, _self: unknown, _settled: unknown, beginning: Beginning | undefined): void {
    if (beginning !== undefined) this.release(beginning);
  }

  release({ entered }: Beginning): void {
    let mine = entered;
    while (mine !== undefined && mine.by !== this) mine = mine.next;
    if (mine?.place === undefined) return;
    this.family.release(mine.place);
    mine.place = undefined;
  }
}
