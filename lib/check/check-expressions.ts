import type { Knowledge } from './examination.js';
import { findFaults } from './examine.js';
import { type Fault, faultKinds, type Span } from './faults.js';
import type { KnownNames } from './known-names.js';
import type { Grammar } from './promql/grammar.js';
import { type ReadResult, readExpression } from './promql/read-expression.js';
import { asPlainText, replaceVariables } from './promql/variables.js';
import { RecordedNames } from './recorded-names.js';
import type { FoundExpression } from './sources/found-expression.js';
import type { Position } from './sources/source-tree.js';

/** A fault at its place in a file. */
export interface FoundFault extends Omit<Fault, 'from' | 'to'>, Position {
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
export function checkExpressions(found: readonly FoundExpression[], context: CheckContext): FoundFault[] {
  const read = found.map((one) => ({ found: one, reading: readFound(one, context.grammar) }));
  const records = new RecordedNames(
    read.flatMap(({ found: { record }, reading }) => {
      if (record === undefined) return [];
      const isKnown = 'expression' in reading && !record.isOpaque;
      return [{ ...record, expression: isKnown ? reading.expression : undefined }];
    }),
  );
  const { names, scrapeSeconds } = context;
  const knowledge: Knowledge = { names, records, scrapeSeconds, nearest: new Map() };
  const all = read.flatMap(({ found: one, reading }) =>
    listFaults(one, reading, knowledge)
      .map(({ from, to: _, ...fault }) => ({ ...fault, file: one.path, ...one.locate(from), of: one.title }))
      .sort((a, b) => a.line - b.line || a.column - b.column),
  );
  return withoutRepeated(all);
}

/** Leaves out what is about the service, and was said of another expression already. */
function withoutRepeated(faults: readonly FoundFault[]): FoundFault[] {
  const said = new Set<string>();
  return faults.filter(({ kind, message }) => {
    if (kind !== 'absent-process-metric') return true;
    const isNew = !said.has(message);
    said.add(message);
    return isNew;
  });
}

function readFound({ text, mayHaveVariables }: FoundExpression, grammar: Grammar): ReadResult {
  return readExpression(mayHaveVariables ? replaceVariables(text) : asPlainText(text), grammar);
}

function listFaults(found: FoundExpression, reading: ReadResult, knowledge: Knowledge): Fault[] {
  if ('expression' in reading) return findFaults(reading.expression, found, knowledge);
  return ['broken' in reading ? describeBroken(found, reading.broken) : describeTooDeep(found)];
}

/** Why a remark: the grammar gives up on such a text, whether it is right or wrong. */
const describeTooDeep = ({ text }: FoundExpression): Fault => ({
  kind: 'syntax',
  severity: 'remark',
  from: 0,
  to: text.length,
  message:
    'the expression is not checked, as its operators, functions and parentheses nest too deep. Record a part of it by a rule of its own',
});

function describeBroken({ text, mayHaveVariables }: FoundExpression, { from, to }: Span): Fault {
  // Why only a remark then: what a variable stands for may be any part of an expression.
  const hasVariables = mayHaveVariables && replaceVariables(text).hasVariable({ from: 0, to: text.length });
  const rest = text.slice(from, from + 20).split('\n')[0] ?? '';
  const where = rest === '' ? 'at its end' : `at "${rest}"`;
  return {
    kind: 'syntax',
    severity: hasVariables ? 'remark' : faultKinds.syntax.severity,
    from,
    to,
    message: hasVariables
      ? `the expression cannot be read ${where}: a variable may stand for any part of it. It is not checked`
      : `the expression is no PromQL ${where}. Correct it`,
  };
}
