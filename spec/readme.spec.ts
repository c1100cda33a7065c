import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import ts from 'typescript';
import { setDefaultRecorder } from '../lib/index.js';
import { MemoryRecorder } from '../lib/testing/index.js';

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
    // The class of somebody else that a snippet wraps.
    writeFileSync(
      join(folder, 'pool.ts'),
      'export class Pool { async query(sql: string) { return { rows: [sql] }; } }',
    );
  });

  it('names a file on every snippet', () => {
    expect(readme.match(/^```ts$/gm)).to.have.length(snippets.length);
  });

  it('shows snippets that compile', () => {
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

  it('shows the output that main.ts prints', () => {
    const promised = /^which prints\n\n```\n([\s\S]*?)^```$/m.exec(readme)?.[1];
    expect(printed('main.ts')).to.equal(promised);
  });

  it('shows the output that by-hand.ts prints', () => {
    expect(readme).to.contain(`prints \`${printed('by-hand.ts').trim()}\``);
  });

  it('shows a registry.ts that prints both metrics', () => {
    expect(printed('registry.ts')).to.equal('queue_depth{queue="mail"} 7\norders_total 3\n');
  });

  it('shows a test that passes', () => {
    expect(printed('services.spec.ts')).to.equal('');
  });

  it('shows a test with chai that passes', () => {
    expect(printed('chai.spec.ts')).to.equal('');
  });

  it('shows wrapped functions and classes that are counted', async () => {
    const { parse, Mailer } = await import(join(folder, 'wrapped.js'));
    const { Pool } = await import(join(folder, 'pool.js'));
    const recorder = new MemoryRecorder({ strict: true });
    setDefaultRecorder(recorder);
    try {
      expect(() => parse('{')).to.throw(SyntaxError);
      await new Pool().query('SELECT 1');
      await new Mailer().send('ada');
      new Mailer().close();
    } finally {
      setDefaultRecorder(undefined);
    }
    const send = { class: 'Mailer', method: 'send' };
    expect(recorder.value('parse_errors_total')).to.equal(1);
    expect(recorder.value('db_query_duration_seconds_count', { operation: 'select' })).to.equal(1);
    expect(recorder.value('mail_method_calls_total', { ...send, outcome: 'success' })).to.equal(1);
    expect(recorder.series('mail_method_duration_seconds_count')).to.deep.equal([{ labels: send, value: 1 }]);
  });

  it('shows the advice and the figures that bounds.ts prints', () => {
    const lines = printed('bounds.ts').trim().split('\n');
    expect(
      lines.map((line) => /looks like a secret|four fifths of the 10|has the 10 series|^10 \[.*$/.exec(line)?.[0]),
    ).to.deep.equal([
      'looks like a secret',
      'four fifths of the 10',
      'has the 10 series',
      "10 [ { name: 'to', values: 8 } ]",
    ]);
    expect(readme).to.contain(`prints the remarks, and \`${lines.at(-1)}\``);
  });

  it('shows a middleware that can be created', () => {
    expect(printed('middleware.ts')).to.equal('');
  });

  it('shows the output that http.ts prints', () => {
    const promised = /^prints\n\n```\n([\s\S]*?)^```$/m.exec(readme)?.[1];
    expect(printed('http.ts')).to.equal(promised);
  });

  it('shows an explain.ts that explains a missing metric', () => {
    expect(printed('explain.ts'))
      .to.match(/^@Counter on Forgotten\.call: a call was not recorded/)
      .and.to.contain("name: 'forgotten_total',\n    state: 'not wired'");
  });

  it('shows the error that a wrong name causes', async () => {
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
