import type { DropReason } from '../definition/drop-reason.js';
import { type Reader, read } from '../readers/reader.js';
import type { FamilyRecorder, Lease, MetricsRecorder } from '../recorder/metrics-recorder.js';
import type { On } from './decorator-rules.js';
import type { Instrument } from './instrument.js';
import { isPromise } from './plain-promise.js';

/** How a call ended. */
export type End = 'returned' | 'threw';

/** What a reader gave cannot be recorded. */
class Unreadable {
  constructor(readonly reason: DropReason) {}
}

/**
 * An instrument that reports to one recorder: turns a call into one observation, and never lets a fault out.
 *
 * Why its fields are copied from the instrument: each step to another object is memory that every call waits for. Why
 * `settle` leaves what is rare to other methods: V8 inlines it into the wrapper only while it is small.
 */
export class BoundInstrument {
  readonly #instrument: Instrument;
  readonly #recorder: MetricsRecorder;
  readonly #family: FamilyRecorder;
  readonly #clash: unknown;
  readonly #operation: Instrument['operation'];
  readonly #on: On;
  readonly #when: Reader | undefined;
  /** The number to record, where it is always the same. */
  readonly #constant: number | undefined;
  readonly #returned: readonly Reader[];
  readonly #threw: readonly Reader[];
  /** Lent to the family recorder; absent while it is, so that a re-entrant call takes a fresh one. */
  #scratch: unknown[] | undefined;

  constructor(instrument: Instrument, recorder: MetricsRecorder) {
    const { amount, labels } = instrument;
    this.#instrument = instrument;
    this.#recorder = recorder;
    this.#operation = instrument.operation;
    this.#on = instrument.on;
    this.#when = instrument.when;
    this.#constant = amount?.from === 'constant' ? (amount.value as number) : undefined;
    this.#returned = labels.returned;
    this.#threw = labels.threw;
    this.#scratch = this.#freshValues();
    try {
      this.#family = recorder.open(instrument.family, instrument.site);
    } catch (clash) {
      this.#family = refusing('family_clash');
      this.#clash = clash;
    }
  }

  /** Records a call that has ended, `seconds` after it began. */
  settle(end: End, self: unknown, args: readonly unknown[], settled: unknown, seconds: number): void {
    if (this.#on !== 'settled' && this.#on !== end) return;
    const values = this.#scratch ?? this.#freshValues();
    this.#scratch = undefined;
    let reason: DropReason | undefined;
    let cause: unknown;
    try {
      if (this.#when === undefined || isWanted(this.#when, self, args, settled)) {
        const number = this.#constant ?? this.#number(self, args, settled, seconds);
        const readers = end === 'returned' ? this.#returned : this.#threw;
        for (let i = 0; i < values.length; i++) values[i] = read(readers[i] as Reader, self, args, settled);
        reason = this.#record(values, number);
      }
    } catch (thrown) {
      reason = 'reader_threw';
      cause = thrown;
    }
    if (reason !== undefined) this.#drop(reason, cause, values);
    // Why emptied: nothing that the caller owns is kept after the call.
    for (let i = 0; i < values.length; i++) values[i] = undefined;
    this.#scratch = values;
  }

  /** Counts a call as in flight. `undefined` where that could not be recorded. */
  enter(self: unknown, args: readonly unknown[]): Lease | undefined {
    const values = this.#freshValues();
    try {
      for (let i = 0; i < values.length; i++) values[i] = read(this.#returned[i] as Reader, self, args, undefined);
      const entered = this.#family.enter(values);
      if (typeof entered === 'number') return entered;
      this.#drop(entered, undefined, values);
    } catch (thrown) {
      this.#drop('reader_threw', thrown, values);
    }
    return undefined;
  }

  leave(lease: Lease): void {
    this.#family.leave(lease);
  }

  #record(values: readonly unknown[], number: number): DropReason | undefined {
    switch (this.#operation) {
      case 'add':
        return this.#family.add(values, number);
      case 'set':
        return this.#family.set(values, number);
      default:
        return this.#family.observe(values, number);
    }
  }

  #number(self: unknown, args: readonly unknown[], settled: unknown, seconds: number): number {
    const { amount } = this.#instrument;
    const number = amount === undefined ? seconds : read(amount, self, args, settled);
    if (typeof number === 'number' && Number.isFinite(number)) return number;
    throw new Unreadable(isPromise(number) ? refusePromise(number) : 'not_finite');
  }

  #freshValues(): unknown[] {
    return this.#returned.map(() => undefined);
  }

  #drop(given: DropReason, thrown: unknown, values: readonly unknown[]): void {
    const { family, site } = this.#instrument;
    const reason = thrown instanceof Unreadable ? thrown.reason : given;
    const promised = reason === 'label_type' ? values.find(isPromise) : undefined;
    const cause = thrown instanceof Unreadable ? undefined : (thrown ?? this.#clash);
    this.#recorder.dropped(family, promised === undefined ? reason : refusePromise(promised), site, cause);
  }
}

function isWanted(when: Reader, self: unknown, args: readonly unknown[], settled: unknown): boolean {
  const wanted = read(when, self, args, settled);
  if (isPromise(wanted)) throw new Unreadable(refusePromise(wanted));
  return Boolean(wanted);
}

/** Where a family could not be opened: every observation is dropped for this reason. */
function refusing(reason: DropReason): FamilyRecorder {
  const refuse = (): DropReason => reason;
  return { add: refuse, set: refuse, observe: refuse, enter: refuse, leave: () => undefined };
}

// Why the handlers: a reader's promise that rejects must not become the service's unhandled rejection.
function refusePromise(promise: Promise<unknown>): DropReason {
  promise.then(
    () => undefined,
    () => undefined,
  );
  return 'reader_promise';
}
