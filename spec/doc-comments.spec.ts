import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

// Why require: documents/compiler.ts says so.
import ts = require('typescript');

import { dropReasons } from '../lib/index.js';
import { publicEntries, publicProgram } from './documents/compiler.js';
import { documentAt } from './documents/documents.js';
import { codeRows, inShippedCode } from './documents/facts.js';
import { optionsReference } from './documents/options-reference.js';
import { PublicTypes } from './documents/public-types.js';
import { compileExamples, type Example, exampleOf, runExamples } from './examples.js';

const lib = fileURLToPath(new URL('../../lib/', import.meta.url));
const program = publicProgram();
const checker = program.getTypeChecker();

interface PublicName {
  readonly name: string;
  /** The entry of package.json, or nothing for the main entry. */
  readonly entry: string;
  readonly target: ts.Symbol;
}

/** Every public name, with the declarations behind it. */
const exported: readonly PublicName[] = publicEntries.flatMap(({ name: entry, file }) => {
  const source = program.getSourceFile(file) as ts.SourceFile;
  const symbol = checker.getSymbolAtLocation(source) as ts.Symbol;
  return checker.getExportsOfModule(symbol).map((one) => {
    const target = one.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(one) : one;
    return { name: one.name, entry, target };
  });
});

/** Whether a name can be called or constructed: functions, classes, decorators. */
function isCallable({ target }: PublicName): boolean {
  if (!(target.flags & ts.SymbolFlags.Value)) return false;
  const type = checker.getTypeOfSymbol(target);
  return type.getCallSignatures().length + type.getConstructSignatures().length > 0;
}

const callable = exported.filter(isCallable);
const fullName = ({ entry, name }: PublicName): string => (entry === '' ? name : `${entry}: ${name}`);
const examples: readonly Example[] = exported.flatMap((one) => {
  const text = exampleOf(one.target);
  return text === undefined ? [] : [{ name: fullName(one), text }];
});

const isDocumented = (symbol: ts.Symbol): boolean => symbol.getDocumentationComment(checker).length > 0;

/** The options that a hover shows: those of the files which declare what users write. */
const optionFiles = [
  'http/request-metrics-options.ts',
  'adapters/koa/http-metrics.ts',
  'decorators/counter.ts',
  'decorators/declaration.ts',
  'decorators/timed.ts',
  'decorators/instrumented.ts',
  'instrumentation/reader-types.ts',
  'families/family.ts',
  'families/labels.ts',
  'prometheus/recorder-options.ts',
  'store/metric-store.ts',
  'recorder/reports.ts',
  'recorder/abstract-recorder.ts',
  'server/config/options.ts',
  'server/serve-metrics.ts',
];

describe('A hover in an editor', () => {
  it('shows a sentence for every public name', () => {
    const mute = exported.filter(({ target }) => !isDocumented(target)).map(({ name }) => name);
    expect(exported.length).to.be.above(40);
    expect(mute).to.deep.equal([]);
  });

  it('shows whole doc comments (TypeScript reads an @ after a space as a tag: in an example, a decorator follows a "{" or a backtick)', () => {
    const known = ['default', 'deprecated', 'example', 'param', 'returns', 'see', 'throws', 'typeParam'];
    const tags = exported.flatMap(({ name, target }) =>
      target.getJsDocTags(checker).map((tag) => ({ name, tag: tag.name })),
    );
    expect(tags.filter(({ tag }) => tag === 'example').length).to.be.at.least(10);
    expect(tags.filter(({ tag }) => !known.includes(tag))).to.deep.equal([]);
  });

  it('shows a sentence for every option', () => {
    const mute = optionFiles.flatMap((file) => {
      const source = ts.createSourceFile(file, readFileSync(lib + file, 'utf8'), ts.ScriptTarget.Latest, true);
      const found: string[] = [];
      const visit = (node: ts.Node): void => {
        if (ts.isPropertySignature(node) && node.questionToken && ts.getJSDocCommentsAndTags(node).length === 0) {
          found.push(`${file}: ${node.name.getText()}`);
        }
        ts.forEachChild(node, visit);
      };
      visit(source);
      return found;
    });
    expect(mute).to.deep.equal([]);
  });
});

// Why here, and not beside the other pages: to load the declarations takes two seconds.
describe('The pages of docs/ about public types', () => {
  let types: PublicTypes;

  before(() => {
    types = new PublicTypes();
  });

  /** The members of a union of strings that is the type of an exported interface's `code`. */
  const codesOf = (type: string): string[] =>
    types
      .options({ type })
      .filter(({ name }) => name === 'code')
      .flatMap(({ type: union }) => [...union.matchAll(/'(\w+)'/g)].map(([, code = '']) => code));

  const troubleshooting = (heading: string): string[] =>
    codeRows(documentAt('docs/guides/troubleshooting.md'), heading).map(([name = '']) => name);

  it('have in reference/options.md what the doc comments of the public options say (npm run docs writes it)', () => {
    expect(documentAt('docs/reference/options.md').lines.join('\n')).to.equal(optionsReference(types));
  });

  it('have every code of a warning', () => {
    const codes = codesOf('Advice');
    expect(codes.length).to.be.above(5);
    expect(troubleshooting('What the warnings mean')).to.have.members(codes);
  });

  it('have every code of an error that the library throws', () => {
    const codes = inShippedCode(codesOf('Problem'));
    expect(codes.length).to.be.above(15);
    expect([...troubleshooting('Why a declaration is refused'), ...dropReasons]).to.have.members(codes);
  });
});

describe('The @example of a doc comment', () => {
  let diagnostics: readonly string[];

  before(() => {
    diagnostics = compileExamples(examples);
  });

  it('exists for every public function, class and decorator', () => {
    const mute = callable.filter(({ target }) => exampleOf(target) === undefined).map(fullName);
    expect(callable.length).to.be.above(25);
    expect(mute).to.deep.equal([]);
  });

  it('compiles with the types that users get', () => {
    expect(diagnostics).to.deep.equal([]);
  });

  it('runs without an error or a warning, prints what its comments say, and leaves nothing running', async () => {
    expect(await runExamples(examples)).to.deep.equal([]);
  });
});
