import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { type CatalogueEntry, type CatalogueSource, catalogue } from '../catalogue/catalogue.js';
import { catalogueMarkdown } from '../catalogue/markdown.js';
import type { Command, Output } from './command.js';

/** Prints what modules declare, or checks that a file contains it. */
export const catalogueCommand: Command = {
  usage: 'catalogue <module>… [--json] [--check <file>]',
  summary:
    'Prints what JavaScript modules declare: names, kinds, labels, limits. --check: fails unless <file> contains it.',
  async run(args, output) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: 'boolean', default: false }, check: { type: 'string' } },
    });
    if (positionals.length === 0) {
      output.err(`catalogue: a module is missing (given none). Call: flowplane-metrics ${this.usage}\n`);
      return 2;
    }
    const entries = await listDeclared(positionals);
    const printed = values.json ? `${JSON.stringify(entries, null, 2)}\n` : catalogueMarkdown(entries);
    if (values.check !== undefined) return check(values.check, printed, output);
    output.out(printed);
    return 0;
  },
};

/** Lists everything that is decorated in the modules and in what they import, and the families that they export. */
async function listDeclared(modules: readonly string[]): Promise<CatalogueEntry[]> {
  const loaded = await Promise.all(modules.map((path) => import(pathToFileURL(resolve(path)).href)));
  const sources = loaded.flatMap((exports) => Object.values(exports)).filter(isSource);
  const ofExports = catalogue(sources);
  const known = new Set(ofExports.map(({ name }) => name));
  return [...ofExports, ...catalogue().filter(({ name }) => !known.has(name))].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
}

function isSource(exported: unknown): exported is CatalogueSource {
  if (typeof exported === 'function') return true;
  return (
    typeof exported === 'object' && exported !== null && ['kind', 'labels', 'site'].every((key) => key in exported)
  );
}

async function check(file: string, printed: string, output: Output): Promise<number> {
  const found = (await readFile(file, 'utf8')).replaceAll('\r\n', '\n');
  if (contains(found, printed)) return 0;
  const missing = printed.split('\n').filter((line) => line !== '' && !found.includes(`${line}\n`));
  const given = missing.length > 0 ? `it lacks:\n${missing.join('\n')}\n` : 'it has further rows';
  output.err(
    `${file}: the catalogue is not up to date (${given}). Run the command without --check, and copy its output into the file.\n`,
  );
  return 1;
}

/** Whether a text contains the whole catalogue, and no further row of the table after it. */
function contains(text: string, printed: string): boolean {
  const at = text.indexOf(printed);
  return at !== -1 && !text.startsWith('|', at + printed.length);
}
