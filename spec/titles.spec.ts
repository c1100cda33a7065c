import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

// Why require: documents/compiler.ts says so.
import ts = require('typescript');

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The folders whose titles follow the rules. */
const folders = ['spec', 'samples'];

/** The title of a suite or of a test, and where it stands. */
interface Title {
  readonly at: string;
  readonly kind: 'describe' | 'it';
  /** What is written, with … for each expression in a template. */
  readonly text: string;
  /** The position of the suite around it, by which two titles of one suite are found. */
  readonly suite: number;
}

/** The start of a fragment, which needs the titles around it to be understood. */
const fragment = /^(is|are|and|but|nor|or|it|its|nothing|none|also|the same)\b/i;
/** Words that make no statement, or that are not used in the documentation either. */
const forbidden = /\b(should|told of|hears?|heard|born|whoever)\b/i;

/** The text of a literal, or `undefined` where the title is computed. */
function textOf(node: ts.Expression | undefined): string | undefined {
  if (node === undefined) return undefined;
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('');
}

/** Whether a call is `it(…)`, `describe(…)`, or one of their variants such as `it.only(…)`. */
function kindOf({ expression }: ts.CallExpression): Title['kind'] | undefined {
  const name = ts.isPropertyAccessExpression(expression) ? expression.expression : expression;
  if (!ts.isIdentifier(name)) return undefined;
  return name.text === 'describe' || name.text === 'it' ? name.text : undefined;
}

function titlesIn(file: string): Title[] {
  const source = ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest);
  const found: Title[] = [];
  const visit = (node: ts.Node, suite: number): void => {
    const kind = ts.isCallExpression(node) ? kindOf(node) : undefined;
    if (kind !== undefined && ts.isCallExpression(node)) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
      const at = `${file}:${line + 1}`;
      const text = textOf(node.arguments[0]);
      if (text === undefined) throw new Error(`${at}: the title is no literal`);
      found.push({ at, kind, text, suite });
    }
    ts.forEachChild(node, (child) => visit(child, kind === 'describe' ? node.pos : suite));
  };
  visit(source, -1);
  return found;
}

const files = folders.flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${folder}/${file}`),
);
const titles = files.flatMap(titlesIn);
const shown = (wrong: readonly Title[]): string[] => wrong.map(({ at, text }) => `${at}: ${text}`);

describe('The titles of the specs', () => {
  it('number in the hundreds, so that the other rules have something to check', () => {
    expect(titles.filter(({ kind }) => kind === 'it').length).to.be.above(500);
  });

  it('have at least three words where they name a test', () => {
    const words = (text: string): number => text.split(/\s+/).filter((word) => word !== '').length;
    expect(shown(titles.filter(({ kind, text }) => kind === 'it' && words(text) < 3))).to.deep.equal([]);
  });

  it('start with no word that continues another title', () => {
    expect(shown(titles.filter(({ text }) => fragment.test(text)))).to.deep.equal([]);
  });

  it('contain no forbidden word', () => {
    expect(shown(titles.filter(({ text }) => forbidden.test(text)))).to.deep.equal([]);
  });

  it('differ from each other within one suite', () => {
    const keys = titles.map(({ at, suite, text }) => JSON.stringify([at.replace(/:\d+$/, ''), suite, text]));
    const repeated = titles.filter((_title, i) => keys.indexOf(keys[i] ?? '') !== i);
    expect(shown(repeated)).to.deep.equal([]);
  });
});
