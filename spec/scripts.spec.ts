import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** What the specs read of a package.json. */
interface Manifest {
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** The folders of the repository whose package.json belongs to the project, and not to a package that npm has installed. */
function manifestsBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.name === 'package.json') return [path];
    const isOurs = entry.isDirectory() && !['node_modules', 'dist', '.git', 'coverage'].includes(entry.name);
    return isOurs ? manifestsBelow(path) : [];
  });
}

/** What `sh` and `cmd.exe` read alike: words, texts in double quotes, and `&&`, `||`, `|` between commands. */
const plainScript = /^(?:[^'"`$;()<>*?~^%!#&|\\{}]|"[^"'`$%!^\\]*"|(?<!&)&&(?!&)|\|{1,2}(?!\|))+$/;

/** The programs that npm brings by itself. */
const always = ['node', 'npm', 'npx'];

const executables = new Set(
  readdirSync(join(root, 'node_modules/.bin')).map((name) => name.replace(/\.(cmd|ps1)$/, '')),
);

/** The names of what a manifest asks for, of which a package for the command line has its program's name. */
const packagesOf = ({ dependencies, devDependencies }: Manifest): string[] =>
  Object.keys({ ...dependencies, ...devDependencies }).map((name) => name.replace(/^@[^/]+\//, ''));

/** Why a script needs a POSIX shell; `undefined` where it needs none. */
function faultOf(script: string, manifest: Manifest): string | undefined {
  if (!plainScript.test(script)) return 'has syntax that sh and cmd.exe read differently';
  const programs = script.split(/\|+|&&/).map((command) => command.trim().split(/\s+/)[0] ?? '');
  const known = new Set([...always, ...packagesOf(manifest)]);
  const unknown = programs.find((program) => !known.has(program) && !executables.has(program));
  return unknown === undefined ? undefined : `calls "${unknown}", which npm does not bring`;
}

describe('The scripts of every package.json', () => {
  it('need no POSIX shell: cmd.exe of Windows runs them too', () => {
    const manifests = manifestsBelow('');
    expect(manifests).to.include.members(['package.json', join('samples', 'flowplane', 'package.json')]);
    const faults = manifests.flatMap((path) => {
      const manifest = JSON.parse(readFileSync(join(root, path), 'utf8')) as Manifest;
      return Object.entries(manifest.scripts ?? {}).flatMap(([name, script]) => {
        const fault = faultOf(script, manifest);
        return fault === undefined ? [] : [`${path}: "${name}" ${fault}: ${script}`];
      });
    });
    expect(faults).to.deep.equal([]);
  });
});

describe('The check of scripts for a POSIX shell', () => {
  const needPosix = [
    'exec node main.js',
    'rm -rf dist',
    'PORT=0 node main.js',
    'node main.js $PORT',
    "node -e 'run()'",
    'node main.js &',
    'node a.js; node b.js',
    'node *.js',
    './run.sh',
    'node main.js > out.txt',
    'cd bench && node main.js',
  ];
  for (const script of needPosix) {
    it(`refuses a script such as ${script}`, () => {
      expect(faultOf(script, {})).to.be.a('string');
    });
  }

  for (const script of ['node main.js', 'npm run --silent a && mocha', 'jest | node read.js', 'node -e "run()"']) {
    it(`accepts a script such as ${script}`, () => {
      expect(faultOf(script, { devDependencies: { jest: '30' } })).to.equal(undefined);
    });
  }
});
