import type { Examination } from '../examination.js';
import type { Span } from '../faults.js';
import { comparisons } from '../promql/comparisons.js';
import type { Binary, Expression } from '../promql/expression.js';
import type { Shape } from '../shape.js';
import { describe } from './selectors.js';

/** Checks what is compared with a constant. */
export function checkComparison(binary: Binary, left: Shape, right: Shape, examination: Examination): void {
  const [onLeft, onRight] = [constantOf(binary.left), constantOf(binary.right)];
  if ((onLeft === undefined) === (onRight === undefined)) return;
  const [series, constant] = onRight === undefined ? [right, onLeft as number] : [left, onRight];
  const operator = onRight === undefined ? (comparisons[binary.operator] as string) : binary.operator;
  if (series.kind === 'counter' || series.kind === 'buckets') reportCounter(binary, series, examination);
  if (series.quantileOf !== undefined) checkBound(binary, series, { operator, constant }, examination);
  if (series.growth !== undefined && examination.use === 'alert')
    checkFirstEvent(binary, series.growth, { operator, constant }, examination);
}

/** The number that an expression of constants is; `undefined` for anything else. */
function constantOf(expression: Expression): number | undefined {
  if (expression.type === 'number') return expression.value;
  if (expression.type === 'unary') {
    const value = constantOf(expression.of);
    return value === undefined ? undefined : expression.isNegative ? -value : value;
  }
  if (expression.type !== 'binary') return undefined;
  const [left, right] = [constantOf(expression.left), constantOf(expression.right)];
  return left === undefined || right === undefined ? undefined : arithmetic[expression.operator]?.(left, right);
}

const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '^': (a, b) => a ** b,
};

/** Reports a counter that is compared with a constant. */
export function reportCounter(span: Span, series: Shape, examination: Examination): void {
  const [family] = series.families;
  const isAlert = examination.use === 'alert';
  const effect = isAlert ? ', so that the alert stays on from then until a restart' : '';
  examination.report(
    isAlert ? 'counter-compared' : 'bare-counter',
    span,
    `counter ${describe(series)} only rises${effect}. Compare increase(…[5m]) or rate(…[5m])`,
    { isOwn: series.isOwn, family },
  );
}

interface Comparison {
  readonly operator: string;
  readonly constant: number;
}

function checkBound(
  span: Span,
  { quantileOf }: Shape,
  { operator, constant }: Comparison,
  examination: Examination,
): void {
  const last = quantileOf?.buckets?.at(-1);
  if (last === undefined) return;
  const isBeyond = (operator === '>' && constant >= last) || (['>=', '=='].includes(operator) && constant > last);
  if (!isBeyond) return;
  examination.report(
    'quantile-beyond-buckets',
    span,
    `a quantile of ${quantileOf?.name} is never above its last bound (given ${constant}, and the last bound is ${last}). Compare with less, or add buckets`,
    { isOwn: true, family: quantileOf },
  );
}

function checkFirstEvent(
  span: Span,
  { of, by }: NonNullable<Shape['growth']>,
  { operator, constant }: Comparison,
  examination: Examination,
): void {
  const isFirst =
    (operator === '>' && (constant === 0 || (by === 'increase' && constant < 1))) ||
    (operator === '>=' && by === 'increase' && constant > 0 && constant <= 1) ||
    (operator === '!=' && constant === 0);
  // Why not where it is read at an earlier time too: such an expression compares with that.
  if (!isFirst || examination.readsEarlier(of.name)) return;
  examination.report(
    'first-event-unseen',
    span,
    `the alert does not see the first event of ${of.name}: its series start with it, at 1, and ${by}() sees no rise. Declare "initial", so that they start at 0, or add: or (${of.name} unless ${of.name} offset 5m) > 0`,
    { isOwn: true, family: of },
  );
}
