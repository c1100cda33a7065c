import { readFile } from 'node:fs/promises';
import { findInDashboards } from '../../rules/sources/dashboards.js';
import type { FoundExpression } from '../../rules/sources/found-expression.js';
import { readJson } from '../../rules/sources/json-source.js';
import { findInRules } from '../../rules/sources/rule-files.js';
import type { SourceFile, SourceNode } from '../../rules/sources/source-tree.js';
import { loadYamlReader } from '../../rules/sources/yaml-source.js';
import { findFiles } from './glob.js';

/** The expressions of the files that patterns name, and how many files these are. */
export interface ReadSources {
  readonly files: number;
  readonly expressions: readonly FoundExpression[];
}

/**
 * Reads the files that patterns name.
 *
 * @throws Error where a pattern names no file, or a file cannot be read.
 */
export async function readSources(patterns: readonly string[]): Promise<ReadSources> {
  const paths = new Set<string>();
  for (const pattern of patterns) {
    const found = await findFiles(pattern);
    if (found.length === 0) {
      throw new Error(
        `no file matches "${pattern}" (given from ${process.cwd()}). Correct the path, and put quotation marks around a pattern.`,
      );
    }
    for (const path of found) paths.add(path);
  }
  const expressions: FoundExpression[] = [];
  for (const path of paths) expressions.push(...findExpressions(await readSource(path)));
  return { files: paths.size, expressions };
}

/** Finds the expressions of a file, whatever it is: rules, a resource, alerts of Grafana, a dashboard. */
export function findExpressions(file: SourceFile): FoundExpression[] {
  const inRules = findInRules(file);
  return inRules.length > 0 ? inRules : findInDashboards(file);
}

async function readSource(path: string): Promise<SourceFile> {
  const text = await readFile(path, 'utf8');
  try {
    return { path, text, documents: await parse(path, text) };
  } catch (error) {
    if (!(error instanceof Error) || 'code' in error) throw error;
    throw new Error(`${path} cannot be read (given ${error.message}). Correct it, or leave it out of the pattern.`);
  }
}

async function parse(path: string, text: string): Promise<readonly SourceNode[]> {
  if (path.endsWith('.json')) return [readJson(text.replace(/^\uFEFF/, ' '))];
  const readYaml = await loadYamlReader();
  return readYaml(text);
}
