import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

// Why require: documents/compiler.ts says so.
import ts = require('typescript');

const lib = fileURLToPath(new URL('../../lib/', import.meta.url));
const maxPositional = 5;

/** Signatures that may be longer, as `file: name`. It must stay empty. */
const exceptions: readonly string[] = [];

/** A signature with as many positional parameters as it can be called with. */
interface Signature {
  readonly name: string;
  readonly positional: number;
}

/** Counts the parameters that a caller gives by position: `this` is none, and a rest parameter of a tuple type is several. */
function countPositional(parameters: ts.NodeArray<ts.ParameterDeclaration>): number {
  const given = parameters.filter(({ name }) => name.getText() !== 'this');
  return given.reduce((sum, parameter) => sum + (parameter.dotDotDotToken ? countRest(parameter.type) : 1), 0);
}

function countRest(type: ts.TypeNode | undefined): number {
  if (type === undefined) return 1;
  if (ts.isTypeOperatorNode(type) || ts.isParenthesizedTypeNode(type)) return countRest(type.type);
  if (ts.isUnionTypeNode(type)) return Math.max(...type.types.map(countRest));
  if (!ts.isTupleTypeNode(type)) return 1;
  return type.elements.reduce((sum, element) => sum + (ts.isRestTypeNode(element) ? countRest(element.type) : 1), 0);
}

function nameOf(node: ts.Node): string {
  for (let next: ts.Node | undefined = node; next !== undefined; next = next.parent) {
    if (ts.isConstructorDeclaration(next)) return `new ${nameOf(next.parent)}`;
    const name = (next as Partial<ts.NamedDeclaration>).name;
    if (name !== undefined) return name.getText();
  }
  return 'anonymous';
}

/** Every signature of a source: functions, methods, constructors, arrow functions, function types, interface methods. */
function signaturesIn(text: string): Signature[] {
  const source = ts.createSourceFile('source.ts', text, ts.ScriptTarget.Latest, true);
  const found: Signature[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node)) found.push({ name: nameOf(node), positional: countPositional(node.parameters) });
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

describe('The signatures of lib/', () => {
  const files = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));

  it(`have at most ${maxPositional} positional parameters each`, () => {
    const all = files.flatMap((file) =>
      signaturesIn(readFileSync(join(lib, file), 'utf8')).map(({ name, positional }) => ({
        name: `${file}: ${name}`,
        positional,
      })),
    );
    const long = all.filter(({ positional }) => positional > maxPositional).map(({ name }) => name);
    expect(all.length).to.be.above(1000);
    expect(long.sort()).to.deep.equal([...exceptions].sort());
  });

  it('count the parameters of every form that a signature has', () => {
    const sources = [
      'function found(a, b, c, d, e, f) {}',
      'const found = (a, b, c, d, e, f) => 1;',
      'const found = function (a, b, c, d, e, f) {};',
      'class A { found(a, b, c, d, e, f) {} }',
      'class found { constructor(private a, b, c, d, e, f) {} }',
      'interface A { found(a, b, c, d, e, f): void }',
      'interface found { (a, b, c, d, e, f): void }',
      'interface found { new (a, b, c, d, e, f): void }',
      'type found = (a, b, c, d, e, f) => void;',
      'type found = abstract new (a, b, c, d, e, f) => void;',
      'function found(this: object, a, b, c, d, e, f) {}',
      'function found(...args: readonly [a: 1, b: 2, c: 3, d: 4, e: 5, f: 6]) {}',
      'function found(a, ...args: [b: 1] | [b: 2, c: 3, d: 4, e: 5, ...f: 6[]]) {}',
    ];
    for (const source of sources) {
      const [first, ...others] = signaturesIn(source);
      expect([first?.name.replace('new ', ''), first?.positional, others.length], source).to.deep.equal([
        'found',
        6,
        0,
      ]);
    }
    expect(signaturesIn('function found(this: object, a, ...rest: number[]) {}')[0]?.positional).to.equal(2);
  });
});
