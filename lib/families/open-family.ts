import type { Family } from './family.js';

/** A family as a recorder has opened it. */
export interface OpenFamily {
  readonly family: Family;
  /** As it is exposed, with the recorder's prefix. */
  readonly name: string;
  /** How many series it may have there. */
  readonly maxSeries: number;
}
