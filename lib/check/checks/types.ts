import type { Examination } from '../examination.js';
import type { Span } from '../faults.js';
import { isComparison } from '../promql/comparisons.js';
import type { Aggregation, Binary, Call, Expression, Shift, Window } from '../promql/expression.js';

/** What an expression of PromQL gives; `unknown` where a variable stands for a function. */
type Type = 'scalar' | 'text' | 'instant vector' | 'range vector' | 'unknown';

/** Reports a mistake of types; what is said of it is what Prometheus would refuse the expression for. */
type Report = (span: Span, message: string) => void;

/**
 * Checks the types of an expression and all its parts, as Prometheus does before it evaluates one.
 *
 * Why apart from the grammar: that reads a text which no function of Prometheus would take.
 */
export function checkTypes(expression: Expression, examination: Examination): void {
  const report: Report = (span, message) => examination.report('syntax', span, message, { isOwn: true });
  if (typeOf(expression, report) === 'range vector') {
    report(expression, 'a range of samples is no result. Use a function of it, such as rate() or max_over_time()');
  }
}

function typeOf(expression: Expression, report: Report): Type {
  switch (expression.type) {
    case 'number':
      return 'scalar';
    case 'text':
      return 'text';
    case 'selector':
      return expression.name?.isVariable ? 'unknown' : 'instant vector';
    case 'unary':
      return refuseRange(expression.of, typeOf(expression.of, report), report);
    case 'shift':
      return typeOfShift(expression, report);
    case 'window':
      return typeOfWindow(expression, report);
    case 'call':
      return typeOfCall(expression, report);
    case 'aggregation':
      return typeOfAggregation(expression, report);
    case 'binary':
      return typeOfOperator(expression, report);
  }
}

function refuseRange(expression: Expression, type: Type, report: Report): Type {
  if (type !== 'range vector') return type;
  report(expression, 'a range of samples stands where one sample must stand. Use a function of it, such as rate()');
  return 'instant vector';
}

function typeOfShift(shift: Shift, report: Report): Type {
  const { of } = shift;
  if (of.type !== 'selector' && of.type !== 'window' && of.type !== 'shift') {
    report(shift, 'offset and @ move selectors and ranges only. Write them behind each selector inside');
  }
  return typeOf(of, report);
}

function typeOfWindow(window: Window, report: Report): Type {
  const { of, isSubquery } = window;
  const type = typeOf(of, report);
  if (isSubquery) refuseValue('a subquery', of, refuseRange(of, type, report), report);
  else if (of.type !== 'selector' && type !== 'unknown') {
    const message = 'a range stands behind a selector only. Write it there, or a subquery such as [1h:1m]';
    report({ from: of.from, to: window.to }, message);
  }
  return 'range vector';
}

/** The functions that take a range, beside those whose name ends in `_over_time`. */
const ofRanges = [
  'rate',
  'irate',
  'increase',
  'delta',
  'idelta',
  'deriv',
  'predict_linear',
  'resets',
  'changes',
  'holt_winters',
  'double_exponential_smoothing',
];
const isOfRange = (name: string): boolean => name.endsWith('_over_time') || ofRanges.includes(name);

/** Reports a number or a text where series must stand. */
function refuseValue(what: string, expression: Expression | undefined, type: Type | undefined, report: Report): void {
  if (expression === undefined || (type !== 'scalar' && type !== 'text')) return;
  const remedy = type === 'scalar' ? 'Write it as vector(…)' : 'Write an expression there';
  report(expression, `${what} needs series, and gets a ${type === 'scalar' ? 'number' : 'text'}. ${remedy}`);
}

/** Which argument of a function that looks back over no time is its series, if not the first; -1 where none is. */
const placesOfSeries: ReadonlyMap<string, number> = new Map([
  ['histogram_quantile', 1],
  ['histogram_fraction', 2],
  ['vector', -1],
]);

const scalarFunctions = ['time', 'pi', 'scalar', 'start', 'end', 'range', 'step'];

function typeOfCall({ name, args }: Call, report: Report): Type {
  const types = args.map((one) => typeOf(one, report));
  if (name.isVariable) return 'unknown';
  if (!isOfRange(name.text)) {
    for (const [i, one] of args.entries()) refuseRange(one, types[i] as Type, report);
    const index = placesOfSeries.get(name.text) ?? 0;
    refuseValue(`${name.text}()`, args[index], types[index], report);
    return scalarFunctions.includes(name.text) ? 'scalar' : 'instant vector';
  }
  const vector = args.find((_, i) => types[i] === 'instant vector');
  if (vector !== undefined && !types.includes('range vector') && !types.includes('unknown')) {
    const how =
      vector.type === 'selector' ? 'Write a range behind it, such as [5m]' : 'Use a subquery, such as [1h:1m]';
    report(vector, `${name.text}() needs a range of samples, and gets single ones. ${how}`);
  }
  return 'instant vector';
}

/** The aggregations that take a number or a text before the series. */
const parametrized = ['topk', 'bottomk', 'limitk', 'limit_ratio', 'quantile', 'count_values'];

function typeOfAggregation({ name, args }: Aggregation, report: Report): Type {
  const types = args.map((one) => refuseRange(one, typeOf(one, report), report));
  const wanted = parametrized.includes(name.text) ? 2 : 1;
  if (name.isVariable) return 'instant vector';
  if (args.length !== wanted) {
    report(name, `${name.text}() takes ${wanted === 1 ? 'one argument' : 'two arguments'} (given ${args.length})`);
    return 'instant vector';
  }
  const parameter = name.text === 'count_values' ? 'text' : 'scalar';
  if (wanted === 2 && types[0] !== parameter && types[0] !== 'unknown') {
    report(name, `${name.text}() takes a ${parameter === 'text' ? 'text' : 'number'} first, and then series`);
  } else {
    refuseValue(`${name.text}()`, args.at(-1), types.at(-1), report);
  }
  return 'instant vector';
}

const setOperators = ['and', 'or', 'unless'];

function typeOfOperator(binary: Binary, report: Report): Type {
  const { operator, operatorSpan, left, right, matching } = binary;
  const types = [left, right].map((side) => refuseRange(side, typeOf(side, report), report));
  checkGroup(binary, report);
  if (types.includes('unknown')) return 'unknown';
  if (!types.includes('scalar')) return 'instant vector';
  if (setOperators.includes(operator)) {
    report(operatorSpan, `"${operator}" needs series on both sides, and gets a number. Write it as vector(…)`);
  } else if (matching !== undefined && matching.labels.length > 0) {
    report(operatorSpan, 'on (…) and ignoring (…) need series on both sides, and get a number. Remove them');
  } else if (isComparison(operator) && types.every((type) => type === 'scalar') && !binary.isBool) {
    report(operatorSpan, `two numbers are compared by "${operator}" only as "${operator} bool"`);
  }
  return types.every((type) => type === 'scalar') ? 'scalar' : 'instant vector';
}

/** Checks `group_left` and `group_right`. */
function checkGroup({ operator, operatorSpan, matching, group }: Binary, report: Report): void {
  if (group === undefined) return;
  if (setOperators.includes(operator)) {
    const message = `"${operator}" takes no group_${group.many}: it matches any number of series on both sides. Remove it`;
    report(operatorSpan, message);
  }
  const matched = matching?.isOn ? matching.labels.map(({ text }) => text) : [];
  const twice = group.labels.find(({ text, isVariable }) => !isVariable && matched.includes(text));
  if (twice === undefined) return;
  report(twice, `label "${twice.text}" stands in on (…) and in group_${group.many} (…). Remove it from the second`);
}
