import { type CellFamily, countValueCells } from '../../store/cells.js';

/** What the cells of a series mean from which its samples are made. */
export interface RowLayout {
  /** How many they are. */
  readonly width: number;
  /** Which one may have a fraction. The others count, and lie side by side. */
  readonly sumCell: number;
  readonly firstCount: number;
  readonly endOfCounts: number;
  /** How many of the first ones may have an exemplar each: those that count. */
  readonly exemplarCells: number;
}

export function layoutOf(kind: Pick<CellFamily, 'type' | 'upperBounds'>): RowLayout {
  const width = countValueCells(kind);
  if (kind.type === 'summary') return { width, sumCell: 0, firstCount: 1, endOfCounts: width, exemplarCells: 0 };
  const exemplarCells = kind.type === 'histogram' ? width - 1 : Number(kind.type === 'counter');
  return { width, sumCell: width - 1, firstCount: 0, endOfCounts: width - 1, exemplarCells };
}
