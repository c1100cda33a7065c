import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const root = fileURLToPath(new URL('../../', import.meta.url));
const options = [
  '--noEmit --strict --exactOptionalPropertyTypes --target ES2023 --lib es2023,esnext.decorators',
  '--module NodeNext --moduleResolution NodeNext --types node --pretty false',
].flatMap((line) => line.split(' '));

/** An error of the compiler in one of the files. */
interface Fault {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** A version of TypeScript that users may have, and what it takes to look past the project's own tsconfig.json. */
export interface Compiler {
  readonly version: string;
  readonly folder: string;
  readonly ignore: readonly string[];
}

const modes = [
  ['legacy', ['--experimentalDecorators', '--emitDecoratorMetadata']],
  ['standard', []],
] as const;

/** A project as it comes: no `types`, and the declarations of every package are checked. */
const asItComes = [
  '--noEmit --strict --target ES2023 --lib es2023 --module NodeNext --moduleResolution NodeNext',
  '--skipLibCheck false --pretty false',
].flatMap((line) => line.split(' '));

function faultsOf(folder: string, flags: readonly string[], files: readonly string[]): Fault[] {
  const tsc = `${root}node_modules/${folder}/bin/tsc`;
  const { stdout } = spawnSync(process.execPath, [tsc, ...flags, ...files], { cwd: root, encoding: 'utf8' });
  const lines = stdout.split('\n').filter((line) => line !== '' && !line.startsWith(' '));
  return lines.map((text) => {
    const [, file = '', line = '0'] = /^(\S+?)\((\d+),\d+\): error/.exec(text) ?? [];
    return { file, line: Number(line), text };
  });
}

/** The numbered cases of a file: each begins at its comment and ends before the next one. */
function casesIn(file: string): { readonly number: string; readonly from: number; readonly to: number }[] {
  const lines = readFileSync(`${root}${file}`, 'utf8').split('\n');
  const starts = lines.flatMap((line, i) => {
    const number = /^\s*\/\/ (\d\d)\b/.exec(line)?.[1];
    return number === undefined ? [] : [{ number, from: i + 1 }];
  });
  return starts.map((start, i) => ({ ...start, to: (starts[i + 1]?.from ?? lines.length + 1) - 1 }));
}

/** What the public types promise, whatever the compiler. */
export function describeTypes(compilers: readonly Compiler[]): void {
  for (const { version, folder, ignore } of compilers) {
    describeEntries(version, folder, ignore);
    for (const [mode, flags] of modes)
      describeMode(`TypeScript ${version}, ${mode} decorators`, folder, [...ignore, ...flags]);
  }
}

function describeEntries(version: string, folder: string, ignore: readonly string[]): void {
  describe(`The declarations of every entry (TypeScript ${version})`, function () {
    this.timeout(120_000);

    it('compile in a project that names no types, as their own files name what they need', () => {
      const file = 'spec/types/entries.ts';
      const { exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
      const entries = Object.keys(exports).filter((entry) => !entry.endsWith('.json'));
      const imported = [...readFileSync(root + file, 'utf8').matchAll(/from '(.*)'/g)].map(([, name]) => name);
      expect(imported).to.have.members(entries.map((entry) => entry.replace('.', 'flowplane-metrics')));
      const faults = faultsOf(folder, [...ignore, ...asItComes], [file]);
      expect(faults.map(({ text }) => text)).to.deep.equal([]);
    });
  });
}

function describeMode(title: string, folder: string, flags: readonly string[]): void {
  describe(`The public types (${title})`, function () {
    this.timeout(120_000);
    let faults: Fault[] = [];
    before(() => {
      const files = ['uses.ts', 'external-metric.ts', 'misuses.ts'].map((name) => `spec/types/${name}`);
      faults = faultsOf(folder, [...flags, ...options], files);
    });

    it('compile uses.ts, which asserts what they infer', () => {
      expect(faults.filter(({ file }) => file !== 'spec/types/misuses.ts').map(({ text }) => text)).to.deep.equal([]);
    });

    it('reject every case of misuses.ts', () => {
      const lines = faults.map(({ line }) => line);
      const cases = casesIn('spec/types/misuses.ts');
      const compiled = cases.filter(({ from, to }) => !lines.some((line) => line >= from && line <= to));
      expect(cases.length).to.be.at.least(29);
      expect(compiled.map(({ number }) => number)).to.deep.equal([]);
    });
  });
}
