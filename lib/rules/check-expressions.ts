import type { Knowledge } from './examination.js';
import { findFaults } from './examine.js';
import { type Fault, faultKinds } from './faults.js';
import type { KnownNames } from './known-names.js';
import type { Grammar } from './promql/grammar.js';
import { type Reading, readExpression } from './promql/read-expression.js';
import { asPlainText, replaceVariables } from './promql/variables.js';
import { RecordedNames } from './recorded-names.js';
import type { FoundExpression } from './sources/found-expression.js';
import type { Position } from './sources/source-tree.js';

/** A fault at its place in a file. */
export interface Finding extends Omit<Fault, 'from' | 'to'>, Position {
  readonly file: string;
  /** What the expression belongs to: `alert HighErrors`. */
  readonly of: string;
}

/** What expressions are checked against, and by which grammar they are read. */
export interface CheckContext {
  readonly names: KnownNames;
  readonly grammar: Grammar;
  /** The usual seconds between two scrapes. */
  readonly scrapeSeconds: number;
}

/** Finds what is wrong in expressions, in their order. */
export function checkExpressions(found: readonly FoundExpression[], context: CheckContext): Finding[] {
  const read = found.map((one) => ({ found: one, reading: readFound(one, context.grammar) }));
  const records = new RecordedNames(
    read.flatMap(({ found: { record }, reading }) =>
      record === undefined ? [] : [{ ...record, expression: 'expression' in reading ? reading.expression : undefined }],
    ),
  );
  const { names, scrapeSeconds } = context;
  const knowledge: Knowledge = { names, records, scrapeSeconds, nearest: new Map() };
  return read.flatMap(({ found: one, reading }) =>
    listFaults(one, reading, knowledge)
      .map(({ from, to: _, ...fault }) => ({ ...fault, file: one.path, ...one.locate(from), of: one.title }))
      .sort((a, b) => a.line - b.line || a.column - b.column),
  );
}

function readFound({ text, mayHaveVariables }: FoundExpression, grammar: Grammar): Reading {
  return readExpression(mayHaveVariables ? replaceVariables(text) : asPlainText(text), grammar);
}

function listFaults(found: FoundExpression, reading: Reading, knowledge: Knowledge): Fault[] {
  if ('expression' in reading) return findFaults(reading.expression, found, knowledge);
  const { text, mayHaveVariables } = found;
  const { from, to } = reading.broken;
  // Why only a remark then: what a variable stands for may be any part of an expression.
  const hasVariables = mayHaveVariables && replaceVariables(text).hasVariable({ from: 0, to: text.length });
  const rest = text.slice(from, from + 20).split('\n')[0] ?? '';
  const place = rest === '' ? 'at its end' : `at "${rest}"`;
  return [
    {
      kind: 'syntax',
      severity: hasVariables ? 'remark' : faultKinds.syntax.severity,
      from,
      to,
      message: hasVariables
        ? `the expression cannot be read ${place}: a variable may stand for any part of it. It is not checked`
        : `the expression is no PromQL ${place}. Correct it`,
    },
  ];
}
