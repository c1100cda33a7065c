import type { Span } from '../faults.js';

/** A name that is written in an expression. */
export interface Word extends Span {
  readonly text: string;
  /** Whether a variable of Grafana stands in it, so that its text is not known. */
  readonly isVariable: boolean;
}

/** What a matcher does with the value of its label. */
export type MatchOperator = '=' | '!=' | '=~' | '!~';

/** One matcher of a selector. */
export interface Matcher extends Span {
  readonly label: Word;
  readonly operator: MatchOperator;
  readonly value: Word;
}

/** A selector of series: `name{label="value"}`. */
export interface Selector extends Span {
  readonly type: 'selector';
  readonly name: Word | undefined;
  readonly matchers: readonly Matcher[];
}

/** A window over an expression, `[5m]` or, as a subquery, `[1h:1m]`. */
export interface Window extends Span {
  readonly type: 'window';
  readonly of: Expression;
  /** `undefined` where a variable or a calculation stands there. */
  readonly seconds: number | undefined;
  readonly isSubquery: boolean;
}

/** An expression at another time: `offset` or `@`. */
export interface Shift extends Span {
  readonly type: 'shift';
  readonly of: Expression;
}

/** A call of a function. */
export interface Call extends Span {
  readonly type: 'call';
  readonly name: Word;
  readonly args: readonly Expression[];
}

/** An aggregation over series. */
export interface Aggregation extends Span {
  readonly type: 'aggregation';
  readonly name: Word;
  readonly grouping: { readonly keeps: boolean; readonly labels: readonly Word[] } | undefined;
  /** All arguments; the last one is aggregated. */
  readonly args: readonly Expression[];
}

/** Two sides and an operator between them. */
export interface Binary extends Span {
  readonly type: 'binary';
  readonly operator: string;
  readonly operatorSpan: Span;
  readonly left: Expression;
  readonly right: Expression;
  /** `on (…)`, or else `ignoring (…)`. */
  readonly matching: { readonly isOn: boolean; readonly labels: readonly Word[] } | undefined;
  /** Whether a comparison gives 0 or 1, instead of the series for which it holds. */
  readonly isBool: boolean;
  /** The side with many series for one of the other, and the labels that it takes from there. */
  readonly group: { readonly many: 'left' | 'right'; readonly labels: readonly Word[] } | undefined;
}

/** A sign before an expression. */
export interface Unary extends Span {
  readonly type: 'unary';
  readonly isNegative: boolean;
  readonly of: Expression;
}

/** A number. */
export interface NumberLiteral extends Span {
  readonly type: 'number';
  readonly value: number;
}

/** A text. */
export interface TextLiteral extends Span {
  readonly type: 'text';
  readonly value: Word;
}

/** An expression of PromQL, without its parentheses. */
export type Expression = Selector | Window | Shift | Call | Aggregation | Binary | Unary | NumberLiteral | TextLiteral;

/** Creates a word with the span of another. */
export const wordAt = ({ from, to }: Span, text: string, isVariable: boolean): Word => ({ from, to, text, isVariable });

/** The expressions that an expression consists of. */
export function partsOf(expression: Expression): readonly Expression[] {
  if ('of' in expression) return [expression.of];
  if ('args' in expression) return expression.args;
  return expression.type === 'binary' ? [expression.left, expression.right] : [];
}
