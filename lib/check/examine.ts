import { examineAggregation } from './checks/aggregations.js';
import { reportCounter } from './checks/comparisons.js';
import { examineCall } from './checks/functions.js';
import { examineOperator } from './checks/operators.js';
import { checkLabel, checkNamed, describe, examineSelector } from './checks/selectors.js';
import { checkTypes } from './checks/types.js';
import { Examination, type Knowledge, type Use } from './examination.js';
import type { Fault } from './faults.js';
import type { Expression, Word } from './promql/expression.js';
import { anyShape, computedFrom, type Shape, scalarShape } from './shape.js';

/** Where an expression stands: what it is for, and whether its result is compared with a constant there. */
export interface Purpose {
  readonly use: Use;
  readonly isCompared?: boolean;
  /** The label whose values a variable of Grafana shows. Its offsets count on from the end of the expression. */
  readonly valuesOf?: Word;
  /** The labels that the texts of an alert name. Their offsets count on from the end of the expression too. */
  readonly named?: readonly Word[];
}

/** Finds what is wrong in an expression. */
export function findFaults(
  expression: Expression,
  { use, isCompared, valuesOf, named = [] }: Purpose,
  knowledge: Knowledge,
): Fault[] {
  const examination = new Examination(knowledge, use, expression);
  checkTypes(expression, examination);
  const shape = examine(expression, examination);
  if (valuesOf !== undefined) checkLabel(valuesOf, shape, examination);
  for (const label of named) checkNamed(label, shape, examination);
  if (shape.kind === 'counter') {
    if (isCompared) reportCounter(expression, shape, examination);
    else if (use === 'alert' || use === 'panel') reportBareCounter(expression, shape, examination);
  }
  return examination.faults;
}

function reportBareCounter(expression: Expression, shape: Shape, examination: Examination): void {
  examination.report(
    'bare-counter',
    expression,
    `counter ${describe(shape)} is shown as it is: it only rises, and is 0 again after a restart. Use rate(…[5m]) or increase(…[5m])`,
    { isOwn: shape.isOwn, family: shape.families[0] },
  );
}

/** Examines an expression and all that it consists of; gives what is known of its series. */
function examine(expression: Expression, examination: Examination): Shape {
  switch (expression.type) {
    case 'number':
      return scalarShape;
    case 'text':
      return scalarShape;
    case 'window':
    case 'shift':
      return { ...examine(expression.of, examination), isAlwaysPresent: false };
    case 'unary': {
      const shape = examine(expression.of, examination);
      return expression.isNegative ? computedFrom(shape, shape.isScalar ? 'gauge' : 'unknown') : shape;
    }
    case 'selector':
      return examineSelector(expression, examination, (name) => shapeOfRecord(name, examination.knowledge));
    case 'call':
      return examineCall(expression, examineAll(expression.args, examination), examination);
    case 'aggregation':
      return examineAggregation(expression, examineAll(expression.args, examination), examination);
    case 'binary':
      return examineOperator(
        expression,
        examine(expression.left, examination),
        examine(expression.right, examination),
        examination,
      );
  }
}

const examineAll = (args: readonly Expression[], examination: Examination) =>
  args.map((expression) => ({ expression, shape: examine(expression, examination) }));

function shapeOfRecord(name: string, knowledge: Knowledge): Shape {
  const { records } = knowledge;
  if (!records.has(name)) return anyShape;
  // Why an examination of its own: what is wrong in the rule is reported where the rule stands.
  return records.shapeOf(name, (recorded) => examine(recorded, new Examination(knowledge, 'record', recorded)));
}
