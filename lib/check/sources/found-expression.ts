import type { Purpose } from '../examine.js';
import { type Position, positionIn, type ScalarNode, type SourceFile } from './source-tree.js';

/** An expression that a file contains. */
export interface FoundExpression extends Purpose {
  readonly path: string;
  /** What it belongs to, for a reader: `alert HighErrors`, `panel "Requests"`. */
  readonly title: string;
  readonly text: string;
  /** Whether variables of Grafana may stand in it. */
  readonly mayHaveVariables: boolean;
  /** Of a recording rule: the name that it records, and the labels that it adds. */
  readonly record?: {
    readonly name: string;
    readonly labels: readonly string[];
    /** Whether what it records is not the result of the expression, but something that is computed from it. */
    readonly isOpaque?: boolean;
  };
  /** Finds the place of an offset in the expression. */
  locate(offset: number): Position;
}

/** Creates an expression of a scalar, or of a part of it that begins at an offset. */
export function createFound(
  { path, text: source }: Pick<SourceFile, 'path' | 'text'>,
  scalar: ScalarNode,
  more: Omit<FoundExpression, 'path' | 'text' | 'locate'>,
  part: { readonly text: string; readonly from: number } = { text: String(scalar.value), from: 0 },
): FoundExpression {
  return { path, ...more, text: part.text, locate: (offset) => positionIn(source, scalar, part.from + offset) };
}
