import { readdir, stat } from 'node:fs/promises';

/** Finds the files that a pattern names: `*` and `?` within a name, `**` for any folders, `{a,b}` for one of several. */
export async function findFiles(pattern: string): Promise<string[]> {
  const parts = pattern.replaceAll('\\', '/').split('/');
  const firstOpen = parts.findIndex((part) => /[*?{]/.test(part));
  if (firstOpen === -1) return (await isFile(pattern)) ? [pattern] : [];
  const base = parts
    .slice(0, firstOpen)
    .map((part) => `${part}/`)
    .join('');
  const wanted = toPattern(parts.slice(firstOpen).join('/'));
  const found: string[] = [];
  for await (const inner of walk(base, '')) if (wanted.test(inner)) found.push(base + inner);
  return found.sort();
}

const isFile = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined))?.isFile() ?? false;

/** Folders in which nobody keeps rules, and which are large. */
const skipped = ['node_modules', '.git'];

async function* walk(base: string, inner: string): AsyncGenerator<string> {
  for (const entry of await readdir(base + inner || '.', { withFileTypes: true }).catch(() => [])) {
    if (entry.isDirectory() && !skipped.includes(entry.name)) yield* walk(base, `${inner}${entry.name}/`);
    else if (entry.isFile() || entry.isSymbolicLink()) yield inner + entry.name;
  }
}

function toPattern(glob: string): RegExp {
  const source = glob.replace(/\*\*\/|\*\*|\*|\?|\{[^}]*\}|[.+^$()|[\]\\]/g, (part) => {
    if (part.startsWith('{')) {
      const choices = part.slice(1, -1).split(',');
      return `(?:${choices.map((choice) => toPattern(choice).source.slice(1, -1)).join('|')})`;
    }
    return wildcards[part] ?? `\\${part}`;
  });
  return new RegExp(`^${source}$`);
}

const wildcards: Readonly<Record<string, string>> = { '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' };
