import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A process that has not counted for longer than this, in milliseconds, did not run: the machine had other work. */
const stallMs = 100;

/** How much a process or thread has counted until when, as it has written down. */
export interface Written {
  readonly at: number;
  readonly total: number;
}

export function readWritten(folder: string): Map<string, readonly Written[]> {
  const read = (source: string): Written[] =>
    readFileSync(join(folder, source), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split(' ').map(Number))
      .map(([at = 0, total = 0]) => ({ at, total }));
  return new Map(readdirSync(folder).map((source) => [source, read(source)]));
}

/** How old the oldest count was that was lost, in milliseconds, when its process wrote down its last one; 0 if none was lost. */
export function ageOfLoss(written: readonly Written[], merged: number): number {
  const lost = written.filter(({ total }) => total > merged);
  // Why not 0 for a single one: it was lost, and the next one would have come a hundredth of a second later.
  return lost.reduce((age, { at }, i) => age + Math.min(at - (lost[i - 1]?.at ?? at - 10), stallMs), 0);
}
