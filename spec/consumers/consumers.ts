import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../../', import.meta.url));
export const folder = join(root, 'samples/consumers');

/** The major versions of Node that a project is run on, unless its `engines` leave some out. */
export const nodeVersions = [20, 22, 24] as const;

interface Manifest {
  readonly description: string;
  readonly type?: string;
  readonly engines: Readonly<Record<string, string>>;
  readonly allowScripts?: Readonly<Record<string, boolean>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** A project that uses the package as a user of it does. */
export interface Consumer {
  /** The folder's name. */
  readonly name: string;
  readonly title: string;
  /** Where its tests run: on each of these versions of Node, or on the runtime that it installs. */
  readonly runtimes: readonly string[];
  /** The packages that it names itself, each with the version that its lockfile has. */
  readonly versions: ReadonlyMap<string, string>;
  readonly decorators: 'experimental' | 'standard';
  /** Whether a package of it has to run a script when it is installed. */
  readonly hasInstallScripts: boolean;
}

const readJson = <T>(file: string): T => JSON.parse(readFileSync(file, 'utf8')) as T;

/** The oldest version that a range such as `>=22.12` lets in. */
const oldestOf = (range: string): number => Number(/^>=(\d+)/.exec(range)?.[1]);

function runtimesOf({ engines }: Manifest, versions: ReadonlyMap<string, string>): string[] {
  const { node, ...others } = engines;
  const own = Object.keys(others).map((name) => `${name} ${versions.get(name)}`);
  const oldest = node === undefined ? Number.POSITIVE_INFINITY : oldestOf(node);
  return [...nodeVersions.filter((version) => version >= oldest).map((version) => `node ${version}`), ...own];
}

function readConsumer(name: string): Consumer {
  const file = (path: string): string => join(folder, name, path);
  const manifest = readJson<Manifest>(file('package.json'));
  const { packages } = readJson<{ packages: Record<string, { version?: string }> }>(file('package-lock.json'));
  const named = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
  const versions = new Map(named.map((each) => [each, packages[`node_modules/${each}`]?.version ?? 'absent']));
  const compiler = ['tsconfig.json', 'deno.json'].map(file).find((path) => existsSync(path));
  const { compilerOptions } = readJson<{ compilerOptions?: Record<string, unknown> }>(compiler ?? file('package.json'));
  return {
    name,
    title: manifest.description,
    runtimes: runtimesOf(manifest, versions),
    versions,
    decorators: compilerOptions?.['experimentalDecorators'] === true ? 'experimental' : 'standard',
    hasInstallScripts: manifest.allowScripts !== undefined,
  };
}

/** All projects, by name. */
export const consumers = (): Consumer[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => readConsumer(name))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
