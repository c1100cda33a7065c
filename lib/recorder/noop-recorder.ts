import { AbstractRecorder } from './abstract-recorder.js';
import type { FamilyRecorder } from './metrics-recorder.js';

const discard: FamilyRecorder = Object.freeze({
  lookup: () => 0,
  getOrCreate: () => 0,
  add: () => undefined,
  set: () => undefined,
  observe: () => undefined,
  acquire: () => undefined,
  release: () => undefined,
});

/**
 * Records nothing: for a service that keeps its decorators and turns its metrics off.
 *
 * @example
 * import { NoopRecorder, setDefaultRecorder } from 'flowplane-metrics';
 *
 * if (process.env['METRICS'] === 'off') setDefaultRecorder(new NoopRecorder());
 */
export class NoopRecorder extends AbstractRecorder {
  override open(): FamilyRecorder {
    return discard;
  }

  protected override countDrop(): void {}
}
