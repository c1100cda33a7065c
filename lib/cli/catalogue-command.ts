import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { type CatalogueEntry, type CatalogueSource, catalogue } from '../catalogue/catalogue.js';
import { catalogueMarkdown } from '../catalogue/markdown.js';
import type { Command, Output } from './command.js';

/** Prints what a module declares, or checks that a file says the same. */
export const catalogueCommand: Command = {
  usage: 'catalogue <module>… [--json] [--check <file>]',
  summary:
    'What the modules (JavaScript) declare: names, kinds, labels, bounds. --check: whether <file> has it as printed.',
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
    const entries = await declaredBy(positionals);
    const printed = values.json ? `${JSON.stringify(entries, null, 2)}\n` : catalogueMarkdown(entries);
    if (values.check !== undefined) return check(values.check, printed, output);
    output.out(printed);
    return 0;
  },
};

/** Everything that the modules, and what they import, annotate; and the shared families that they export. */
async function declaredBy(modules: readonly string[]): Promise<CatalogueEntry[]> {
  const loaded = await Promise.all(modules.map((path) => import(pathToFileURL(resolve(path)).href)));
  const declaring = loaded.flatMap((exports) => Object.values(exports)).filter(isDeclaring);
  const ofExports = catalogue(declaring);
  const known = new Set(ofExports.map(({ name }) => name));
  return [...ofExports, ...catalogue().filter(({ name }) => !known.has(name))].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
}

function isDeclaring(exported: unknown): exported is CatalogueSource {
  if (typeof exported === 'function') return true;
  return (
    typeof exported === 'object' && exported !== null && ['kind', 'labels', 'site'].every((key) => key in exported)
  );
}

async function check(file: string, printed: string, output: Output): Promise<number> {
  const found = (await readFile(file, 'utf8')).replaceAll('\r\n', '\n');
  if (isIn(printed, found)) return 0;
  const missing = printed.split('\n').filter((line) => line !== '' && !found.includes(`${line}\n`));
  const given = missing.length > 0 ? `it lacks:\n${missing.join('\n')}` : 'it has other rows as well';
  output.err(
    `${file}: the catalogue is not up to date (${given}\n). Print it without --check, and put that into the file.\n`,
  );
  return 1;
}

/** Whether the file has the whole catalogue at one place, and no further row of the table after it. */
function isIn(printed: string, found: string): boolean {
  const at = found.indexOf(printed);
  return at !== -1 && !found.startsWith('|', at + printed.length);
}
