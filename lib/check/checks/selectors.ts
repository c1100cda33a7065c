import { findNearest, suggestNearest } from '../../nearest-name.js';
import { canonicalFloat, goFloat } from '../../store/go-float.js';
import type { Examination } from '../examination.js';
import type { KnownFamily, KnownSeries } from '../known-names.js';
import { canHave } from '../label-names.js';
import type { Matcher, Selector, Word } from '../promql/expression.js';
import { anyShape, type Shape } from '../shape.js';

/** The label that is the name of a metric. */
const nameLabel = '__name__';

/** Checks the name and the matchers of a selector; gives what is known of its series. */
export function examineSelector(
  selector: Selector,
  examination: Examination,
  shapeOfRecord: (name: string) => Shape,
): Shape {
  const shape = examineName(selector, examination, shapeOfRecord);
  const labelled = selector.matchers.filter(({ label }) => label.text !== nameLabel && !label.isVariable);
  for (const { label } of labelled) checkLabel(label, shape, examination);
  for (const matchers of groupByLabel(labelled)) checkMatchers(matchers, shape, examination);
  const fixed = labelled.filter(({ operator, value }) => operator === '=' && !value.isVariable && value.text !== '');
  return {
    ...shape,
    fixed: new Map(fixed.map(({ label, value }) => [label.text, value.text])),
    isAlwaysPresent: shape.isAlwaysPresent && labelled.every(({ label }) => !isTargetLabel(label.text, shape)),
  };
}

/** Whether a label comes from the target: what is always there may not be there of that target. */
const isTargetLabel = (label: string, { families }: Shape): boolean =>
  families.every(({ values }) => !values.has(label));

function examineName(selector: Selector, examination: Examination, shapeOfRecord: (name: string) => Shape): Shape {
  const { names, records } = examination.knowledge;
  const written = selector.name;
  if (written !== undefined) return written.isVariable ? anyShape : examineWord(written);
  const matcher = selector.matchers.find(({ label }) => label.text === nameLabel);
  if (matcher === undefined || matcher.value.isVariable) return anyShape;
  if (matcher.operator === '=') return examineWord(matcher.value);
  if (matcher.operator !== '=~') return anyShape;
  const pattern = toPattern(matcher.value.text);
  if (pattern === undefined || names.hasPatterns) return anyShape;
  if (names.findMatching(pattern).length === 0 && records.findMatching(pattern).length === 0) {
    examination.report(
      'unknown-name',
      matcher.value,
      `no metric has a name that matches "${matcher.value.text}". Correct the pattern, or name other metrics with --external`,
      { isOwn: true },
    );
  }
  return anyShape;

  function examineWord(word: Word): Shape {
    const series = names.find(word.text);
    if (series !== undefined) {
      reportAbsence(word, series.family, examination);
      return shapeOf(series, word.text);
    }
    if (records.has(word.text)) return renameRecorded(shapeOfRecord(word.text), word.text);
    reportUnknownName(word, examination);
    return anyShape;
  }
}

function renameRecorded(recorded: Shape, name: string): Shape {
  const { recordedFrom = recorded.name } = recorded;
  return { ...recorded, name, ...(recordedFrom !== undefined && { recordedFrom }) };
}

/** Reports a name that is right and that nothing exposes. */
function reportAbsence(word: Word, { absence }: KnownFamily, examination: Examination): void {
  if (absence === undefined) return;
  const message = `metric "${word.text}" is not there (given that ${absence}). Install prom-client and set processMetrics: true, or name the metrics of others with --external`;
  examination.report('absent-process-metric', word, message, { isOwn: false });
}

const shapeOf = ({ family, kind, labels }: KnownSeries, name: string): Shape => ({
  name,
  labels,
  kind,
  isScalar: false,
  isOwn: family.isOwn,
  fixed: new Map(),
  families: [family],
  isAlwaysPresent: family.startsAtZero === true,
});

function reportUnknownName(word: Word, examination: Examination): void {
  const { message, nearest } = describeUnknownName(word.text, examination);
  const family = nearest === undefined ? undefined : examination.knowledge.names.find(nearest)?.family;
  examination.report('unknown-name', word, message, { isOwn: true, nearest, family });
}

function describeUnknownName(text: string, examination: Examination): { message: string; nearest?: string } {
  const { names } = examination.knowledge;
  const [, base = '', suffix = ''] = /^(.*)(_(?:bucket|sum|count|total))$/.exec(text) ?? [];
  const [whole, part] = [names.findFamily(text), names.findFamily(base)];
  if (whole !== undefined) {
    const message = `the ${whole.kind} "${text}" has no series of its own name. Use ${text}_bucket, ${text}_sum or ${text}_count`;
    return { message, nearest: `${text}_bucket` };
  }
  if (part !== undefined && part.kind !== 'unknown') {
    return { message: `"${base}" is a ${part.kind}, which has no "${suffix}". Use ${base}`, nearest: base };
  }
  const nearest = examination.nearestName(text);
  return nearest === undefined
    ? { message: `metric "${text}" is unknown. Correct the name, or name other metrics with --external` }
    : { message: `metric "${text}" is unknown. Did you mean ${nearest}?`, nearest };
}

/** Checks that a name is a label of what a shape describes; says whether it is. */
export function checkLabel(label: Word, shape: Shape, examination: Examination, of = describe(shape)): boolean {
  if (label.isVariable || label.text === nameLabel || canHave(shape.labels, label.text)) return true;
  const names = [...shape.labels.possible];
  const nearest = findNearest(label.text, names);
  const own = listOwnLabels(shape, examination);
  const remedy = nearest === undefined ? 'Use one of these' : `Did you mean ${nearest}?`;
  const message =
    names.length === 0
      ? `label "${label.text}" is lost: ${of} has no labels. Keep it with by (${label.text})`
      : `label "${label.text}" is none of ${of} (given ${own}). ${remedy}`;
  examination.report('unknown-label', label, message, { isOwn: shape.isOwn, nearest, family: shape.families[0] });
  return false;
}

/** Checks that a text of an alert names a label that the alert has; remarks on one that leaves a gap in the text. */
export function checkNamed(label: Word, shape: Shape, examination: Examination): void {
  if (canHave(shape.labels, label.text)) return;
  const names = [...shape.labels.possible];
  const nearest = findNearest(label.text, names);
  const given = names.length === 0 ? 'no label' : listOwnLabels(shape, examination);
  const message = `the text of the alert names the label "${label.text}", which the expression does not leave (given ${given}). ${suggestNearest(label.text, names, 'Keep it in the expression, or leave it out of the text')}`;
  examination.report('label-not-left', label, message, { isOwn: shape.isOwn, nearest, family: shape.families[0] });
}

/** The labels that matter to a reader: without those that Prometheus may add. */
function listOwnLabels({ labels }: Shape, { knowledge }: Examination): string {
  const added = knowledge.names.withTargetLabels([], []);
  const own = [...labels.possible].filter((label) => !added.possible.has(label) || !labels.sure.has('job'));
  return own.length === 0 ? 'only those of its target' : own.join(', ');
}

/** What a message calls the series of a shape. */
export const describe = ({ name = 'this expression' }: Shape): string => name;

function groupByLabel(matchers: readonly Matcher[]): Matcher[][] {
  const groups = new Map<string, Matcher[]>();
  for (const matcher of matchers) groups.set(matcher.label.text, [...(groups.get(matcher.label.text) ?? []), matcher]);
  return [...groups.values()];
}

/** Checks that some value satisfies all matchers of one label. */
function checkMatchers(matchers: readonly Matcher[], shape: Shape, examination: Examination): void {
  const tests = matchers.map((matcher) => ({ matcher, test: createTest(matcher) }));
  const known = tests.filter(({ test }) => test !== undefined);
  const { label } = matchers[0] as Matcher;
  const domain = findDomain(label.text, shape);
  const wanted = matchers.find(({ operator, value }) => operator === '=' && !value.isVariable);
  // Why the text that is wanted: without listed values, only that one can satisfy all matchers.
  const candidates = domain?.values ?? (wanted === undefined ? undefined : [wanted.value.text]);
  if (candidates === undefined || known.some(({ test }) => test?.(''))) return;
  let left = candidates;
  for (const { matcher, test } of known) {
    left = left.filter((value) => test?.(value));
    if (left.length > 0) continue;
    const message = domain
      ? describeImpossible(matcher, domain)
      : `no value of "${label.text}" satisfies all matchers of it. Remove one of them`;
    const nearest = domain && findNearest(matcher.value.text, domain.values);
    examination.report('impossible-matcher', matcher, message, {
      isOwn: shape.isOwn,
      nearest,
      family: domain?.family ?? shape.families[0],
    });
    return;
  }
}

interface Domain {
  readonly values: readonly string[];
  readonly what: string;
  readonly family: KnownFamily;
}

function describeImpossible({ label, value }: Matcher, { values, what, family }: Domain): string {
  const remedy = suggestNearest(value.text, values, 'Use one of these');
  const given = what === 'bounds' ? values.filter((one) => !one.endsWith('.0')) : values;
  return `no ${what === 'bounds' ? 'bound' : 'value'} of "${label.text}" in ${family.name} matches "${value.text}" (given ${given.join(', ')}). ${remedy}`;
}

/** The values that a label of one family can have, where these are known. */
function findDomain(label: string, { families, kind }: Shape): Domain | undefined {
  const [family] = families;
  if (family === undefined || families.length > 1) return undefined;
  if (kind === 'buckets' && label === 'le') {
    if (family.buckets === undefined) return undefined;
    return { values: [...family.buckets.flatMap(formatBound), '+Inf'], what: 'bounds', family };
  }
  const values = family.values.get(label);
  return values && { values, what: 'values', family };
}

/** How a bound is stored. Why in two ways: a whole number is `1` in the text format, and `1.0` in OpenMetrics. */
const formatBound = (bound: number): string[] => [...new Set([goFloat(bound), canonicalFloat(bound)])];

/** Tells whether a value satisfies a matcher; `undefined` where that is not known. */
function createTest({ operator, value }: Matcher): ((value: string) => boolean) | undefined {
  if (value.isVariable) return undefined;
  if (operator === '=') return (one) => one === value.text;
  if (operator === '!=') return (one) => one !== value.text;
  const pattern = toPattern(value.text);
  return pattern && ((one) => pattern.test(one) === (operator === '=~'));
}

/**
 * What RE2 reads in another way than JavaScript, which takes it for other characters without an error: classes such as
 * `[[:alpha:]]` and `\pL`, the ends `\A` and `\z`, quoted text, and codes in braces. Source: RE2, "Syntax".
 */
const onlyInRe2 = /\[:\^?[a-z]+:\]|\\[pPAzQECax]/;

/** The pattern of a matcher, which holds for the whole value; `undefined` where JavaScript cannot read it. */
export function toPattern(text: string): RegExp | undefined {
  if (onlyInRe2.test(text.replace(/\\\\/g, ''))) return undefined;
  const [, flags = '', rest = ''] = /^\(\?([is]+)\)(.*)$/s.exec(text) ?? [undefined, '', text];
  try {
    return new RegExp(`^(?:${rest})$`, [...new Set(`s${flags}`)].join(''));
  } catch {
    return undefined;
  }
}
