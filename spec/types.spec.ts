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

/** Every version that users may have, and what it takes to look past the project's own tsconfig.json. */
const compilers = [
  { version: '5.9', folder: 'typescript-5.9', ignore: [] },
  { version: '6.0', folder: 'typescript', ignore: ['--ignoreConfig'] },
  { version: '7.0', folder: 'typescript-7', ignore: ['--ignoreConfig'] },
] as const;

const modes = [
  ['legacy', ['--experimentalDecorators', '--emitDecoratorMetadata']],
  ['standard', []],
] as const;

function faultsOf(folder: string, flags: readonly string[]): Fault[] {
  const tsc = `${root}node_modules/${folder}/bin/tsc`;
  const files = ['spec/types/uses.ts', 'spec/types/external-metric.ts', 'spec/types/misuses.ts'];
  const { stdout } = spawnSync(process.execPath, [tsc, ...flags, ...options, ...files], {
    cwd: root,
    encoding: 'utf8',
  });
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

for (const { version, folder, ignore } of compilers) {
  for (const [mode, flags] of modes) {
    describe(`The types (TypeScript ${version}, ${mode} decorators)`, function () {
      this.timeout(120_000);
      let faults: Fault[] = [];
      before(() => {
        faults = faultsOf(folder, [...ignore, ...flags]);
      });

      it('infer what uses.ts asserts, so that it compiles', () => {
        expect(faults.filter(({ file }) => file !== 'spec/types/misuses.ts').map(({ text }) => text)).to.deep.equal([]);
      });

      it('refuse every case of misuses.ts', () => {
        const lines = faults.map(({ line }) => line);
        const cases = casesIn('spec/types/misuses.ts');
        const compiled = cases.filter(({ from, to }) => !lines.some((line) => line >= from && line <= to));
        expect(cases.length).to.be.at.least(29);
        expect(compiled.map(({ number }) => number)).to.deep.equal([]);
      });
    });
  }
}
