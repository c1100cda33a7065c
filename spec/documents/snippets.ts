import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { programs } from '../programs.js';
import { compile } from './compiler.js';
import type { Document } from './documents.js';
import type { Fence } from './markdown.js';

/** A code block of a document that is a program. */
export interface Snippet {
  /** What a failing spec calls it, e.g. `docs/guides/koa.md: middleware.ts`. */
  readonly title: string;
  /** The program as it is run, JavaScript. */
  readonly script: string;
  /** The folder of the document's files, where it is run. */
  readonly folder: string;
  /** What it prints, as the document says: `…` stands for any text. Nothing where the document says nothing. */
  readonly output: string;
  /** Whether it runs until somebody stops it. */
  readonly keepsRunning: boolean;
  /** Whether it needs `reflect-metadata`, and whether it loads that itself, or by another file. */
  readonly metadata: 'unneeded' | 'loaded' | 'needed';
}

const sources = join(programs, 'documents/source');
const compiled = join(programs, 'documents/compiled');

const runner = fileURLToPath(new URL('./run-snippets.js', import.meta.url));
// Why any port: nothing else on the machine must decide whether a document is right.
const env = { ...process.env, FLOWPLANE_METRICS_PORT: '0' };

const slugOf = ({ path }: { readonly path: string }): string => path.replace(/\.md$/, '').replaceAll('/', '-');

/** The marks of blocks that need packages of their own: the spec runs those that installs them. */
const runElsewhere = ['in-jest', 'in-pool', 'migration'];

const isCode = ({ language, flags }: Fence): boolean =>
  ['ts', 'js'].includes(language) && !runElsewhere.some((flag) => flags.includes(flag));

/** Writes every file that the documents show, and gives those that are programs. */
export function writeSnippets(documents: readonly Document[]): Snippet[] {
  for (const folder of [sources, compiled]) rmSync(folder, { recursive: true, force: true });
  return documents.flatMap((document) => {
    for (const fence of document.fences.filter(({ flags }) => !flags.includes('in-jest')))
      writeShown(slugOf(document), fence);
    return document.fences.filter(isCode).map((fence) => toSnippet(document, fence));
  });
}

/** Where a file that a document shows, and that is no program, has been written. */
export const shownFile = (document: { readonly path: string }, { file = '' }: Fence): string =>
  join(compiled, slugOf(document), file);

function writeShown(slug: string, fence: Fence): void {
  const { file, text: content } = fence;
  if (file === undefined) return;
  const folder = join(isCode(fence) ? sources : compiled, slug);
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), content);
}

function toSnippet(document: Document, fence: Fence): Snippet {
  const folder = join(compiled, slugOf(document));
  const { file } = fence;
  if (file === undefined) {
    throw new Error(`${document.path}:${fence.line}: the first line of a snippet is its file: // example.ts`);
  }
  return {
    title: `${document.path}: ${file}`,
    script: join(folder, file.replace(/\.(m?)ts$/, '.$1js')),
    folder,
    output: statedOutput(document, fence),
    keepsRunning: fence.flags.includes('keeps-running'),
    metadata: metadataOf(fence.text),
  };
}

function metadataOf(text: string): Snippet['metadata'] {
  if (/^import 'reflect-metadata';$/m.test(text)) return 'loaded';
  return /\b(inversify|reflect-metadata)'/.test(text) ? 'needed' : 'unneeded';
}

/** What the document says that a snippet prints: after the word "prints", a block without a language, or text in backticks. */
function statedOutput({ prose, fences }: Document, snippet: Fence): string {
  const end = snippet.line + snippet.text.split('\n').length + 1;
  const next = fences.find(({ line }) => line > snippet.line);
  const words = prose.slice(end - 1, Math.min(next?.line ?? Infinity, end + 3)).join('\n');
  const [, inline] = /\bprints `([^`]+)`/.exec(words) ?? [];
  if (inline !== undefined) return `${inline}\n`;
  return /\bprints\b/.test(words) && next?.language === '' ? next.text : '';
}

/** Compiles all snippets in one program; gives what the compiler says is wrong. */
export function compileSnippets(): string[] {
  const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((file) => /\.m?[jt]s$/.test(file));
  return compile(sources, files, '--allowJs', '--rootDir', '.', '--outDir', '../compiled');
}

/** What a snippet has printed. */
export interface Printed {
  readonly output: string;
  readonly errors: string;
}

/** Runs a program until it has printed a line, and stops it. */
async function runUntilLine({ script, folder }: Snippet): Promise<Printed> {
  // Why detached: it and the processes that it has started are one group, which is killed as one.
  const options = { cwd: folder, env, detached: true } as const;
  const child = spawn(process.execPath, [script], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const errors = text(child.stderr);
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
  const [line] = await Promise.race([once(lines, 'line'), exited.then(() => ['it has ended'])]);
  // Why not asked to end: a server that drains waits for one more scrape.
  if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
  await exited;
  return { output: `${line}\n`, errors: await errors };
}

/** Runs programs that end, one after the other in one process. */
async function runTogether(snippets: readonly Snippet[]): Promise<Printed[]> {
  const tasks = JSON.stringify(snippets.map(({ script, folder }) => ({ script, folder })));
  const options = { env: { ...env, NODE_NO_WARNINGS: '1' }, timeout: 60_000 };
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [runner, tasks], options);
  const printed = JSON.parse(stdout) as Printed[];
  return snippets.map((_, i) => printed[i] ?? { output: '', errors: `it was not run: ${stderr}` });
}

/** Whether a program has printed what its document says, and nothing else. */
export const isAsStated = ({ output }: Snippet, printed: Printed): boolean =>
  printed.errors === '' && fits(printed.output, output);

/**
 * Runs the snippets; gives what each has printed.
 *
 * Why together: to start thirty processes takes ten times as long as what they do. A snippet has a process of its own where
 * what others leave in the process could help it, as `reflect-metadata` does, or has disturbed it. Those that load
 * `reflect-metadata` themselves are together in another process.
 */
export async function runSnippets(snippets: readonly Snippet[]): Promise<ReadonlyMap<Snippet, Printed>> {
  const printed = new Map<Snippet, Printed>();
  for (const metadata of ['unneeded', 'loaded']) {
    const together = snippets.filter((snippet) => !snippet.keepsRunning && snippet.metadata === metadata);
    for (const [i, one] of (await runTogether(together)).entries()) printed.set(together[i] as Snippet, one);
  }
  for (const snippet of snippets) {
    const found = printed.get(snippet);
    if (found !== undefined && isAsStated(snippet, found)) continue;
    const [alone] = snippet.keepsRunning ? [await runUntilLine(snippet)] : await runTogether([snippet]);
    printed.set(snippet, alone as Printed);
  }
  return printed;
}

/** Whether an output is the stated one, in which `…` stands for any text within a line. */
function fits(output: string, stated: string): boolean {
  const parts = stated.split('…').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(output);
}
