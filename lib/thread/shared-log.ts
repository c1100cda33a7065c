import type { CellFamily } from '../store/cells.js';

/*
 * The log that a store writes for its copy in another thread: records in shared memory, made of units of 16 bits. A number is
 * two units, the low one first; a text is its length in units, as a number, and its UTF-16 code units. A record begins with
 * its kind, and goes on in the next chunk where the one before is full.
 */

/** The kinds of records, each with what follows. */
export const records = {
  /** A number, the id; a text, the family. */
  opened: 1,
  /** The id. */
  closed: 2,
  /** The id, the first cell, and a text for each label. */
  created: 3,
  /** The id and the first cell. */
  removed: 4,
  /** The id. */
  cleared: 5,
  /** A text: the name of a family. */
  named: 6,
  /** A text: the constant labels. */
  labels: 7,
  /** Two texts: the names of a class and of a method. */
  method: 8,
  /** The cell, its value and time as doubles, and a text: the labels as JSON, or the ids of a span, of the trace first. */
  exemplar: 9,
  /** The cell. */
  exemplarRemoved: 10,
  /** The cell, and how many there are; for each what follows the cell of an exemplar. */
  nativeExemplars: 11,
  /** The id. */
  completed: 12,
} as const;

/** How many units of records a chunk has. One more says what comes after the chunk. */
export const unitsPerChunk = 2 ** 16 - 1;

/** The last unit of a chunk says which chunk is next: 0 for a new one, n for the n-th of the oldest, which is used again. */
export const newChunk = 0;

/** The words that writer and reader have in common. */
export const words = {
  /** How many records were written. Written by the writer. */
  written: 0,
  /** The record that the reader has passed: it reads nothing any more that was removed before. Written by the reader. */
  passed: 1,
  /** How many chunks were read to their end. Written by the reader. */
  readChunks: 2,
  /** Whether the log has ended because the reader has fallen too far behind. Written by the writer. */
  hasEnded: 3,
  /** The number of the last answer about computed families, if it is still right; otherwise 0. Written by the writer. */
  settled: 4,
} as const;

export const wordCount = Object.keys(words).length;

/** Whether one count of records has reached another. Why by the difference: counts begin again at 0 after 2^32. */
export const isAtLeast = (count: number, other: number): boolean => ((count - other) | 0) >= 0;

/** What the main thread posts to the reader. */
export type LogMessage =
  | { readonly type: 'begin'; readonly words: SharedArrayBuffer; readonly first: SharedArrayBuffer }
  | { readonly type: 'log'; readonly chunk: SharedArrayBuffer }
  | { readonly type: 'cells'; readonly chunk: SharedArrayBuffer };

/** What the reader posts: the log has ended, and it needs another one. */
export const beginAgain = 'begin again';

/** A family as text. Why the bounds by themselves: JSON has no −0. */
export const formatFamily = (family: CellFamily): string =>
  JSON.stringify({ ...family, upperBounds: family.upperBounds.map((bound) => (Object.is(bound, -0) ? '-0' : bound)) });

export function parseFamily(text: string): CellFamily {
  const family = JSON.parse(text) as CellFamily;
  return { ...family, upperBounds: family.upperBounds.map(Number) };
}

/** The labels of an exemplar as text. Why the ids of a span by themselves: nearly all exemplars have these. */
export function formatLabels(labels: Readonly<Record<string, string>>): string {
  const { trace_id: trace = '', span_id: span = '' } = labels;
  const isSpan = trace.length === traceLength && span.length === spanLength && Object.keys(labels).length === 2;
  // Why the order: the labels are exposed in it.
  return isSpan && Object.keys(labels)[0] === 'trace_id' && !trace.startsWith('{')
    ? trace + span
    : JSON.stringify(labels);
}

export function parseLabels(text: string): Readonly<Record<string, string>> {
  if (text.startsWith('{')) return JSON.parse(text) as Record<string, string>;
  return { trace_id: text.slice(0, traceLength), span_id: text.slice(traceLength) };
}

const traceLength = 32;
const spanLength = 16;
