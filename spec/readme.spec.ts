import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import ts from 'typescript';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
// Why below dist/: there the package's own name leads to the package.
const folder = fileURLToPath(new URL('../readme', import.meta.url));

/** The snippets, by the file name that their first line says. */
const snippets = [...readme.matchAll(/^```ts\n\/\/ (\S+)\n([\s\S]*?)^```$/gm)].map(([, file = '', text = '']) => ({
  file,
  text,
}));

/** What a snippet prints. */
const printed = (file: string): string =>
  execFileSync(process.execPath, [join(folder, file.replace(/ts$/, 'js'))], { encoding: 'utf8', stdio: 'pipe' });

describe('The README', function () {
  this.timeout(60_000);

  before(() => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const { file, text } of snippets) writeFileSync(join(folder, file), text);
  });

  it('has a file name on every snippet', () => {
    expect(readme.match(/^```ts$/gm)).to.have.length(snippets.length);
  });

  it('has snippets that compile', () => {
    const program = ts.createProgram(
      snippets.map(({ file }) => join(folder, file)),
      {
        target: ts.ScriptTarget.ES2023,
        module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
        experimentalDecorators: true,
        emitDecoratorMetadata: true,
        strict: true,
        skipLibCheck: true,
        types: ['node'],
      },
    );
    const diagnostics = [...ts.getPreEmitDiagnostics(program), ...program.emit().diagnostics];
    expect(diagnostics.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).to.deep.equal([]);
  });

  it('has a main.ts that prints what it says', () => {
    const promised = /^which prints\n\n```\n([\s\S]*?)^```$/m.exec(readme)?.[1];
    expect(printed('main.ts')).to.equal(promised);
  });

  it('has a by-hand.ts that prints what it says', () => {
    expect(readme).to.contain(`prints \`${printed('by-hand.ts').trim()}\``);
  });

  it('has a test that passes', () => {
    expect(printed('services.spec.ts')).to.equal('');
  });

  it('has a middleware that can be made', () => {
    expect(printed('middleware.ts')).to.equal('');
  });

  it('has an explanation that explains', () => {
    expect(printed('explain.ts'))
      .to.match(/^@Counter on Forgotten\.call: a call was not recorded/)
      .and.to.contain("name: 'forgotten_total',\n    state: 'not wired'");
  });

  it('shows the error that a wrong name gives', async () => {
    const { Counter } = await import('../lib/index.js');
    const given = { name: 'auth-attempts', help: 'Attempts' };
    class AuthService {
      check(): void {}
    }
    const descriptor = Object.getOwnPropertyDescriptor(AuthService.prototype, 'check') as TypedPropertyDescriptor<
      () => void
    >;
    const decorate = Counter<AuthService, unknown, () => void, never>(given);
    expect(() => decorate(AuthService.prototype, 'check', descriptor)).to.throw(
      (/^ {4}(@Counter on .*)$/m.exec(readme) ?? [])[1],
    );
  });
});
