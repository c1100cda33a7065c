import type { SeriesId } from '../recorder/metrics-recorder.js';

/** Where one in-flight gauge has counted a call. Why a list of them rather than a Map: most calls have one or none. */
export interface Entered {
  readonly by: object;
  /** `undefined` once it has left. */
  place: SeriesId | undefined;
  readonly next: Entered | undefined;
}

/** What is kept of a call's beginning, until it has settled. */
export interface Beginning {
  /** Seconds on the recorder's clock; `undefined` where nothing asks for it. */
  at: number | undefined;
  entered: Entered | undefined;
}
