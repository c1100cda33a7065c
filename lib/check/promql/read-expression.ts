import { parseDuration } from '../../promql/duration.js';
import type { Span } from '../faults.js';
import { comparisons } from './comparisons.js';
import type {
  Aggregation,
  Binary,
  Call,
  Expression,
  Matcher,
  MatchOperator,
  NumberLiteral,
  Selector,
  TextLiteral,
  Unary,
  Word,
} from './expression.js';
import { wordAt } from './expression.js';
import type { Grammar, SyntaxNode } from './grammar.js';
import type { PlainText } from './variables.js';

/** What reading an expression gives: the expression, the place where it is no PromQL, or that it nests too deep to tell. */
export type ReadResult = { readonly expression: Expression } | { readonly broken: Span } | { readonly isTooDeep: true };

/** Reads an expression whose variables were replaced. */
export function readExpression(plain: PlainText, parse: Grammar): ReadResult {
  const top = parse(plain.text);
  if (top === undefined) return { isTooDeep: true };
  const broken = findError(top);
  if (broken !== undefined) return { broken };
  const [node] = expressionsIn(top);
  return node === undefined ? { broken: top } : { expression: new TreeReader(plain).read(node) };
}

function findError(node: SyntaxNode): SyntaxNode | undefined {
  if (node.isError) return node;
  for (const child of node.children) {
    const error = findError(child);
    if (error !== undefined) return error;
  }
  return undefined;
}

const childOf = ({ children }: SyntaxNode, ...names: readonly string[]): SyntaxNode | undefined =>
  children.find(({ name }) => names.includes(name));

const readers = {
  ParenExpr: 'readInner',
  AnchoredExpr: 'readOperators',
  SmoothedExpr: 'readOperators',
  OffsetExpr: 'readOperators',
  StepInvariantExpr: 'readOperators',
  MatrixSelector: 'readOperators',
  SubqueryExpr: 'readOperators',
  VectorSelector: 'readSelector',
  FunctionCall: 'readCall',
  AggregateExpr: 'readAggregation',
  BinaryExpr: 'readOperators',
  UnaryExpr: 'readOperators',
  NumberDurationLiteral: 'readNumber',
  StringLiteral: 'readText',
} as const satisfies Record<string, keyof TreeReader>;

const isExpression = ({ name }: SyntaxNode): boolean => Object.hasOwn(readers, name);

const expressionsIn = ({ children }: SyntaxNode): SyntaxNode[] => children.filter(isExpression);

/** Makes expressions of the nodes of one text. */
class TreeReader {
  readonly #plain: PlainText;
  /** The operands that have a sign and no parentheses around it. */
  readonly #signed = new Set<Expression>();

  constructor(plain: PlainText) {
    this.#plain = plain;
  }

  read(node: SyntaxNode): Expression {
    return this[readers[node.name as keyof typeof readers]](node);
  }

  readInner(node: SyntaxNode): Expression {
    const inner = this.read(expressionsIn(node)[0] as SyntaxNode);
    this.#signed.delete(inner);
    return inner;
  }

  readSelector(node: SyntaxNode): Selector {
    const braces = childOf(node, 'LabelMatchers');
    const inBraces = braces?.children ?? [];
    const quoted = inBraces.find(({ name }) => name === 'QuotedLabelName');
    const written = childOf(node, 'Identifier');
    return {
      type: 'selector',
      ...spanOf(node),
      name: written ? this.#wordOf(written) : quoted && this.#quotedWordOf(quoted),
      matchers: inBraces.filter(({ name }) => name.endsWith('LabelMatcher')).map((one) => this.#readMatcher(one)),
    };
  }

  readCall(node: SyntaxNode): Call {
    return { type: 'call', ...spanOf(node), name: this.#nameOf(node, 'FunctionIdentifier'), args: this.#argsOf(node) };
  }

  readAggregation(node: SyntaxNode): Aggregation | Call {
    const modifier = childOf(node, 'AggregateModifier');
    const common = { ...spanOf(node), name: this.#nameOf(node, 'AggregateOp'), args: this.#argsOf(node) };
    // Why: without labels, a variable may as well be the name of a function, such as rate().
    if (modifier === undefined && common.name.isVariable) return { type: 'call', ...common };
    const grouping = modifier && { keeps: childOf(modifier, 'By') !== undefined, labels: this.#labelsOf(modifier) };
    return { type: 'aggregation', ...common, grouping };
  }

  readNumber(node: SyntaxNode): NumberLiteral {
    return { type: 'number', ...spanOf(node), value: parseNumber(this.#textOf(node)) };
  }

  readText(node: SyntaxNode): TextLiteral {
    return { type: 'text', ...spanOf(node), value: this.#quotedWordOf(node) };
  }

  /**
   * Reads operators, and what stands before and behind their operands.
   *
   * Why not as the tree has it: in the grammar, `a unless a offset 5m` moves both sides, while Prometheus moves the second.
   */
  readOperators(node: SyntaxNode): Expression {
    const { operands, operators } = this.#flatten(node);
    return combineByPrecedence(operands, operators);
  }

  #flatten(node: SyntaxNode): Chain {
    const [first, second] = expressionsIn(node) as [SyntaxNode, SyntaxNode];
    if (node.name === 'BinaryExpr') {
      const [left, right] = [this.#flatten(first), this.#flatten(second)];
      return {
        operands: [...left.operands, ...right.operands],
        operators: [...left.operators, this.#readOperator(node, first), ...right.operators],
      };
    }
    if (node.name === 'UnaryExpr') {
      const { operands, operators } = this.#flatten(first);
      const [operand, ...others] = operands as [Expression];
      return { operands: [this.#sign(node, operand), ...others], operators };
    }
    if (!isPostfix(node)) return { operands: [this.read(node)], operators: [] };
    const { operands, operators } = this.#flatten(first);
    const last = operands.at(-1) as Expression;
    return { operands: [...operands.slice(0, -1), this.#extend(node, last)], operators };
  }

  #sign(node: SyntaxNode, of: Expression): Expression {
    const sign = childOf(node, 'UnaryOp') as SyntaxNode;
    return this.#keepSigned({ type: 'unary', from: node.from, to: of.to, isNegative: this.#textOf(sign) === '-', of });
  }

  #keepSigned(unary: Unary): Unary {
    this.#signed.add(unary);
    return unary;
  }

  #extend(node: SyntaxNode, of: Expression): Expression {
    // Why inside: what stands behind an operand binds tighter than a sign before it.
    if (of.type === 'unary' && this.#signed.has(of)) {
      return this.#keepSigned({ ...of, to: node.to, of: this.#extend(node, of.of) });
    }
    const span = { from: of.from, to: node.to };
    if (node.name !== 'MatrixSelector' && node.name !== 'SubqueryExpr') return { type: 'shift', ...span, of };
    // Why two names: older versions of the grammar know no calculated durations.
    const duration = childOf(node, 'DurationExpr', 'NumberDurationLiteralInDurationContext');
    return {
      type: 'window',
      ...span,
      of,
      seconds: duration && !this.#plain.hasVariable(duration) ? parseDuration(this.#textOf(duration)) : undefined,
      isSubquery: node.name === 'SubqueryExpr',
    };
  }

  #readOperator(node: SyntaxNode, left: SyntaxNode): Operator {
    const operator = node.children[node.children.indexOf(left) + 1] as SyntaxNode;
    const clause = childOf(node, 'MatchingModifierClause');
    const many = clause && childOf(clause, 'GroupLeft', 'GroupRight');
    return {
      operator: this.#textOf(operator).toLowerCase(),
      operatorSpan: spanOf(operator),
      isBool: childOf(node, 'BoolModifier') !== undefined,
      matching: clause && { isOn: childOf(clause, 'On') !== undefined, labels: this.#labelsOf(clause, 0) },
      group: many && {
        many: many.name === 'GroupLeft' ? 'left' : 'right',
        labels: this.#labelsOf(clause as SyntaxNode, 1),
      },
    };
  }

  #readMatcher(node: SyntaxNode): Matcher {
    const [label, operator, value] = node.children as [SyntaxNode, SyntaxNode, SyntaxNode];
    return {
      ...spanOf(node),
      label: label.name === 'QuotedLabelName' ? this.#quotedWordOf(label) : this.#wordOf(label),
      operator: this.#textOf(operator) as MatchOperator,
      value: this.#quotedWordOf(value),
    };
  }

  #argsOf(node: SyntaxNode): Expression[] {
    const body = childOf(node, 'FunctionCallBody');
    return body === undefined ? [] : expressionsIn(body).map((one) => this.read(one));
  }

  #labelsOf(node: SyntaxNode, index = 0): Word[] {
    const lists = node.children.filter(({ name }) => name === 'GroupingLabels');
    const list = lists[index];
    if (list === undefined) return [];
    return list.children.flatMap((one) => {
      if (one.name === 'LabelName') return [this.#wordOf(one)];
      return one.name === 'QuotedLabelName' ? [this.#quotedWordOf(one)] : [];
    });
  }

  #nameOf(node: SyntaxNode, child: string): Word {
    const word = this.#wordOf(childOf(node, child) as SyntaxNode);
    return { ...word, text: word.text.toLowerCase() };
  }

  #wordOf(node: SyntaxNode): Word {
    return wordAt(node, this.#textOf(node), this.#plain.hasVariable(node));
  }

  #quotedWordOf(node: SyntaxNode): Word {
    return wordAt(node, unquote(this.#textOf(node)), this.#plain.hasVariable(node));
  }

  #textOf({ from, to }: SyntaxNode): string {
    return this.#plain.text.slice(from, to);
  }
}

/** Operands and the operators between them. */
interface Chain {
  readonly operands: readonly Expression[];
  readonly operators: readonly Operator[];
}

/** An operator without its sides. */
type Operator = Pick<Binary, 'operator' | 'operatorSpan' | 'matching' | 'group' | 'isBool'>;

/** The operators by how tightly they bind, the loosest first. Source: Prometheus, "Operators", precedence. */
const precedence: readonly (readonly string[])[] = [
  ['or'],
  ['and', 'unless'],
  Object.keys(comparisons),
  ['+', '-'],
  ['*', '/', '%', 'atan2'],
  ['^'],
];
const ofPowers = precedence.length - 1;
const precedenceOf = ({ operator }: Operator): number => precedence.findIndex((level) => level.includes(operator));

/** Combines operands by how tightly the operators between them bind. Why no recursion: there may be hundreds in a row. */
function combineByPrecedence([first, ...others]: readonly Expression[], operators: readonly Operator[]): Expression {
  const done: Expression[] = [first as Expression];
  const waiting: Operator[] = [];
  const combineLast = () => {
    const [left, right] = done.splice(-2) as [Expression, Expression];
    done.push({ type: 'binary', from: left.from, to: right.to, ...(waiting.pop() as Operator), left, right });
  };
  for (const [i, operator] of operators.entries()) {
    while (waiting.length > 0 && bindsFirst(waiting.at(-1) as Operator, operator)) combineLast();
    waiting.push(operator);
    done.push(others[i] as Expression);
  }
  while (waiting.length > 0) combineLast();
  return done[0] as Expression;
}

/** Whether the operand between two operators belongs to the one before it. Why not between powers: these go from the right. */
function bindsFirst(before: Operator, after: Operator): boolean {
  const [first, second] = [before, after].map(precedenceOf) as [number, number];
  return first > second || (first === second && first !== ofPowers);
}

const postfixes = ['OffsetExpr', 'StepInvariantExpr', 'AnchoredExpr', 'SmoothedExpr', 'MatrixSelector', 'SubqueryExpr'];
const isPostfix = ({ name }: SyntaxNode): boolean => postfixes.includes(name);

const spanOf = ({ from, to }: SyntaxNode): Span => ({ from, to });

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v' };

/** The text of a literal of PromQL, whose quotation marks and escape sequences are those of Go. */
export function unquote(literal: string): string {
  const inner = literal.slice(1, -1);
  if (literal.startsWith('`') || !inner.includes('\\')) return inner;
  return inner.replace(/\\(x[\da-f]{2}|u[\da-f]{4}|U[\da-f]{8}|[0-7]{3}|.)/gis, (_, sequence: string) => {
    if (sequence.length === 1) return escapes[sequence] ?? sequence;
    const code = /^[0-7]/.test(sequence) ? Number.parseInt(sequence, 8) : Number.parseInt(sequence.slice(1), 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : sequence;
  });
}

function parseNumber(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = text.replace(/^[-+]/, '').replaceAll('_', '').toLowerCase();
  if (digits === 'inf') return sign * Infinity;
  const number = Number(digits);
  return sign * (Number.isNaN(number) ? (parseDuration(digits) ?? Number.NaN) : number);
}
