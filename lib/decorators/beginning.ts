import type { Lease } from '../recorder/metrics-recorder.js';

/** What is kept of a call's beginning, until it has settled. */
export interface Beginning {
  /** Seconds on the recorder's clock. */
  at: number | undefined;
  /** What its in-flight gauges have to be given back, by the instrument. */
  readonly leases: Map<object, Lease>;
}
