import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { transformSync as swc } from '@swc/wasm';
import { expect } from 'chai';
import { transformSync as esbuild } from 'esbuild';
import ts from 'typescript';

const root = fileURLToPath(new URL('../../', import.meta.url));
const source = `${root}spec/decorators/`;

type Compile = (code: string) => string;

const withEsbuild =
  (legacy: boolean): Compile =>
  (code) =>
    esbuild(code, {
      loader: 'ts',
      target: 'es2022',
      tsconfigRaw: { compilerOptions: { experimentalDecorators: legacy, verbatimModuleSyntax: true } },
    }).code;

const withSwc =
  (legacy: boolean): Compile =>
  (code) =>
    swc(code, {
      jsc: {
        parser: { syntax: 'typescript', decorators: true },
        transform: legacy
          ? { legacyDecorator: true, decoratorMetadata: true }
          : ({ decoratorVersion: '2022-03' } as object),
        target: 'es2022',
      },
      module: { type: 'es6' },
    }).code;

const withTypeScript: Compile = (code) =>
  ts.transpile(code, { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true });

/** The other specs run legacy decorators as TypeScript 6 compiles them, and standard ones as TypeScript 7 does. */
const compilers: readonly [name: string, compile: Compile][] = [
  ['TypeScript 6, standard decorators', withTypeScript],
  ['esbuild, legacy decorators', withEsbuild(true)],
  ['esbuild, standard decorators', withEsbuild(false)],
  ['SWC, legacy decorators', withSwc(true)],
  ['SWC, standard decorators', withSwc(false)],
];

/** Runs every spec of the decorators as this compiler makes it; gives what mocha reports. */
function run(name: string, compile: Compile): { passes: string[]; failures: string[] } {
  const folder = `${root}dist/compiled/${name.replace(/\W+/g, '-')}/`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const file of readdirSync(source)) {
    writeFileSync(folder + file.replace(/\.ts$/, '.js'), compile(readFileSync(source + file, 'utf8')));
  }
  // Why its own configuration is not used: that names the specs that tsc makes.
  const options = ['--no-config', '--timeout', '60000', '--reporter', 'json'];
  const mocha = [`${root}node_modules/mocha/bin/mocha.js`, ...options, `${folder}*.spec.js`];
  const { stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', ...mocha], { cwd: root, encoding: 'utf8' });
  const begin = stdout.indexOf('{\n  "stats"');
  if (begin === -1) throw new Error(stderr);
  const { passes, failures } = JSON.parse(stdout.slice(begin));
  return {
    passes: passes.map(({ fullTitle }: { fullTitle: string }) => fullTitle),
    failures: failures.map(({ fullTitle, err }: { fullTitle: string; err: Error }) => `${fullTitle}: ${err.message}`),
  };
}

describe('The specs of the decorators', function () {
  this.timeout(120_000);

  for (const [name, compile] of compilers) {
    it(`pass when they are compiled by ${name}`, () => {
      const { passes, failures } = run(name, compile);
      expect(failures).to.deep.equal([]);
      expect(passes.length).to.be.at.least(150);
      const [mode = ''] = /(legacy|standard) decorators/.exec(name) ?? [];
      expect(passes.filter((title) => !title.includes(`(${mode})`))).to.deep.equal([]);
    });
  }
});
