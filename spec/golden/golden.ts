import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AssertionError } from 'chai';

const root = fileURLToPath(new URL('../../../spec/golden/files/', import.meta.url));

/** Whether the files are written from what is there, instead of being compared with it. */
const isWriting = process.env['UPDATE_GOLDEN'] === '1';

/**
 * The checked-in files of one folder below `spec/golden/files/`. A text that differs from its file fails the spec;
 * `UPDATE_GOLDEN=1 npm test` writes the files.
 */
export class Golden {
  readonly #folder: string;
  readonly #compared = new Set<string>();

  constructor(folder: string) {
    this.#folder = join(root, folder);
  }

  /** Fails where the text is not the one in this file. */
  compare(file: string, text: string): void {
    this.#compared.add(file);
    const path = join(this.#folder, file);
    if (isWriting) write(this.#folder, path, text);
    const expected = read(path);
    if (expected !== text) throw difference(path, expected, text);
  }

  /** Fails where the folder has a file that was not compared, so that no file outlives its case. */
  refuseLeftovers(): void {
    const leftovers = readdirSync(this.#folder).filter((file) => !this.#compared.has(file));
    if (isWriting) for (const file of leftovers) rmSync(join(this.#folder, file));
    else if (leftovers.length > 0) throw new AssertionError(`nothing compares ${leftovers.join(', ')}`);
  }
}

function write(folder: string, path: string, text: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path, text);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** How many of the lines that differ an error shows. */
const shownLines = 30;

function difference(path: string, expected: string | undefined, actual: string): Error {
  const name = path.slice(root.length);
  const advice = 'Where the change is meant: UPDATE_GOLDEN=1 npm test, and review the diff.';
  if (expected === undefined) return new AssertionError(`${name} does not exist. ${advice}`);
  return new AssertionError(`${name} differs. ${advice}\n${changedLines(expected, actual)}`);
}

/** The lines that only one of the texts has, in the order of the texts: removed ones first in each place. */
export function changedLines(expected: string, actual: string): string {
  const [before, after] = [expected.split('\n'), actual.split('\n')];
  const changed: string[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      i++;
      j++;
      continue;
    }
    const [skipped, added] = nextCommon(before, after, i, j);
    for (; i < skipped; i++) changed.push(`${i + 1} - ${before[i]}`);
    for (; j < added; j++) changed.push(`${j + 1} + ${after[j]}`);
  }
  const rest = changed.length - shownLines;
  return [...changed.slice(0, shownLines), ...(rest > 0 ? [`… and ${rest} more lines`] : [])].join('\n');
}

/** The nearest place from here on where both texts have the same line again, or their ends. */
function nextCommon(before: readonly string[], after: readonly string[], i: number, j: number): [number, number] {
  const longest = before.length - i + after.length - j;
  for (let distance = 1; distance < longest; distance++) {
    for (let skipped = 0; skipped <= distance; skipped++) {
      const [a, b] = [i + skipped, j + distance - skipped];
      if (a < before.length && b < after.length && before[a] === after[b]) return [a, b];
    }
  }
  return [before.length, after.length];
}
