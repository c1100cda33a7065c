import { processState } from '../process-state.js';
import { adviseAll, anyRecorder } from '../recorder/attach.js';
import type { Instrument } from './instrument.js';

const { unwired: advised } = processState;

/** Says, once per class, that a call was not recorded. While the process has no recorder, metrics are simply off. */
export function warnNotAttached(instance: unknown, instruments: readonly Instrument[]): undefined {
  if (!anyRecorder()) return;
  const owner = classOf(instance) ?? instruments;
  if (advised.has(owner)) return;
  advised.add(owner);
  const [{ site } = { site: 'an annotated function' }] = instruments;
  adviseAll({
    code: 'unwired',
    message:
      `${site}: a call was not recorded, because its instance has no recorder. Likely causes: it was made with "new" ` +
      'rather than by the container; it is a singleton that was resolved before installMetrics(container); it belongs to ' +
      'a child container without its own installMetrics(child); it is a static method or a plain function. ' +
      'Use attachRecorder(instance, recorder) or setDefaultRecorder(recorder).',
  });
}

function classOf(instance: unknown): object | undefined {
  if (typeof instance === 'function') return instance;
  return typeof instance === 'object' && instance !== null ? instance.constructor : undefined;
}
