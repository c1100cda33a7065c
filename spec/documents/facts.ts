import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Document, root, textBelow } from './documents.js';

/** The rows of the tables below a heading, or of a whole page, whose first cell is code; that cell without its backticks. */
export function codeRows(page: Document, below?: string): string[][] {
  const heading = page.headings.find(({ text }) => text === below);
  if (below !== undefined && heading === undefined) throw new Error(`${page.path} has no heading "${below}"`);
  return (heading === undefined ? page.lines : textBelow(page, heading).split('\n'))
    .filter((line) => /^\| `/.test(line))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('\\|', '|')),
    )
    .map(([first = '', ...others]) => [first.replaceAll('`', ''), ...others]);
}

/** The words in backticks of a cell. */
export const codeIn = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);

const lib = join(root, 'dist/lib');

/** The code that the package ships, as one text. */
const shippedCode = (): string =>
  readdirSync(lib, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.js'))
    .map((file) => readFileSync(join(lib, file), 'utf8'))
    .join('\n');

/** The names of the library's own families, as they stand in the code that the package ships. */
export function ownFamilyNames(): string[] {
  return [...new Set(shippedCode().match(/(?<=name: ')flowplane_metrics_\w+(?=')/g))].sort();
}

/** Which of these texts the shipped code has as a string. */
export function inShippedCode(texts: readonly string[]): string[] {
  const code = shippedCode();
  return texts.filter((text) => code.includes(`'${text}'`));
}
