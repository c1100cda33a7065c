import { escapeText, spellNumber } from '../exposition/formats/spelling.js';
import { isMetricName, isUnquotedLabelName } from '../families/naming.js';
import { expandGrowth } from './growth.js';

/** A part of an expression: what PromQL's grammar has, as far as queries of this package use it. */
export type Node =
  | SelectorNode
  | GrowthNode
  | { readonly type: 'call'; readonly name: string; readonly args: readonly Node[] }
  | AggregationNode
  | BinaryNode
  | { readonly type: 'number'; readonly value: number }
  | { readonly type: 'text'; readonly text: string };

/** The series of one name. */
export interface SelectorNode {
  readonly type: 'selector';
  readonly name: string;
  readonly matchers: readonly Matcher[];
  readonly window?: string;
  readonly offset?: string;
}

/** How much a counter has grown, with what is new within the window counted in full. */
export interface GrowthNode {
  readonly type: 'growth';
  /** The series, with their window. */
  readonly of: SelectorNode;
  /** The labels that tell targets apart. */
  readonly target: readonly string[];
}

/** One condition on a label. */
export interface Matcher {
  readonly label: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

interface AggregationNode {
  readonly type: 'aggregation';
  readonly operator: string;
  /** The labels that stay. */
  readonly by: readonly string[];
  readonly parameter?: number;
  readonly of: Node;
}

interface BinaryNode {
  readonly type: 'binary';
  readonly operator: string;
  readonly left: Node;
  readonly right: Node;
  readonly matching?: VectorMatching | undefined;
}

/** Which series of two sides belong together. */
export interface VectorMatching {
  /** The labels that both sides must agree on. */
  readonly on: readonly string[];
  /** The side that may have several series for one of the other side. */
  readonly many?: 'left' | 'right' | undefined;
}

/** Replaces every selector of an expression. */
export function mapSelectors(node: Node, change: (selector: SelectorNode) => SelectorNode): Node {
  switch (node.type) {
    case 'selector':
      return change(node);
    case 'growth':
      return { ...node, of: change(node.of) };
    case 'call':
      return { ...node, args: node.args.map((arg) => mapSelectors(arg, change)) };
    case 'aggregation':
      return { ...node, of: mapSelectors(node.of, change) };
    case 'binary':
      return { ...node, left: mapSelectors(node.left, change), right: mapSelectors(node.right, change) };
    default:
      return node;
  }
}

/** Whether an expression adds lengths of time, which it cannot with a variable of Grafana. */
export function addsDurations(node: Node): boolean {
  switch (node.type) {
    case 'growth':
      return true;
    case 'call':
      return node.args.some(addsDurations);
    case 'aggregation':
      return addsDurations(node.of);
    case 'binary':
      return addsDurations(node.left) || addsDurations(node.right);
    default:
      return false;
  }
}

/** Prints an expression as Prometheus itself formats one on a single line. */
export function print(node: Node): string {
  switch (node.type) {
    case 'selector':
      return printSelector(node);
    case 'growth':
      return print(expandGrowth(node));
    case 'call':
      return `${node.name}(${node.args.map(print).join(', ')})`;
    case 'aggregation':
      return printAggregation(node);
    case 'binary':
      return `${printOperand(node.left)} ${node.operator}${printMatching(node.matching)} ${printOperand(node.right)}`;
    case 'number':
      return spellNumber(node.value);
    case 'text':
      return node.text;
  }
}

function printSelector({ name, matchers, window, offset }: SelectorNode): string {
  // Why also none: a matcher of __name__ may stand in its place.
  const isPlain = name === '' || isMetricName(name);
  const conditions = [
    ...(isPlain ? [] : [`"${escapeText(name)}"`]),
    ...matchers.map(({ label, operator, value }) => `${printLabel(label)}${operator}"${escapeText(value)}"`),
  ].join(', ');
  return [
    isPlain ? name : '',
    conditions === '' ? '' : `{${conditions}}`,
    window === undefined ? '' : `[${window}]`,
    offset === undefined ? '' : ` offset ${offset}`,
  ].join('');
}

/** A label as PromQL has it: in quotation marks where it has characters that only Prometheus 3 allows. */
const printLabel = (label: string): string => (isUnquotedLabelName(label) ? label : `"${escapeText(label)}"`);

function printAggregation({ operator, by, parameter, of }: AggregationNode): string {
  const labels = by.length === 0 ? '' : ` by (${by.map(printLabel).join(', ')}) `;
  const first = parameter === undefined ? '' : `${spellNumber(parameter)}, `;
  return `${operator}${labels}(${first}${print(of)})`;
}

// Why always: a reader of the expression need not know which operator binds more tightly.
const printOperand = (node: Node): string =>
  node.type === 'binary' || node.type === 'growth' || node.type === 'text' ? `(${print(node)})` : print(node);

function printMatching(matching: VectorMatching | undefined): string {
  if (matching === undefined) return '';
  const group = matching.many === undefined ? '' : ` group_${matching.many}()`;
  return ` on (${matching.on.map(printLabel).join(', ')})${group}`;
}

/** A regular expression of RE2 that matches this text and no other. */
export const escapeRegExp = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
