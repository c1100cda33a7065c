import type { Place } from '../recorder/metrics-recorder.js';

/** What is kept of a call's beginning, until it has settled. */
export interface Beginning {
  /** Seconds on the recorder's clock; `undefined` where nothing asks for it. */
  at: number | undefined;
  /** Where the in-flight gauges have counted the call, and have to leave. */
  entered: Map<object, Place> | undefined;
}
