import type { Examination } from '../examination.js';
import { addLabels, anyLabels, canHave, dropLabels, findDifference, keepLabels } from '../label-names.js';
import { isComparison } from '../promql/comparisons.js';
import type { Binary, Word } from '../promql/expression.js';
import { eitherShape } from '../recorded-names.js';
import { computedFrom, keptKind, type Shape, scalarShape } from '../shape.js';
import { checkComparison } from './comparisons.js';
import { checkLabel } from './selectors.js';

/** Checks an operator and its sides; gives what is known of its result. */
export function examineOperator(binary: Binary, left: Shape, right: Shape, examination: Examination): Shape {
  const { operator } = binary;
  const filters = isComparison(operator);
  if (filters) checkComparison(binary, left, right, examination);
  if (left.isScalar && right.isScalar) return scalarShape;
  if (left.isScalar || right.isScalar) {
    const series = left.isScalar ? right : left;
    const computed = computedFrom(series, keptKind(series.kind));
    return filters ? { ...computed, isAlwaysPresent: false } : computed;
  }
  if (operator === 'or') return { ...eitherShape(left, right), ...orShape(left, right) };
  checkSides(binary, left, right, examination);
  return combine(binary, left, right);
}

const orShape = (left: Shape, right: Shape): Partial<Shape> => ({
  kind: left.kind === right.kind && left.kind !== 'counter' ? left.kind : 'unknown',
  isAlwaysPresent: left.isAlwaysPresent || right.isAlwaysPresent,
});

function combine({ operator, matching, group }: Binary, left: Shape, right: Shape): Shape {
  const isSet = operator === 'and' || operator === 'unless';
  const [many, one] = group?.many === 'right' ? [right, left] : [left, right];
  const words = matching?.labels ?? [];
  const names = words.map(({ text }) => text);
  const isOpen = words.some(({ isVariable }) => isVariable) || group?.labels.some(({ isVariable }) => isVariable);
  const matched = matching?.isOn ? keepLabels(many.labels, names) : dropLabels(many.labels, names);
  const grouped = addLabels(
    many.labels,
    (group?.labels ?? []).map(({ text }) => text),
  );
  const labels = isSet ? left.labels : group ? grouped : matched;
  return {
    labels: isOpen ? anyLabels : labels,
    kind: keptKind(left.kind),
    isScalar: false,
    isOwn: left.isOwn && one.isOwn && many.isOwn,
    fixed: isSet ? left.fixed : new Map([...right.fixed, ...left.fixed]),
    families: isSet ? left.families : [...left.families, ...right.families],
    isAlwaysPresent: false,
    ...(left.name !== undefined && { name: left.name }),
  };
}

/** Checks that series of both sides can have the same labels. */
function checkSides(binary: Binary, left: Shape, right: Shape, examination: Examination): void {
  const { matching, group } = binary;
  const words = matching?.labels ?? [];
  const many = group?.many === 'right' ? right : left;
  const one = many === left ? right : left;
  for (const label of group?.labels ?? []) {
    if (label.isVariable || canHave(one.labels, label.text)) continue;
    const message = `label "${label.text}" cannot be taken from the other side, which has (${[...one.labels.possible].join(', ')}). Remove it`;
    examination.report('unknown-label', label, message, { isOwn: one.isOwn, severity: 'remark' });
  }
  if (words.some(({ isVariable }) => isVariable)) return;
  if (!checkMatchingLabels(words, matching?.isOn ?? false, [left, right], examination)) return;
  reportDifference(binary, left, right, examination);
}

function checkMatchingLabels(
  words: readonly Word[],
  isOn: boolean,
  sides: readonly [Shape, Shape],
  examination: Examination,
): boolean {
  const [left, right] = sides;
  return words.every((word) => {
    if (isOn) return sides.every((side) => checkLabel(word, side, examination));
    // Why if both lack it: a label is ignored that one side has, and the other does not.
    if (canHave(right.labels, word.text)) return true;
    return checkLabel(word, left, examination);
  });
}

function reportDifference(binary: Binary, left: Shape, right: Shape, examination: Examination): void {
  const { matching, operatorSpan } = binary;
  const names = (matching?.labels ?? []).map(({ text }) => text);
  const [a, b] = [left, right].map(({ labels }) =>
    matching?.isOn ? keepLabels(labels, names) : dropLabels(labels, names),
  ) as [Shape['labels'], Shape['labels']];
  const isOwn = left.isOwn && right.isOwn;
  const family = left.families[0] ?? right.families[0];
  const different = findDifference(a, b);
  if (different !== undefined) {
    const [has, lacks] = a.sure.has(different) ? ['left', 'right'] : ['right', 'left'];
    examination.report(
      'sides-never-match',
      operatorSpan,
      `the sides never match: each series of the ${has} side has the label "${different}", and none of the ${lacks} side has it. Add on (…) or ignoring (${different}), or aggregate both by the same labels`,
      { isOwn, family },
    );
    return;
  }
  const contrary = [...left.fixed].find(
    ([label, value]) => canHave(a, label) && (right.fixed.get(label) ?? value) !== value,
  );
  if (contrary === undefined) return;
  const [label, value] = contrary;
  examination.report(
    'sides-never-match',
    operatorSpan,
    `the sides never match: the label "${label}" is "${value}" on the left side, and "${right.fixed.get(label)}" on the right side. Add ignoring (${label}), or aggregate it away`,
    { isOwn, family },
  );
}
