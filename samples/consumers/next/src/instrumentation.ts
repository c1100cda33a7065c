import { setDefaultRecorder } from 'flowplane-metrics';
import { recorder } from './recorder';

/** Next calls this once, before the first request. */
export function register(): void {
  setDefaultRecorder(recorder); // for every instance that no container creates
}
