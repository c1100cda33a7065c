import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import ts from 'typescript';

const path = (file: string) => fileURLToPath(new URL(`../../spec/types/${file}`, import.meta.url));

/** The lines of this file that do not compile, and what the compiler says of them. */
function errorsIn(file: string, legacy: boolean): Map<number, string> {
  const program = ts.createProgram([path(file)], {
    target: ts.ScriptTarget.ES2023,
    lib: ['lib.es2023.d.ts', 'lib.esnext.decorators.d.ts'],
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    skipLibCheck: false,
    types: ['node'],
    experimentalDecorators: legacy,
    emitDecoratorMetadata: legacy,
  });
  const diagnostics = ts.getPreEmitDiagnostics(program);
  return new Map(
    diagnostics.map(({ file: source, start, messageText }) => {
      const line = source?.fileName === path(file) ? source.getLineAndCharacterOfPosition(start ?? 0).line + 1 : 0;
      return [line, `${source?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`];
    }),
  );
}

/** The numbered cases of a file: each begins at its comment and ends before the next one. */
function casesIn(file: string): { readonly number: string; readonly from: number; readonly to: number }[] {
  const lines = readFileSync(path(file), 'utf8').split('\n');
  const starts = lines.flatMap((line, i) => {
    const number = /^\s*\/\/ (\d\d)\b/.exec(line)?.[1];
    return number === undefined ? [] : [{ number, from: i + 1 }];
  });
  return starts.map((start, i) => ({ ...start, to: (starts[i + 1]?.from ?? lines.length + 1) - 1 }));
}

for (const [mode, legacy] of [
  ['legacy', true],
  ['standard', false],
] as const) {
  describe(`The types (${mode} decorators)`, function () {
    this.timeout(60_000);

    it('infer what uses.ts asserts, so that it compiles', () => {
      expect([...errorsIn('uses.ts', legacy).values()]).to.deep.equal([]);
    });

    it('refuse every case of misuses.ts', () => {
      const errors = [...errorsIn('misuses.ts', legacy).keys()];
      const cases = casesIn('misuses.ts');
      const compiled = cases.filter(({ from, to }) => !errors.some((line) => line >= from && line <= to));
      expect(cases.length).to.be.at.least(29);
      expect(compiled.map(({ number }) => number)).to.deep.equal([]);
      expect(errors).to.not.include(0);
    });
  });
}
