import type { DropReason } from '../error.js';
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
 * Drops what an instrument could not record: for the reason that its family recorder gave, or for what was thrown. Throws
 * in strict mode only.
 */
export function drop(
  { family, site }: Instrument,
  recorder: MetricsRecorder,
  reason: DropReason,
  thrown: unknown,
): void {
  if (thrown instanceof Unrecordable) recorder.dropped(family, thrown.reason, site, thrown.cause);
  else recorder.dropped(family, reason, site, thrown);
}
