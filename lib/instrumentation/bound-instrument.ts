import type { DropReason } from '../error.js';
import { kinds, toNumber } from '../families/kinds.js';
import { type FamilyRecorder, listValues, type MetricsRecorder, type SeriesId } from '../recorder/metrics-recorder.js';
import type { Call, CallObserver, InFlightLease } from './call.js';
import { isPromise } from './completion/promise.js';
import { DroppedObservation, dropPromise, type Instrument, openFamily, reportDrop } from './instrument.js';
import { Constant, listUnread, type Reader, read } from './readers.js';
import { isStackExhausted } from './unfinished-calls.js';

/** Binds the instruments of one method to one recorder. */
export function bindInstruments(instruments: readonly Instrument[], recorder: MetricsRecorder): CallObserver {
  const observers = instruments.map((instrument) => {
    const Observer = instrument.operation === 'acquire' ? BoundInFlightGauge : BoundInstrument;
    const observer = new Observer(instrument, recorder);
    adviseOnLabels(instrument, recorder);
    return observer;
  });
  return observers.length === 1 ? (observers[0] as CallObserver) : new ObserverStack(observers);
}

/**
 * Records one observation for each call that has settled. A fault in it never reaches the caller.
 *
 * Why its fields are copied from the instrument: each step to another object is one more load in every call. Why `onSettle`
 * leaves what is rare to other methods: V8 inlines it into the wrapper only while it is small. Why `private`: the code
 * for a `#field` is twice as long.
 */
class BoundInstrument implements CallObserver {
  readonly observesStart: boolean;
  private readonly isAdd: boolean;
  private readonly min: number;
  private readonly max: number;
  /** The number to record, where it is the same for every call. */
  private readonly constant: number | undefined;
  /** The readers of the labels, by how the call ended; `undefined` where such calls are not recorded. */
  private readonly returned: readonly Reader[] | undefined;
  private readonly threw: readonly Reader[] | undefined;
  private readonly family: FamilyRecorder;
  private readonly instrument: Instrument;
  private readonly recorder: MetricsRecorder;

  constructor(instrument: Instrument, recorder: MetricsRecorder) {
    const { amount, when, on, labels } = instrument;
    this.observesStart = amount === undefined;
    this.isAdd = instrument.operation === 'add';
    [this.min, this.max] = kinds[instrument.family.kind].range;
    this.constant = when === undefined && amount instanceof Constant ? (amount.value as number) : undefined;
    this.returned = on === 'threw' ? undefined : labels.returned;
    this.threw = on === 'returned' ? undefined : labels.threw;
    this.family = openFamily(instrument, recorder);
    this.instrument = instrument;
    this.recorder = recorder;
    if (this.observesStart) adviseOnUnit(instrument, recorder);
  }

  onStart(call: Call): void {
    call.startedAt ??= this.recorder.now();
  }

  onSettle(call: Call): void {
    const readers = call.outcome === 'returned' ? this.returned : this.threw;
    if (readers === undefined) return;
    let series: SeriesId | DropReason;
    try {
      const amount = this.constant ?? this.amountOf(call);
      if (amount === undefined) return;
      series = seriesOf(this.family, readers, this.isAdd, call);
      if (typeof series === 'number') {
        if (this.isAdd) this.family.add(series, amount);
        else this.setOrObserve(series, amount);
        return;
      }
    } catch (thrown) {
      this.dropFor(thrown);
      return;
    }
    reportDrop(this.instrument, this.recorder, series, undefined);
  }

  release(): void {}

  private setOrObserve(series: SeriesId, amount: number): void {
    if (this.instrument.operation === 'set') this.family.set(series, amount);
    else this.family.observe(series, amount);
  }

  private dropFor(thrown: unknown): void {
    if (isStackExhausted(thrown)) throw thrown;
    reportDrop(this.instrument, this.recorder, 'reader_threw', thrown);
  }

  /** The number to record; `undefined` where `when` excludes the call. Throws where there is none. */
  private amountOf(call: Call): number | undefined {
    const { when, amount } = this.instrument;
    const matches = when === undefined || read(when, call);
    if (matches !== true && !isTruthy(matches)) return undefined;
    const given = amount === undefined ? this.durationOf(call) : read(amount, call);
    if (typeof given === 'number' && given >= this.min && given <= this.max) return given;
    return this.convertOrDrop(given);
  }

  // Why not below 0: a test may put a fake clock in the place of the real one during a call, and a sum must not go down.
  private durationOf({ startedAt = Number.NaN }: Call): number {
    return Math.max(0, this.recorder.now() - startedAt) * (this.instrument.scale ?? 1);
  }

  private convertOrDrop(given: unknown): number {
    if (isPromise(given)) dropPromise(given);
    const number = toNumber(given);
    if (typeof number === 'number' && number >= this.min && number <= this.max) return number;
    throw new DroppedObservation(kinds[this.instrument.family.kind].refuse(number) ?? 'not_finite');
  }
}

/** Counts calls in flight: +1 when a call starts, −1 when it has settled. */
class BoundInFlightGauge implements CallObserver {
  readonly observesStart = true;
  private readonly instrument: Instrument;
  private readonly recorder: MetricsRecorder;
  private readonly family: FamilyRecorder;

  constructor(instrument: Instrument, recorder: MetricsRecorder) {
    this.instrument = instrument;
    this.recorder = recorder;
    this.family = openFamily(instrument, recorder);
  }

  onStart(call: Call): void {
    let series: SeriesId | DropReason = 'reader_threw';
    let cause: unknown;
    try {
      series = seriesOf(this.family, this.instrument.labels.returned, true, call);
      if (typeof series === 'number') {
        // Why the lease comes first: where the stack is exhausted in between, nothing is held.
        const lease: InFlightLease = { gauge: this, series: undefined, next: call.leases };
        call.leases = lease;
        this.family.acquire(series);
        lease.series = series;
        return;
      }
    } catch (thrown) {
      if (isStackExhausted(thrown)) throw thrown;
      series = 'reader_threw';
      cause = thrown;
    }
    reportDrop(this.instrument, this.recorder, series, cause);
  }

  onSettle(call: Call): void {
    this.release(call.leases);
  }

  release(leases: InFlightLease | undefined): void {
    let lease = leases;
    while (lease !== undefined && lease.gauge !== this) lease = lease.next;
    if (lease?.series === undefined) return;
    try {
      this.family.release(lease.series);
      lease.series = undefined;
    } catch (thrown) {
      // Why: a metric of prom-client, or a recorder of the user, may throw.
      if (isStackExhausted(thrown)) throw thrown;
      lease.series = undefined;
      reportDrop(this.instrument, this.recorder, 'reader_threw', thrown);
    }
  }
}

/** The observers of stacked decorators: each observes every call, the lowest decorator first. */
class ObserverStack implements CallObserver {
  readonly observesStart: boolean;
  private readonly observers: readonly CallObserver[];

  constructor(observers: readonly CallObserver[]) {
    this.observesStart = observers.some(({ observesStart }) => observesStart);
    this.observers = observers;
  }

  onStart(call: Call): void {
    for (const observer of this.observers) observer.onStart(call);
  }

  onSettle(call: Call): void {
    const { observers } = this;
    let i = call.recordedBy;
    try {
      for (; i < observers.length; i++) (observers[i] as CallObserver).onSettle(call);
    } catch (fault) {
      // Why kept: where the stack is exhausted, the call is recorded later by those that have not done it.
      call.recordedBy = i;
      throw fault;
    }
  }

  release(leases: InFlightLease): void {
    for (const observer of this.observers) observer.release(leases);
  }
}

/**
 * The series that a call belongs to, or the reason why there is none. Throws what a reader throws.
 *
 * Why up to three labels are read one by one: a list of them would be allocated at every call.
 */
function seriesOf(
  family: FamilyRecorder,
  readers: readonly Reader[],
  allowOverflow: boolean,
  call: Call,
): SeriesId | DropReason {
  const count = readers.length;
  if (count > 3) return getOrCreate(family, readAll(readers, call), allowOverflow);
  const first = count > 0 ? read(readers[0] as Reader, call) : undefined;
  const second = count > 1 ? read(readers[1] as Reader, call) : undefined;
  const third = count > 2 ? read(readers[2] as Reader, call) : undefined;
  const series = family.lookup(first, second, third);
  return series === undefined ? getOrCreate(family, listValues(count, first, second, third), allowOverflow) : series;
}

/** Why no map(): it and its closure take longer at each call than the readers. */
function readAll(readers: readonly Reader[], call: Call): unknown[] {
  const values = new Array<unknown>(readers.length);
  for (let i = 0; i < readers.length; i++) values[i] = read(readers[i] as Reader, call);
  return values;
}

function getOrCreate(
  family: FamilyRecorder,
  values: readonly unknown[],
  allowOverflow: boolean,
): SeriesId | DropReason {
  const series = family.getOrCreate(values, allowOverflow);
  const promise = series === 'label_type' ? values.find(isPromise) : undefined;
  if (promise !== undefined) dropPromise(promise);
  return series;
}

/** Whether `when` gave a true value. Throws where it gave a promise. */
function isTruthy(answer: unknown): boolean {
  if (isPromise(answer)) dropPromise(answer);
  return Boolean(answer);
}

/** Advises where a duration in seconds goes into a family whose name or unit says milliseconds. */
function adviseOnUnit({ family, scale, site }: Instrument, recorder: MetricsRecorder): void {
  if (scale !== undefined || family.advice === false) return;
  const words = [family.unit ?? '', ...family.name.split(/[_:]/)];
  const given = words.find((word) => /^(ms|millis|msecs?|milliseconds?)$/i.test(word));
  if (given === undefined) return;
  recorder.advise({
    code: 'duration_unit',
    message:
      `${site}: family "${family.name}" gets seconds, but seems to have milliseconds (given "${given}"). ` +
      'Write unit: "milliseconds" at the decorator, or unit: "seconds" where seconds are right.',
  });
}

/** Advises where a label has policies at most, so that it is empty at each observation. */
function adviseOnLabels({ family, labels, site }: Instrument, recorder: MetricsRecorder): void {
  if (family.advice === false) return;
  const [label] = listUnread(Object.keys(family.labels), labels);
  if (label === undefined) return;
  recorder.advise({
    code: 'unread_label',
    message:
      `${site}: label "${label}" of family "${family.name}" is always empty here (given no reader). ` +
      `Write ${label}: { args: (${label}) => ${label} }, or result or error where these have the value; or remove the label.`,
  });
}
