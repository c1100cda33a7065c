import type { DropReason } from '../definition/drop-reason.js';
import { isPromise } from '../ends/plain-promise.js';
import type { MetricsRecorder } from '../recorder/metrics-recorder.js';
import type { Instrument } from './instrument.js';

/** Thrown, inside the instrumentation only, where a call gives nothing that can be recorded. */
export class Unrecordable {
  constructor(
    readonly reason: DropReason,
    readonly cause?: unknown,
  ) {}
}

/** What a reader's promise is: not recorded. Its rejection must not become the service's unhandled one. */
export function unrecordable(promise: Promise<unknown>): Unrecordable {
  promise.then(
    () => undefined,
    () => undefined,
  );
  return new Unrecordable('reader_promise');
}

/**
 * Drops what an instrument could not record: for the reason that a family recorder gave, or for what was thrown. Throws
 * in strict mode only.
 */
export function drop(
  { family, site }: Instrument,
  recorder: MetricsRecorder,
  given: DropReason,
  thrown: unknown,
  values: readonly unknown[],
): void {
  const promised = given === 'label_type' ? values.find(isPromise) : undefined;
  const found = promised === undefined ? thrown : unrecordable(promised);
  if (found instanceof Unrecordable) recorder.dropped(family, found.reason, site, found.cause);
  else recorder.dropped(family, given, site, thrown);
}
