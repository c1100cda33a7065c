import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Heading, type Markdown, parseMarkdown } from './markdown.js';

/** The folder of the repository. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** A document of the repository. */
export interface Document extends Markdown {
  /** Its path from the root of the repository, e.g. `docs/guides/testing.md`. */
  readonly path: string;
}

const atTheRoot = ['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'];

/** The Markdown files below a folder. */
function markdownBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md') && !file.includes('node_modules'))
    .map((file) => `${folder}/${file}`)
    .sort();
}

export function readDocument(path: string): Document {
  return { path, ...parseMarkdown(readFileSync(join(root, path), 'utf8')) };
}

/** Every document that readers of the repository are sent to. */
export const documents: readonly Document[] = [
  ...atTheRoot.filter((path) => existsSync(join(root, path))),
  ...markdownBelow('docs'),
  ...markdownBelow('samples'),
].map(readDocument);

/** The document at this path. */
export function documentAt(path: string): Document {
  const found = documents.find((document) => document.path === path);
  if (found === undefined) throw new Error(`there is no document ${path}`);
  return found;
}

/** Where a relative link of a document leads: a path from the root, and the anchor there. */
export function resolveLink(document: Document, target: string): { path: string; anchor: string | undefined } {
  const [file = '', anchor] = target.split('#', 2);
  const path = file === '' ? document.path : normalize(join(dirname(document.path), decodeURI(file)));
  return { path, anchor };
}

/** Whether a link leads out of the repository. */
export const isExternal = (target: string): boolean => /^[a-z][a-z\d+.-]*:/i.test(target);

/** What is wrong with a relative link; `undefined` where nothing is. */
export function linkProblem(document: Document, target: string): string | undefined {
  const { path, anchor } = resolveLink(document, target);
  if (path.startsWith('..')) return 'leads out of the repository';
  if (!existsSync(join(root, path))) return 'leads to a file that does not exist';
  if (anchor === undefined) return undefined;
  if (statSync(join(root, path)).isDirectory()) return 'has an anchor in a folder';
  const { headings } = readDocument(path);
  return headings.some((heading) => heading.anchor === anchor) ? undefined : 'leads to a heading that does not exist';
}

/** The text below a heading, up to the next one. */
export function textBelow({ lines, headings }: Markdown, heading: Heading): string {
  const next = headings.find(({ line }) => line > heading.line);
  return lines
    .slice(heading.line, next === undefined ? undefined : next.line - 1)
    .join('\n')
    .trim();
}
