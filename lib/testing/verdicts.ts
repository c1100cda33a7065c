import { formatValue, MetricsError } from '../error.js';
import { isFunction, isObject } from '../validation.js';
import { formatSample, hasLabels, type ReadableMetrics, type Sample, type SampleLabels } from './samples.js';

/** The result of an assertion, with the message of a test where it fails, and the one where its negation fails. */
export interface Verdict {
  readonly holds: boolean;
  readonly message: string;
  readonly negated: string;
  readonly expected?: unknown;
  readonly actual?: unknown;
}

/** The verdict on a series, and the series that match. */
export interface SeriesVerdict extends Verdict {
  readonly name: string;
  readonly text: string;
  readonly matching: readonly Sample[];
}

/** A matcher of a test runner in the place of a number: `expect.closeTo(0.5)`. */
export interface NumberMatcher {
  asymmetricMatch(actual: unknown): boolean;
  /** How the test runner shows it. */
  toAsymmetricMatcher?(): string;
}

/** A number that a test expects. */
export type ExpectedNumber = number | NumberMatcher;

const methods = ['series', 'value', 'increase', 'families'] as const satisfies readonly (keyof ReadableMetrics)[];

/** Gives the value under test as metrics, or throws what it lacks. Why: a `PrometheusRecorder` cannot be read back so. */
export function readableMetrics(assertion: string, value: unknown): ReadableMetrics {
  if (isObject(value) && methods.every((method) => isFunction(value[method])))
    return value as unknown as ReadableMetrics;
  const message = `the value must be a MemoryRecorder (given ${formatValue(value)}). Let the code under test report to new MemoryRecorder().`;
  throw new MetricsError(assertion, [{ code: 'illegal_option', message }]);
}

/** Judges whether a series of this name has at least these labels. */
export function judgeSeries(metrics: ReadableMetrics, name: string, labels: SampleLabels = {}): SeriesVerdict {
  const all = metrics.series(name);
  // Why: it refuses a label that the series of this name cannot have.
  metrics.value(name, labels);
  const matching = all.filter((one) => hasLabels(one.labels, labels));
  const text = formatSample(name, labels);
  return {
    name,
    text,
    matching,
    holds: matching.length > 0,
    message: `expected a series ${text}; ${describeNearest(metrics, name, labels)}`,
    negated: `expected no series ${text}, but there is ${formatSamples(name, matching)}`,
  };
}

/**
 * Judges the value of the one series that was found. Where there are several, the assertion fails, negated or not: it would
 * hold for the wrong reason.
 */
export function judgeValue(
  { name, text, matching }: SeriesVerdict,
  expected: ExpectedNumber,
  isNegated: boolean,
): Verdict {
  const [one] = matching;
  if (matching.length > 1) {
    const message = `expected ${text} to be one series, but there are ${formatSamples(name, matching)}. Name more labels.`;
    return { holds: isNegated, message, negated: message, expected, actual: matching.map(({ value }) => value) };
  }
  const wanted = formatExpected(expected);
  return {
    holds: fits(expected, one?.value),
    message: `expected ${text} to be ${wanted}, but it is ${one?.value}`,
    negated: `expected ${text} not to be ${wanted}`,
    expected,
    actual: one?.value,
  };
}

/** An increase that was measured: of which series, and by how much it grew. */
export interface Increase {
  readonly metrics: ReadableMetrics;
  readonly name: string;
  readonly labels: SampleLabels;
  readonly increase: number;
}

/** Judges an increase: whether there is one, or whether it is by this number. */
export const judgeIncrease = (measured: Increase, by?: ExpectedNumber): Verdict =>
  by === undefined ? judgeAnyIncrease(measured) : judgeIncreaseBy(measured, by);

function judgeAnyIncrease({ metrics, name, labels, increase }: Increase): Verdict {
  const text = formatSample(name, labels);
  return {
    holds: increase > 0,
    message: `expected ${text} to increase, but it did not; ${describeNearest(metrics, name, labels)}`,
    negated: `expected ${text} not to increase, but it did by ${increase}`,
  };
}

function judgeIncreaseBy({ metrics, name, labels, increase }: Increase, by: ExpectedNumber): Verdict {
  const text = formatSample(name, labels);
  const wanted = formatExpected(by);
  // Why only then: a series that grew has the labels that the test means.
  const found = increase === 0 ? `did not; ${describeNearest(metrics, name, labels)}` : `did by ${increase}`;
  return {
    holds: fits(by, increase),
    message: `expected ${text} to increase by ${wanted}, but it ${found}`,
    negated: `expected ${text} not to increase by ${wanted}`,
    expected: by,
    actual: increase,
  };
}

const fits = (expected: ExpectedNumber, actual: unknown): boolean =>
  typeof expected === 'object' ? expected.asymmetricMatch(actual) : Object.is(expected, actual);

const formatExpected = (expected: ExpectedNumber): string =>
  typeof expected === 'object' ? (expected.toAsymmetricMatcher?.() ?? String(expected)) : String(expected);

/** Describes what exists instead: the series of this name with most of the labels, or else the families. */
function describeNearest(metrics: ReadableMetrics, name: string, labels: SampleLabels): string {
  const all = metrics.series(name);
  if (all.length === 0) return `no series has that name; the families are ${metrics.families().join(', ') || 'none'}`;
  const common = (one: Sample): number => Object.entries(labels).filter(([k, value]) => one.labels[k] === value).length;
  const closest = all.toSorted((a, b) => common(b) - common(a));
  return `the nearest of ${all.length}: ${formatSamples(name, closest)}`;
}

function formatSamples(name: string, samples: readonly Sample[]): string {
  const first = samples.slice(0, 3).map(({ labels, value }) => `${formatSample(name, labels)} ${value}`);
  return samples.length > 3 ? `${first.join(', ')}, …` : first.join(', ');
}
