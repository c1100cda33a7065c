import type { DropReason } from '../error.js';
import { kinds } from '../families/kinds.js';
import type { FamilyRecorder, MetricsRecorder, SeriesId } from '../recorder/metrics-recorder.js';
import type { Beginning } from './beginning.js';
import type { Bound } from './bound.js';
import type { End } from './completion/completion.js';
import { isPromise } from './completion/plain-promise.js';
import type { Instrument } from './instrument.js';
import { openOrRefuse } from './open-or-refuse.js';
import { placeOf } from './place-of.js';
import { Constant, type Reader, read } from './reader.js';
import { drop, Unrecordable, unrecordable } from './unrecordable.js';

/**
 * An instrument that reports to one recorder: turns a call that has ended into one observation, and never lets a fault
 * out.
 *
 * Why its fields are copied from the instrument: each step to another object is memory that every call waits for. Why
 * `settle` leaves what is rare to other methods: V8 inlines it into the wrapper only while it is small; and why
 * `private`: the code for a `#field` is twice as long.
 */
export class BoundInstrument implements Bound {
  readonly begins: boolean;
  private readonly adds: boolean;
  private readonly least: number;
  private readonly most: number;
  /** The number to record, where it is the same for every call. */
  private readonly constant: number | undefined;
  /** The readers of the labels, by how the call ended; `undefined` where such calls do not count. */
  private readonly returned: readonly Reader[] | undefined;
  private readonly threw: readonly Reader[] | undefined;
  private readonly family: FamilyRecorder;
  private readonly instrument: Instrument;
  private readonly recorder: MetricsRecorder;

  constructor(instrument: Instrument, recorder: MetricsRecorder) {
    const { amount, when, on, labels } = instrument;
    this.begins = amount === undefined;
    this.adds = instrument.operation === 'add';
    [this.least, this.most] = kinds[instrument.family.kind].range;
    this.constant = when === undefined && amount instanceof Constant ? (amount.value as number) : undefined;
    this.returned = on === 'threw' ? undefined : labels.returned;
    this.threw = on === 'returned' ? undefined : labels.threw;
    this.family = openOrRefuse(instrument, recorder);
    this.instrument = instrument;
    this.recorder = recorder;
  }

  begin(_self: unknown, beginning: Beginning): void {
    beginning.at ??= this.recorder.now();
  }

  settle(
    end: End,
    self: unknown,
    settled: unknown,
    beginning: Beginning | undefined,
    count: number,
    a: unknown,
    b: unknown,
    c: unknown,
    all: readonly unknown[] | undefined,
  ): void {
    const readers = end === 'returned' ? this.returned : this.threw;
    if (readers === undefined) return;
    let reason: DropReason | undefined;
    let cause: unknown;
    try {
      const number = this.constant ?? this.number(self, settled, beginning, count, a, b, c, all);
      if (number === undefined) return;
      const place = placeOf(this.family, readers, this.adds, self, settled, count, a, b, c, all);
      if (typeof place !== 'number') reason = place;
      else if (this.adds) this.family.add(place, number);
      else this.setOrObserve(place, number);
    } catch (thrown) {
      reason = 'reader_threw';
      cause = thrown;
    }
    if (reason !== undefined) drop(this.instrument, this.recorder, reason, cause);
  }

  release(): void {}

  private setOrObserve(place: SeriesId, number: number): void {
    if (this.instrument.operation === 'set') this.family.set(place, number);
    else this.family.observe(place, number);
  }

  /** The number to record; `undefined` where the call is not wanted. Throws where there is none. */
  private number(
    self: unknown,
    settled: unknown,
    beginning: Beginning | undefined,
    count: number,
    a: unknown,
    b: unknown,
    c: unknown,
    all: readonly unknown[] | undefined,
  ): number | undefined {
    const { when, amount } = this.instrument;
    const wanted = when === undefined || read(when, self, settled, count, a, b, c, all);
    if (wanted !== true && !isWanted(wanted)) return undefined;
    const number = amount === undefined ? this.since(beginning) : read(amount, self, settled, count, a, b, c, all);
    if (typeof number === 'number' && number >= this.least && number <= this.most) return number;
    throw this.refusal(number);
  }

  private refusal(number: unknown): Unrecordable {
    if (isPromise(number)) return unrecordable(number);
    return new Unrecordable(kinds[this.instrument.family.kind].refuse(number) ?? 'not_finite');
  }

  private since(beginning: Beginning | undefined): number {
    return this.recorder.now() - (beginning?.at ?? Number.NaN);
  }
}

/** Whether `when` has said yes. Throws where it has promised to. */
function isWanted(answer: unknown): boolean {
  if (isPromise(answer)) throw unrecordable(answer);
  return Boolean(answer);
}
