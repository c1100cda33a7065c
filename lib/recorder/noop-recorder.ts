import { AbstractRecorder } from './abstract-recorder.js';
import { discard, type FamilyRecorder } from './metrics-recorder.js';

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
