import { readFile } from 'node:fs/promises';
import { catalogueMarkdown } from '../../catalogue/markdown.js';
import type { Command, Output } from '../command.js';
import { parseOptions } from '../parse-options.js';
import { parseTimeout } from '../parse-values.js';
import { listDeclared } from './list-declared.js';

const usage = 'catalogue <module>… [--json] [--check <file>] [--timeout <seconds>] [--help]';

/** Prints what modules declare, or checks that a file contains it. */
export const catalogueCommand: Command = {
  usage,
  summary:
    'Prints what JavaScript modules declare: names, kinds, labels, limits. --check: fails unless <file> contains it.',
  help: `Usage: flowplane-metrics ${usage}

Loads JavaScript modules in a process of their own, and prints what they and their imports declare: names, kinds, labels,
limits. What the modules print, and advice on their names, goes to standard error. Give the modules that declare, not the one that starts the service.
Metrics of prom-client are not listed, also those that a decorator feeds: they declare no limits.

  --json                    print JSON instead of a Markdown table
  --check FILE              print nothing, and fail unless FILE contains what would be printed
  --timeout SECONDS         how long the modules may take to load (default: 60)

Exit code: 0 for success, 1 where FILE differs, 2 where the options are wrong or a module cannot be loaded.`,
  async run(args, output) {
    const { values, positionals } = parseOptions(args, {
      json: { type: 'boolean', default: false },
      check: { type: 'string' },
      timeout: { type: 'string', default: '60' },
    });
    if (positionals.length === 0) {
      throw new Error(`a module is missing (given none). Call: flowplane-metrics ${usage}.`);
    }
    const { entries, advice } = await listDeclared(positionals, parseTimeout(values.timeout));
    for (const one of advice) output.err(`flowplane-metrics catalogue: advice: ${one}\n`);
    const printed = values.json ? `${JSON.stringify(entries, null, 2)}\n` : catalogueMarkdown(entries);
    if (values.check !== undefined) return check(values.check, printed, output);
    output.out(printed);
    return 0;
  },
};

async function check(file: string, printed: string, output: Output): Promise<number> {
  const found = (await readDocument(file)).replaceAll('\r\n', '\n');
  if (contains(found, printed)) return 0;
  const missing = printed.split('\n').filter((line) => line !== '' && !found.includes(`${line}\n`));
  const given = missing.length > 0 ? `it lacks:\n${missing.join('\n')}\n` : 'it has further rows';
  output.err(
    `${file}: the catalogue is not up to date (${given}). Run the command without --check, and copy its output into the file.\n`,
  );
  return 1;
}

async function readDocument(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Error(
      `--check: ${file} cannot be read (given ${(error as NodeJS.ErrnoException).code}). Correct the path, or run the command without --check and write its output into that file.`,
    );
  }
}

/** Whether a text contains the whole catalogue, and no further row of the table after it. */
function contains(text: string, printed: string): boolean {
  const at = text.indexOf(printed);
  return at !== -1 && !text.startsWith('|', at + printed.length);
}
