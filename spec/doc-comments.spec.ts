import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import ts from 'typescript';

const lib = fileURLToPath(new URL('../../lib/', import.meta.url));
const entries = [
  'index.ts',
  'adapters/inversify/index.ts',
  'adapters/koa/index.ts',
  'server/index.ts',
  'testing/index.ts',
].map((file) => lib + file);

const program = ts.createProgram(entries, {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  target: ts.ScriptTarget.ES2023,
  types: ['node'],
  noEmit: true,
  experimentalDecorators: true,
});
const checker = program.getTypeChecker();

/** Every public name, with the declarations behind it. */
const exported = entries.flatMap((file) => {
  const source = program.getSourceFile(file) as ts.SourceFile;
  const symbol = checker.getSymbolAtLocation(source) as ts.Symbol;
  return checker.getExportsOfModule(symbol).map((one) => {
    const target = one.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(one) : one;
    return { name: one.name, target };
  });
});

const isDocumented = (symbol: ts.Symbol): boolean => symbol.getDocumentationComment(checker).length > 0;

/** The options that a hover shows: those of the files which declare what users write. */
const optionFiles = [
  'http/request-metrics-options.ts',
  'adapters/koa/http-metrics.ts',
  'decorators/options.ts',
  'decorators/instrumented.ts',
  'families/family.ts',
  'families/labels.ts',
  'prometheus/recorder-options.ts',
  'recorder/reports.ts',
  'recorder/abstract-recorder.ts',
  'server/config/options.ts',
  'server/serve-metrics.ts',
];

describe('What an editor shows on hovering', () => {
  it('has a sentence for every public name', () => {
    const mute = exported.filter(({ target }) => !isDocumented(target)).map(({ name }) => name);
    expect(exported.length).to.be.above(40);
    expect(mute).to.deep.equal([]);
  });

  it('has a sentence for every option', () => {
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
