import type { CellExemplar, CellLog } from '../../store/cells.js';
import type { ExposedType } from '../../store/exposed-family.js';

/*
 * A frame has what has changed in the series of one source since its last frame, or everything (a complete frame):
 *
 *   'F' 'M', version, flags, number of the frame, then sections: a tag, a length and as many bytes
 *
 *   texts      the texts that the changes refer to by their positions, each once
 *   changes    of one area: families and series that came and went, in that order
 *   cells      of one area: the cells whose numbers differ, each by its distance from the one before
 *   exemplars  of one area: those that were taken since the last frame, each with the index of its cell
 *
 * A reader skips a section whose tag it does not know, so that a later version may add sections that can be missed.
 * A change that an older reader would misunderstand needs another version of the protocol.
 */

/** The version of the frames. A frame of another one is not read. */
export const frameVersion = 1;

/** What a frame begins with. */
export const magic: readonly number[] = [0x46, 0x4d];

export const flags = { complete: 1 } as const;

/** Whether a frame says all that there is. */
export const isComplete = (frame: Uint8Array): boolean => ((frame[magic.length + 1] as number) & flags.complete) !== 0;

/**
 * The areas of a source are sets of cells, each with indexes of its own: the cells of its store, the computed ones, and the
 * totals that the series of both had counted before they began again at 0.
 */
export const areas = { stored: 0, computed: 1, before: 2 } as const;
export const areaCount = 3;

export const sections = { texts: 1, changes: 2, cells: 3, exemplars: 4 } as const;

export const changes = { opened: 1, closed: 2, created: 3, removed: 4, cleared: 5 } as const;

/** The types of families; a frame has the position. */
export const types: readonly ExposedType[] = ['counter', 'gauge', 'histogram', 'summary', 'unknown'];

/** Tells a log of one family or series that was added or removed. */
export type Change = (log: CellLog) => void;

/** The cells of an area whose numbers have changed. */
export interface ChangedCells {
  /** Every cell of the area is below this index. */
  readonly length: number;
  /** In ascending order. */
  readonly indexes: readonly number[];
  /** For each index, the two words of the new number. */
  readonly words: readonly number[];
}

/** The changes in one area that a frame contains. */
export interface AreaChanges {
  readonly changes: Change[];
  /** Every cell of the series that came is below this index. */
  end: number;
  cells: ChangedCells;
  readonly exemplars: CellExemplar[];
}

/** What a frame says. */
export interface Frame {
  /** Whether it contains everything that the source has. The reader then forgets what it knew of the source before. */
  readonly isComplete: boolean;
  /** Each frame of a source has the number after that of the frame before. */
  readonly number: number;
  /** By area. */
  readonly areas: readonly AreaChanges[];
}
