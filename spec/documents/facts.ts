import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './documents.js';
import type { Markdown } from './markdown.js';

/** The rows of a table whose first column is code: each row by the text of its cells, code without its backticks. */
export function codeRows({ prose }: Markdown): string[][] {
  return prose
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
