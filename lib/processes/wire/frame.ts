import type { CellLog } from '../../store/cells.js';
import type { ExposedType } from '../../store/exposed-family.js';

/*
 * A frame says what has changed in the series of one source since its last frame, or all that there is (a complete frame):
 *
 *   'F' 'M', version, flags, number of the frame, then sections: a tag, a length and as many bytes
 *
 *   texts      the texts that the changes refer to by their positions, each once
 *   changes    of one area: families and series that came and went, in that order
 *   cells      of one area: the cells whose numbers differ, each by its distance from the one before
 *
 * A section with another tag is skipped, so that a later version may add what this one can do without, such as exemplars.
 * Whatever this one would misunderstand is another version of the protocol.
 */

/** The version of the frames. A frame of another one is not read. */
export const frameVersion = 1;

/** What a frame begins with. */
export const magic: readonly number[] = [0x46, 0x4d];

export const flags = { complete: 1 } as const;

/** The sets of cells of a source, each with indexes of its own: what its store keeps, and what is computed. */
export const areas = { stored: 0, computed: 1 } as const;
export const areaCount = 2;

export const sections = { texts: 1, changes: 2, cells: 3 } as const;

export const changes = { opened: 1, closed: 2, created: 3, removed: 4, cleared: 5 } as const;

/** The types of families; a frame has the position. */
export const types: readonly ExposedType[] = ['counter', 'gauge', 'histogram', 'summary', 'unknown'];

/** One family or series that came or went: tells it to a log. */
export type Change = (log: CellLog) => void;

/** The cells of an area that have other numbers than before. */
export interface ChangedCells {
  /** Every cell of the area is below this index. */
  readonly length: number;
  /** In ascending order. */
  readonly indexes: readonly number[];
  /** For each index, the number that is there now. */
  readonly numbers: readonly number[];
}

/** What a frame says of one area. */
export interface AreaChanges {
  readonly changes: Change[];
  /** Every cell of the series that came is below this index. */
  end: number;
  cells: ChangedCells;
}

/** A frame as it was read. */
export interface Frame {
  /** Whether it says all that there is, so that what was known of its source before is to be forgotten. */
  readonly isComplete: boolean;
  /** Each frame of a source has the number after that of the frame before. */
  readonly number: number;
  /** By area. */
  readonly areas: readonly AreaChanges[];
}
