import type { DropReason } from '../definition/drop-reason.js';
import type { End } from '../ends/ending.js';
import { isPromise } from '../ends/plain-promise.js';
import { Constant, type Reader, read } from '../readers/reader.js';
import type { FamilyRecorder, MetricsRecorder } from '../recorder/metrics-recorder.js';
import type { Beginning } from './beginning.js';
import type { BoundChain } from './bound-chain.js';
import type { On } from './decorator-rules.js';
import type { Instrument } from './instrument.js';
import { openOrRefuse } from './open-or-refuse.js';
import { drop, Unrecordable, unrecordable } from './unrecordable.js';

/**
 * An instrument that reports to one recorder: turns a call that has ended into one observation, and never lets a fault
 * out.
 *
 * Why its fields are copied from the instrument: each step to another object is memory that every call waits for. Why
 * `settle` leaves what is rare to other methods: V8 inlines it into the wrapper only while it is small; and why `private`: the
 * code for a `#field` is twice as long.
 */
export class BoundInstrument implements BoundChain {
  readonly begins: boolean;
  private readonly next: BoundChain | undefined;
  private readonly on: On;
  private readonly adds: boolean;
  /** The number to record, where it is the same for every call. */
  private readonly constant: number | undefined;
  private readonly returned: readonly Reader[];
  private readonly threw: readonly Reader[];
  private readonly family: FamilyRecorder;
  /** Lent to the family recorder; absent while it is, so that a re-entrant call takes a fresh one. */
  private scratch: unknown[] | undefined;
  private readonly instrument: Instrument;
  private readonly recorder: MetricsRecorder;

  constructor(instrument: Instrument, recorder: MetricsRecorder, next: BoundChain | undefined) {
    const { amount, when, labels } = instrument;
    this.begins = amount === undefined || next?.begins === true;
    this.next = next;
    this.on = instrument.on;
    this.adds = instrument.operation === 'add';
    this.constant = when === undefined && amount instanceof Constant ? (amount.value as number) : undefined;
    this.returned = labels.returned;
    this.threw = labels.threw;
    this.family = openOrRefuse(instrument, recorder);
    this.scratch = this.freshValues();
    this.instrument = instrument;
    this.recorder = recorder;
  }

  begin(self: unknown, args: readonly unknown[], beginning: Beginning): void {
    beginning.at ??= this.recorder.now();
    this.next?.begin(self, args, beginning);
  }

  settle(end: End, self: unknown, args: readonly unknown[], settled: unknown, beginning: Beginning | undefined): void {
    if (this.next !== undefined) this.next.settle(end, self, args, settled, beginning);
    if (this.on !== 'settled' && this.on !== end) return;
    const values = this.scratch ?? this.freshValues();
    this.scratch = undefined;
    let reason: DropReason | undefined;
    let cause: unknown;
    try {
      const number = this.constant ?? this.number(self, args, settled, beginning);
      if (number !== undefined) {
        const readers = end === 'returned' ? this.returned : this.threw;
        for (let i = 0; i < values.length; i++) values[i] = read(readers[i] as Reader, self, args, settled);
        reason = this.adds ? this.family.add(values, number) : this.setOrObserve(values, number);
      }
    } catch (thrown) {
      reason = 'reader_threw';
      cause = thrown;
    }
    if (reason !== undefined) drop(this.instrument, this.recorder, reason, cause, values);
    // Why emptied: nothing that the caller owns is kept after the call.
    for (let i = 0; i < values.length; i++) values[i] = undefined;
    this.scratch = values;
  }

  release(beginning: Beginning): void {
    this.next?.release(beginning);
  }

  private setOrObserve(values: readonly unknown[], number: number): DropReason | undefined {
    if (this.instrument.operation === 'set') return this.family.set(values, number);
    return this.family.observe(values, number);
  }

  /** The number to record; `undefined` where the call is not wanted. Throws where there is none. */
  private number(
    self: unknown,
    args: readonly unknown[],
    settled: unknown,
    beginning: Beginning | undefined,
  ): number | undefined {
    const { when, amount } = this.instrument;
    const wanted = when === undefined || read(when, self, args, settled);
    if (isPromise(wanted)) throw unrecordable(wanted);
    if (!wanted) return undefined;
    const number = amount === undefined ? this.since(beginning) : read(amount, self, args, settled);
    if (typeof number === 'number' && Number.isFinite(number)) return number;
    throw isPromise(number) ? unrecordable(number) : new Unrecordable('not_finite');
  }

  private since(beginning: Beginning | undefined): number {
    return this.recorder.now() - (beginning?.at ?? Number.NaN);
  }

  private freshValues(): unknown[] {
    return this.returned.map(() => undefined);
  }
}
