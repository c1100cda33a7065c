import { formatDuration } from '../../promql/duration.js';
import type { Examination } from '../examination.js';
import type { SeriesKind } from '../known-names.js';
import { addLabels, anyLabels, canHave, dropLabels, noLabels } from '../label-names.js';
import type { Call, Expression, Window } from '../promql/expression.js';
import { anyShape, computedFrom, type Shape, scalarShape } from '../shape.js';
import { describe } from './selectors.js';

/** What is known of an argument: the expression and its shape. */
export interface Argument {
  readonly expression: Expression;
  readonly shape: Shape;
}

/** What gives the shape of a call. */
type Rule = (call: Call, args: readonly Argument[], examination: Examination) => Shape;

/** The first argument that has series. */
const seriesOf = (args: readonly Argument[]): Argument | undefined => args.find(({ shape }) => !shape.isScalar);

const keep: Rule = (_call, args) => seriesOf(args)?.shape ?? scalarShape;
const compute: Rule = (_call, args) => computedFrom(seriesOf(args)?.shape ?? scalarShape);
const anything: Rule = () => anyShape;
const scalar: Rule = () => scalarShape;
const single: Rule = () => ({ ...scalarShape, labels: noLabels, isScalar: false });

/** A function of each bucket by itself, whose results are buckets again: the larger bound still has the larger value. */
const ofEachBucket: Rule = (_call, args) => computedOfBuckets(args, ['buckets', 'bucketGrowth']);
/** The same, and a function of native histograms as well. */
const ofDistributions: Rule = (_call, args) => computedOfBuckets(args, ['buckets', 'bucketGrowth', 'histogram']);

function computedOfBuckets(args: readonly Argument[], kept: readonly (SeriesKind | undefined)[]): Shape {
  const shape = seriesOf(args)?.shape ?? scalarShape;
  if (!kept.includes(shape.kind)) return computedFrom(shape);
  return computedFrom(shape, shape.kind === 'histogram' ? 'histogram' : 'bucketGrowth');
}

/** The functions of which one of these rules does not hold: that they compute values for the same labels. */
const rules: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(['rate', 'irate', 'increase', 'resets'].map((name) => [name, checkGrowth])),
  ...Object.fromEntries(['absent', 'absent_over_time'].map((name) => [name, checkAbsent])),
  ...Object.fromEntries(['time', 'pi', 'scalar', 'start', 'end', 'range', 'step'].map((name) => [name, scalar])),
  ...Object.fromEntries(
    ['last_over_time', 'first_over_time', 'sort', 'sort_desc', 'sort_by_label', 'sort_by_label_desc'].map((name) => [
      name,
      keep,
    ]),
  ),
  ...Object.fromEntries(['avg_over_time', 'sum_over_time'].map((name) => [name, ofDistributions])),
  ...Object.fromEntries(
    ['min_over_time', 'max_over_time', 'quantile_over_time', 'deriv', 'abs', 'ceil', 'floor', 'round']
      .concat('clamp', 'clamp_min', 'clamp_max')
      .map((name) => [name, ofEachBucket]),
  ),
  ...Object.fromEntries(['delta', 'idelta'].map((name) => [name, checkDifference])),
  histogram_quantile: checkQuantile,
  histogram_quantiles: anything,
  info: anything,
  vector: single,
  label_replace: relabel,
  label_join: relabel,
};

/** Checks a call of a function; gives what is known of its result. */
export function examineCall(call: Call, args: readonly Argument[], examination: Examination): Shape {
  if (call.name.isVariable) return anyShape;
  checkWindow(call, args, examination);
  const rule = Object.hasOwn(rules, call.name.text) ? rules[call.name.text] : undefined;
  if (rule === undefined && args.length === 0) return single(call, args, examination);
  return (rule ?? compute)(call, args, examination);
}

/** The functions that need two samples in their window. */
const pairwise = ['rate', 'irate', 'increase', 'delta', 'idelta', 'deriv', 'predict_linear', 'resets', 'changes'];

function checkWindow({ name, args }: Call, given: readonly Argument[], examination: Examination): void {
  if (!pairwise.includes(name.text)) return;
  const window = args.map(findWindow).find((one) => one !== undefined);
  const { scrapeSeconds } = examination.knowledge;
  const seconds = window?.seconds;
  if (window === undefined || window.isSubquery || seconds === undefined || seconds >= 2 * scrapeSeconds) return;
  const enough = formatDuration(4 * scrapeSeconds);
  examination.report(
    'short-window',
    window,
    `${name.text}() needs two samples, and ${formatDuration(seconds)} may hold fewer at one scrape in ${formatDuration(scrapeSeconds)}. Use [${enough}] or more`,
    { isOwn: true, family: seriesOf(given)?.shape.families[0] },
  );
}

function findWindow(expression: Expression): Window | undefined {
  if (expression.type === 'window') return expression;
  return expression.type === 'shift' ? findWindow(expression.of) : undefined;
}

function checkGrowth(call: Call, args: readonly Argument[], examination: Examination): Shape {
  const shape = seriesOf(args)?.shape ?? anyShape;
  const { kind, families } = shape;
  const [family] = families;
  if (kind === 'gauge') {
    examination.report(
      'rate-of-gauge',
      call.name,
      `${call.name.text}() is for counters, and ${describe(shape)} is a gauge, whose falls it takes for restarts. Use ${call.name.text === 'increase' ? 'delta' : 'deriv'}()`,
      { isOwn: shape.isOwn, family },
    );
  }
  if (shape.isSum && (kind === 'counter' || kind === 'buckets')) {
    examination.report(
      'growth-of-sum',
      call.name,
      `${call.name.text}() of a sum takes the restart of one process for growth: the sum falls, and all of it is counted again. Write sum(${call.name.text}(${shape.recordedFrom ?? describe(shape)}[…]))`,
      { isOwn: shape.isOwn, family },
    );
  }
  // Why: what is not known may be a native histogram.
  const grown = computedFrom(shape, kind === 'counter' ? 'gauge' : kind === 'buckets' ? 'bucketGrowth' : kind);
  const startsLate = kind === 'counter' && family?.isOwn && family.startsAtZero === false && families.length === 1;
  return startsLate ? { ...grown, growth: { of: family, by: call.name.text } } : grown;
}

function checkDifference(call: Call, args: readonly Argument[], examination: Examination): Shape {
  const shape = seriesOf(args)?.shape ?? anyShape;
  if (shape.kind === 'counter') {
    examination.report(
      'delta-of-counter',
      call.name,
      `${call.name.text}() is for gauges, and takes the restart of a process for a fall of ${describe(shape)}. Use increase()`,
      { isOwn: shape.isOwn, family: shape.families[0] },
    );
  }
  return ofDistributions(call, args, examination);
}

function checkQuantile(call: Call, args: readonly Argument[], examination: Examination): Shape {
  const shape = seriesOf(args.slice(1))?.shape ?? anyShape;
  const { kind, labels, families, isOwn } = shape;
  const [family] = families;
  const isOfBuckets = kind === 'buckets' || kind === 'bucketGrowth';
  if (isOfBuckets && families.length === 1 && family?.buckets?.length === 0) {
    const message = `histogram_quantile() needs buckets, and ${family.name} has native ones only. Use rate(${family.name}[…])`;
    examination.report('quantile-of-no-histogram', call.name, message, { isOwn, nearest: family.name, family });
  } else if (kind === 'counter' || kind === 'gauge') {
    const message = isBucketed(shape)
      ? `histogram_quantile() needs the buckets of ${family?.name}, and gets something else of it. Use ${family?.name}_bucket`
      : `histogram_quantile() needs a histogram, and ${describe(shape)} is ${describeKind(shape)}. Use a histogram, or quantile()`;
    const nearest = isBucketed(shape) ? `${family?.name}_bucket` : undefined;
    examination.report('quantile-of-no-histogram', call.name, message, { isOwn, nearest, family });
  } else if (isOfBuckets && !canHave(labels, 'le')) {
    // Why not those that it may have: these are all that targets usually get.
    const kept = [...labels.sure, 'le'].join(', ');
    examination.report(
      'quantile-without-le',
      call.name,
      `histogram_quantile() needs the label "le", which the aggregation has removed. Write by (${kept})`,
      { isOwn, family },
    );
  }
  const quantile = computedFrom({ ...shape, labels: dropLabels(labels, ['le']) });
  return family !== undefined && families.length === 1 && isOfBuckets ? { ...quantile, quantileOf: family } : quantile;
}

const isBucketed = ({ families }: Shape): boolean => families.length === 1 && families[0]?.kind === 'histogram';

const describeKind = ({ families }: Shape): string =>
  families.length === 1 && families[0] ? `a ${families[0].kind}` : 'none';

function checkAbsent(call: Call, args: readonly Argument[], examination: Examination): Shape {
  const shape = seriesOf(args)?.shape ?? scalarShape;
  if (shape.isAlwaysPresent) {
    const [family] = shape.families;
    const message =
      family === undefined
        ? `${call.name.text}() gets what is always there, so it gives nothing. Leave out what fills the gap`
        : `${call.name.text}() gets ${family.name}, which is at 0 from the start of the process: only a target that is gone makes it absent. Use absent(up{job="…"}) or up == 0`;
    examination.report('absent-of-present', call.name, message, { isOwn: true, family });
  }
  return { ...anyShape, kind: 'gauge', isOwn: shape.isOwn, families: shape.families };
}

/** Checks nothing: it adds the label that its second argument names. */
function relabel(_call: Call, args: readonly Argument[]): Shape {
  const shape = args[0]?.shape ?? anyShape;
  const target = args[1]?.expression;
  const isKnown = target?.type === 'text' && !target.value.isVariable;
  return { ...shape, labels: isKnown ? addLabels(shape.labels, [target.value.text]) : anyLabels };
}
