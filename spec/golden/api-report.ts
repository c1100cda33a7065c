import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  CompilerState,
  Extractor,
  ExtractorConfig,
  ExtractorLogLevel,
  type ExtractorMessage,
  type IConfigFile,
} from '@microsoft/api-extractor';

/*
 * Reports the public types and doc comments of each entry of the package: `npm run api` compares them with
 * `spec/golden/api/`, and `npm run api -- --local` writes them there.
 */

const root = fileURLToPath(new URL('../../..', import.meta.url));
const golden = join(root, 'spec/golden/api');
const made = join(root, 'dist/api');

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly require: { readonly types: string } }>>;
}

/** One entry of the package: its name as a file, and its declarations. */
interface Entry {
  readonly name: string;
  readonly types: string;
}

function entriesOf({ exports }: Manifest): Entry[] {
  return Object.entries(exports).flatMap(([subpath, target]) =>
    typeof target === 'string' ? [] : [{ name: nameOf(subpath), types: join(root, target.require.types) }],
  );
}

const nameOf = (subpath: string): string => (subpath === '.' ? 'index' : subpath.slice(2).replaceAll('/', '-'));

const silent = { logLevel: ExtractorLogLevel.None };
const reported = { logLevel: ExtractorLogLevel.Warning, addToApiReportFile: true };

function configOf({ name, types }: Entry): ExtractorConfig {
  const configObject: IConfigFile = {
    projectFolder: root,
    mainEntryPointFilePath: types,
    newlineKind: 'lf',
    compiler: { tsconfigFilePath: join(root, 'tsconfig.json') },
    apiReport: {
      enabled: true,
      reportFileName: `${name}.api.md`,
      reportFolder: made,
      reportTempFolder: join(made, 'temp'),
    },
    docModel: { enabled: true, apiJsonFilePath: join(made, `${name}.api.json`) },
    dtsRollup: { enabled: false },
    tsdocMetadata: { enabled: false },
    messages: {
      compilerMessageReporting: { default: silent },
      extractorMessageReporting: {
        default: reported,
        'ae-missing-release-tag': silent,
        'ae-unresolved-link': silent,
        // Why: its lines hold line numbers, and the dump of doc comments shows the same.
        'ae-undocumented': silent,
      },
      tsdocMessageReporting: { default: silent },
    },
  };
  return ExtractorConfig.prepare({
    configObject,
    configObjectFullPath: undefined,
    packageJsonFullPath: join(root, 'package.json'),
  });
}

/** A public name of the model, with what belongs to it. */
interface Item {
  readonly kind: string;
  readonly name?: string;
  readonly docComment?: string;
  readonly overloadIndex?: number;
  readonly members?: readonly Item[];
}

/** The doc comment of every public name, by its path: `MetricsServer.listen`. */
function docComments(item: Item, path: readonly string[] = []): [name: string, comment: string][] {
  const own = item.kind === 'EntryPoint' || item.kind === 'Package' ? [] : [...path, labelOf(item)];
  const comment = plain(item.docComment ?? '');
  const entry: [string, string][] = own.length === 0 ? [] : [[own.join('.'), comment]];
  return [...entry, ...(item.members ?? []).flatMap((member) => docComments(member, own))];
}

/** The comments by name; a name that is a type and a value has two. */
function byName(comments: readonly (readonly [name: string, comment: string])[]): Record<string, string> {
  const named: Record<string, string> = {};
  for (const [name, comment] of comments) named[name in named ? `${name} (again)` : name] = comment;
  return named;
}

function labelOf({ kind, name = `(${kind})`, overloadIndex = 1 }: Item): string {
  return overloadIndex > 1 ? `${name}:${overloadIndex}` : name;
}

/** A doc comment without its stars. */
const plain = (comment: string): string =>
  comment
    .replace(/^\/\*\*[ \t]?|\s*\*\/\s*$/g, '')
    .replace(/^[ \t]*\*[ \t]?/gm, '')
    .trim();

/** The texts of all reports, by the names of their files. */
function reports(): Map<string, string> {
  rmSync(made, { recursive: true, force: true });
  mkdirSync(join(made, 'temp'), { recursive: true });
  const entries = entriesOf(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest);
  const configs = entries.map(configOf);
  const [first] = configs;
  if (first === undefined) throw new Error('the package has no entry');
  // Why one state: the compiler reads all entries once.
  const compilerState = CompilerState.create(first, { additionalEntryPoints: entries.map(({ types }) => types) });
  const messageCallback = (message: ExtractorMessage): void => {
    message.handled = true;
  };
  const texts = new Map<string, string>();
  for (const [i, { name }] of entries.entries()) {
    Extractor.invoke(configs[i] as ExtractorConfig, { localBuild: true, compilerState, messageCallback });
    const model = JSON.parse(readFileSync(join(made, `${name}.api.json`), 'utf8')) as Item;
    texts.set(`${name}.api.md`, readFileSync(join(made, `${name}.api.md`), 'utf8'));
    texts.set(`${name}.docs.json`, `${JSON.stringify(byName(docComments(model)), null, 2)}\n`);
  }
  return texts;
}

function write(texts: ReadonlyMap<string, string>): void {
  rmSync(golden, { recursive: true, force: true });
  mkdirSync(golden, { recursive: true });
  for (const [file, text] of texts) writeFileSync(join(golden, file), text);
}

/** The files that differ from what is checked in, those included that only one side has. */
function differences(texts: ReadonlyMap<string, string>): string[] {
  const kept = readdirSync(golden);
  const files = new Set([...texts.keys(), ...kept]);
  return [...files].filter(
    (file) => !kept.includes(file) || readFileSync(join(golden, file), 'utf8') !== texts.get(file),
  );
}

const texts = reports();
if (process.argv.includes('--local')) {
  write(texts);
} else {
  const different = differences(texts);
  if (different.length > 0) {
    console.error(`The public API differs from spec/golden/api/: ${different.join(', ')}.`);
    console.error('Where the change is meant: npm run api -- --local, and review the diff.');
    process.exitCode = 1;
  }
}
