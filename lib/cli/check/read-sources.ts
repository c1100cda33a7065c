import { stat } from 'node:fs/promises';
import { findInDashboards } from '../../check/sources/dashboards.js';
import type { FoundExpression } from '../../check/sources/found-expression.js';
import { readJson } from '../../check/sources/json-source.js';
import { findInRules } from '../../check/sources/rule-files.js';
import type { SourceFile, SourceNode } from '../../check/sources/source-tree.js';
import { loadYamlReader } from '../../check/sources/yaml-source.js';
import { formatCountOf, MetricsError } from '../../error.js';
import { readText } from '../read-text.js';
import { findFiles } from './glob.js';

/** The expressions of the files that patterns name, and how many files these are. */
export interface ReadSources {
  readonly files: number;
  readonly expressions: readonly FoundExpression[];
}

/** A pattern for files, and the ending that such files usually have. */
export interface SourcePattern {
  readonly pattern: string;
  readonly ending: 'yml' | 'json';
}

/**
 * Reads the files that patterns name.
 *
 * @throws Error where a pattern names no file, or no file with an expression, or a file cannot be read.
 */
export async function readSources(patterns: readonly SourcePattern[]): Promise<ReadSources> {
  const read = new Map<string, readonly FoundExpression[]>();
  for (const one of patterns) {
    const paths = await findFiles(one.pattern);
    if (paths.length === 0) throw await describeNone(one);
    for (const path of paths) if (!read.has(path)) read.set(path, findExpressions(await readSource(path)));
    // Why an error: rules that nothing reads look like rules that are right.
    if (paths.every((path) => read.get(path)?.length === 0)) throw describeEmpty(one, paths);
  }
  return { files: read.size, expressions: [...read.values()].flat() };
}

async function describeNone({ pattern, ending }: SourcePattern): Promise<Error> {
  const isFolder = (await stat(pattern).catch(() => undefined))?.isDirectory();
  return new Error(
    isFolder
      ? `"${pattern}" is a folder (given no pattern). Write "${pattern.replace(/\/$/, '')}/**/*.${ending}" with its quotation marks.`
      : `no file matches "${pattern}" (given from ${process.cwd()}). Correct the path, and put quotation marks around a pattern.`,
  );
}

function describeEmpty({ pattern }: SourcePattern, paths: readonly string[]): Error {
  const given = `${formatCountOf(paths.length, 'file')}: ${paths.slice(0, 3).join(', ')}${paths.length > 3 ? ' …' : ''}`;
  return new Error(
    `no expression is in what "${pattern}" matches (given ${given}). Give rule files, resources such as PrometheusRule, alerts or dashboards of Grafana.`,
  );
}

/** Finds the expressions of a file, whatever it is: rules, a resource, alerts of Grafana, a dashboard. */
export function findExpressions(file: SourceFile): FoundExpression[] {
  const inRules = findInRules(file);
  return inRules.length > 0 ? inRules : findInDashboards(file);
}

async function readSource(path: string): Promise<SourceFile> {
  try {
    const text = await readText(path);
    const documents = await parse(path, text);
    if (!documents.every(isStructure)) throw new Error('it is neither rules nor a dashboard');
    return { path, text, documents };
  } catch (error) {
    if (error instanceof MetricsError) throw error;
    throw new Error(
      `${path} cannot be read (given ${(error as Error).message}). Correct it, or leave it out of the pattern.`,
    );
  }
}

/** Whether something can be in a document. Why also nothing: a document of comments only, or behind the last line of dashes. */
const isStructure = (node: SourceNode): boolean =>
  node.type !== 'scalar' || node.value === null || node.value === undefined;

async function parse(path: string, text: string): Promise<readonly SourceNode[]> {
  if (path.endsWith('.json')) return [readJson(text.replace(/^\uFEFF/, ' '))];
  const readYaml = await loadYamlReader();
  return readYaml(text);
}
