import { type DropReason, isInstance } from '../error.js';
import type { Declaration } from '../families/declared-instruments.js';
import { sameDefinition } from '../families/family.js';
import type { Operation } from '../families/kinds.js';
import type { FamilyRecorder, MetricsRecorder } from '../recorder/metrics-recorder.js';
import { describeReader, type LabelReaders, type Reader } from './readers.js';

/** Which calls a decorator records: those that returned, those that threw, or all that have settled. */
export type RecordedOutcome = 'returned' | 'threw' | 'settled';

/** What completes a call: its result, or the callback that is its last argument. */
export type CompletedBy = 'result' | 'callback';

/** What a decorator does with a call: it records a number, or it counts the call while it is in flight. */
export type InstrumentOperation = Operation | 'acquire';

/** One decorator on one method, ready to be bound to a recorder. */
export interface Instrument extends Declaration {
  readonly operation: InstrumentOperation;
  readonly on: RecordedOutcome;
  readonly when: Reader | undefined;
  /** Gives the number; `undefined` for durations and for calls in flight. */
  readonly amount: Reader | undefined;
  readonly labels: LabelReaders;
  /** What completes a call; `undefined` where the decorator does not say so. */
  readonly completion: CompletedBy | undefined;
  /** What a duration in seconds is multiplied by; `undefined` where the decorator does not say so. */
  readonly scale: number | undefined;
}

/** Thrown to drop an observation for this reason. */
export class DroppedObservation {
  constructor(
    readonly reason: DropReason,
    readonly cause?: unknown,
  ) {}
}

/** Drops an observation, because a reader gave a promise. Its rejection must not become an unhandled one of the service. */
export function dropPromise(promise: Promise<unknown>): never {
  promise.then(
    () => undefined,
    () => undefined,
  );
  throw new DroppedObservation('reader_promise');
}

/** Counts and reports a dropped observation: for the reason that was thrown, else for `reason`. Throws in strict mode. */
export function reportDrop(
  { family, site }: Instrument,
  recorder: MetricsRecorder,
  reason: DropReason,
  thrown: unknown,
): void {
  if (isInstance(thrown, DroppedObservation)) recorder.dropped(family, thrown.reason, site, thrown.cause);
  else recorder.dropped(family, reason, site, thrown);
}

/** Opens the instrument's family. Where it clashes with another one, every observation is dropped. */
export function openFamily({ family, site }: Instrument, recorder: MetricsRecorder): FamilyRecorder {
  try {
    return recorder.open(family, site);
  } catch (clash) {
    const refuse = (): never => {
      throw new DroppedObservation('family_clash', clash);
    };
    return {
      lookup: refuse,
      getOrCreate: refuse,
      add: refuse,
      set: refuse,
      observe: refuse,
      acquire: refuse,
      release: refuse,
    };
  }
}

/**
 * Whether two instruments are the same definition, written once and run twice: the same decorator of the same family, with
 * readers of the same text.
 */
export function isSameInstrument(a: Instrument, b: Instrument): boolean {
  return (
    a.decorator === b.decorator &&
    a.family.name === b.family.name &&
    sameDefinition(a.family, b.family) &&
    describeReaders(a) === describeReaders(b)
  );
}

const describeReaders = ({ on, when, amount, labels, completion, scale }: Instrument): string =>
  JSON.stringify([on, completion, scale, [when, amount, ...labels.returned, ...labels.threw].map(describeReader)]);
