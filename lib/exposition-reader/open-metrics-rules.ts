import type { Consumer, ExposedSample } from './exposition.js';
import type { ExpositionBuilder } from './exposition-builder.js';
import { keyOfLabels } from './label-key.js';
import type { Exemplar } from './open-metrics-reader.js';
import { parseGoFloat } from './parse-go-float.js';

/** The strictest reader of OpenMetrics, that of the client for Python. */
export const referenceParser: readonly Consumer[] = ['the reference parser'];

type Labels = ExposedSample['labels'];

/** What stands after the name of a family in the names of its samples, by its type. */
const endings: Readonly<Record<string, readonly string[]>> = {
  counter: ['_total', '_created'],
  summary: ['', '_count', '_sum', '_created'],
  histogram: ['_count', '_sum', '_bucket', '_created'],
  gaugehistogram: ['_gcount', '_gsum', '_bucket'],
  info: ['_info'],
};
const endingsOf = (type: string): readonly string[] => endings[type] ?? [''];

/** One label set of a family. */
interface Group {
  readonly key: string;
  timestamp: string | undefined;
  /** The samples of one time. */
  seen: Set<string>;
}

/** The family that is read at the moment. */
interface Current {
  readonly at: number;
  readonly name: string;
  /** The texts of TYPE, HELP and UNIT, as far as they are there. */
  readonly metadata: Map<string, string>;
  hasSamples: boolean;
  allowed: ReadonlySet<string>;
  group: Group | undefined;
  readonly groups: Set<string>;
  histogram: Histogram | undefined;
}

/** What is known of one label set of a histogram, up to here. */
interface Histogram {
  readonly key: string;
  readonly timestamp: string | undefined;
  bound: number | undefined;
  value: number;
  count: number | undefined;
  hasSum: boolean;
  hasGaugeSum: boolean;
  hasNegativeBound: boolean;
  hasNegativeGaugeSum: boolean;
}

/** What the reference parser of OpenMetrics refuses of a text that Prometheus takes. It stops at the first. */
export class OpenMetricsRules {
  readonly #builder: ExpositionBuilder;
  readonly #names = new Set<string>();
  #current: Current | undefined;
  #isDone = false;

  constructor(builder: ExpositionBuilder) {
    this.#builder = builder;
  }

  metadata(at: number, kind: string, name: string, text: string): void {
    const isLate = this.#current?.name === name && this.#current.hasSamples;
    if (isLate) this.#object(at, 'metadata stands after the samples of its family');
    if (this.#current?.name !== name) this.#start(at, name, undefined);
    const current = this.#current as Current;
    if (current.metadata.has(kind)) this.#object(at, `a second ${kind} stands here for one family`);
    current.metadata.set(kind, text);
    if (kind === 'TYPE') current.allowed = new Set(endingsOf(text).map((ending) => name + ending));
  }

  sample(at: number, sample: ExposedSample, timestamp: string | undefined, exemplar: Exemplar | undefined): void {
    if (!this.#current?.allowed.has(sample.name)) this.#start(at, sample.name, 'unknown');
    const current = this.#current as Current;
    current.hasSamples = true;
    const complaint =
      exemplarProblem(exemplar) ??
      labelProblem(current, sample) ??
      this.#enterGroup(current, sample, timestamp) ??
      valueProblem(current, sample) ??
      (exemplar === undefined || mayHaveExemplar(current, sample.name)
        ? undefined
        : 'an exemplar stands behind neither the total of a counter nor a bucket') ??
      this.#enterHistogram(current, sample, timestamp);
    this.#object(at, complaint);
  }

  end(): void {
    this.#finish();
  }

  #object(at: number, what: string | undefined): void {
    if (what === undefined || this.#isDone) return;
    this.#isDone = true;
    this.#builder.object(at, what, referenceParser);
  }

  #start(at: number, name: string, type: string | undefined): void {
    this.#finish();
    this.#current = {
      at,
      name,
      metadata: new Map(type === undefined ? [] : [['TYPE', type]]),
      hasSamples: false,
      allowed: new Set([name]),
      group: undefined,
      groups: new Set(),
      histogram: undefined,
    };
  }

  /** Judges the family that ends here as a whole. */
  #finish(): void {
    if (this.#current === undefined) return;
    const { at, histogram } = this.#current;
    this.#object(at, this.#familyProblem(this.#current));
    if (histogram !== undefined) this.#object(at, histogramProblem(histogram));
  }

  #familyProblem({ name, metadata }: Current): string | undefined {
    if (!/^[a-zA-Z_:][\w:]*$/.test(name)) return 'the name of the family is no metric name';
    const type = metadata.get('TYPE') ?? 'unknown';
    for (const ending of new Set([...endingsOf(type), ''])) {
      if (this.#names.has(name + ending)) {
        return 'the family stands in two places, or another one has a name like its samples';
      }
      this.#names.add(name + ending);
    }
    const hasUnit = (metadata.get('UNIT') ?? '') !== '';
    return hasUnit && ['info', 'stateset'].includes(type) ? `a family of the type ${type} has a unit` : undefined;
  }

  #enterGroup(current: Current, { name, labels }: ExposedSample, timestamp: string | undefined): string | undefined {
    const key = groupOf(current, name, labels);
    const { group } = current;
    if (group !== undefined && group.key !== key && current.groups.has(key))
      return 'the samples of one label set do not stand together';
    if (group === undefined || group.key !== key) {
      current.group = { key, timestamp, seen: new Set() };
    } else {
      if ((timestamp === undefined) !== (group.timestamp === undefined))
        return 'some samples of one label set have a timestamp, and others have none';
      if (timestamp !== undefined && typeOf(current) !== 'info' && isLater(group.timestamp as string, timestamp))
        return 'the timestamps of one label set go back';
      group.timestamp = timestamp;
    }
    current.groups.add(key);
    return undefined;
  }

  #enterHistogram(current: Current, sample: ExposedSample, timestamp: string | undefined): string | undefined {
    if (!isHistogram(typeOf(current))) return undefined;
    const key = keyWithout(sample.labels, sample.name.endsWith('_bucket') ? 'le' : '');
    const before = current.histogram;
    if (before === undefined || before.key !== key || !isSameTime(before.timestamp, timestamp)) {
      const complaint = before === undefined ? undefined : histogramProblem(before);
      if (complaint !== undefined) return complaint;
      current.histogram = {
        ...{ key, timestamp, bound: undefined, value: 0, count: undefined },
        ...{ hasSum: false, hasGaugeSum: false, hasNegativeBound: false, hasNegativeGaugeSum: false },
      };
    }
    return addToHistogram(current.histogram as Histogram, current.name, sample);
  }
}

function addToHistogram(
  histogram: Histogram,
  family: string,
  { name, labels, value }: ExposedSample,
): string | undefined {
  const ending = name.slice(family.length);
  if (ending === '_bucket') {
    const bound = parseBound(labels['le']) as number;
    if (bound < 0) histogram.hasNegativeBound = true;
    if (histogram.bound !== undefined && bound <= histogram.bound) return 'the buckets are out of order';
    if (value < histogram.value) return 'a bucket counts less than the one below it';
    histogram.bound = bound;
    histogram.value = value;
  } else if (ending === '_count' || ending === '_gcount') histogram.count = value;
  else if (ending === '_sum') histogram.hasSum = true;
  else if (ending === '_gsum') {
    histogram.hasGaugeSum = true;
    if (value < 0) histogram.hasNegativeGaugeSum = true;
  }
  return undefined;
}

function histogramProblem(one: Histogram): string | undefined {
  if (one.bound !== Infinity) return 'a histogram has no +Inf bucket';
  if (one.count !== undefined && one.count !== one.value)
    return 'the _count of a histogram differs from its +Inf bucket';
  if ((one.hasSum || one.hasGaugeSum) && one.count === undefined) return 'a histogram has a sum and no count';
  if (!one.hasSum && !one.hasGaugeSum && one.count !== undefined) return 'a histogram has a count and no sum';
  if (one.hasNegativeBound && one.hasSum) return 'a histogram with a negative bound has a sum';
  if (!one.hasNegativeBound && one.hasNegativeGaugeSum)
    return 'a histogram without a negative bound has a negative sum';
  return undefined;
}

/** Counts as Unicode does, not as JavaScript. */
const lengthOf = (text: string): number => [...text].length;

function exemplarProblem(exemplar: Exemplar | undefined): string | undefined {
  if (exemplar === undefined) return undefined;
  const { labels } = exemplar;
  if (new Set(labels.map(({ label }) => label)).size < labels.length) return 'a label of an exemplar stands twice';
  const length = labels.reduce((sum, { label, value }) => sum + lengthOf(label) + lengthOf(value), 0);
  return length > 128 ? 'the labels of an exemplar have more than 128 characters' : undefined;
}

function labelProblem(current: Current, sample: ExposedSample): string | undefined {
  const { labels, value } = sample;
  const { name } = current;
  const type = typeOf(current);
  for (const label in labels) if (!/^[a-zA-Z_]\w*$/.test(label)) return 'a label has no plain name';
  if (type === 'stateset' && labels[name] === undefined) return 'a stateset lacks the label of its name';
  if (sample.name === `${name}_bucket`) {
    if (!isCanonical(labels['le'], (bound) => !Number.isNaN(bound)))
      return 'the label le is no number, or not spelled as +Inf';
    if (!Number.isInteger(value)) return 'a bucket counts no whole number';
  }
  if ([`${name}_count`, `${name}_gcount`].includes(sample.name) && !Number.isInteger(value))
    return 'a count is no whole number';
  if (type === 'summary' && sample.name === name && !isCanonical(labels['quantile'], (one) => one >= 0 && one <= 1)) {
    return 'the label quantile is not between 0 and 1';
  }
  return undefined;
}

/** Why trimmed: the reference parser leaves it to Python, which overlooks blanks around a number. */
const parseBound = (text = ''): number | undefined => parseGoFloat(text.trim());

/** Whether a bound is given, fits, and is spelled as Go spells it where it is infinite. */
function isCanonical(text: string | undefined, fits: (bound: number) => boolean): boolean {
  const bound = parseBound(text);
  return bound !== undefined && fits(bound) && (bound !== Infinity || text === '+Inf');
}

function valueProblem(current: Current, sample: ExposedSample): string | undefined {
  const { value } = sample;
  const { name } = current;
  const type = typeOf(current);
  if (type === 'stateset' && value !== 0 && value !== 1) return 'a stateset has a value beside 0 and 1';
  if (type === 'info' && value !== 1) return 'an info has a value beside 1';
  if (type === 'summary' && sample.name === name && value < 0) return 'a quantile is negative';
  const ending = sample.name.slice(name.length);
  if (Number.isNaN(value) && /^_(?:total|sum|count|bucket|gcount|gsum)$/.test(ending)) return 'what counts is NaN';
  if (value < 0 && /^_(?:total|sum|count|bucket|gcount)$/.test(ending)) return 'what counts is negative';
  return undefined;
}

function mayHaveExemplar(current: Current, sample: string): boolean {
  const type = typeOf(current);
  return isHistogram(type) ? sample.endsWith('_bucket') : type === 'counter' && sample.endsWith('_total');
}

const typeOf = ({ metadata }: Current): string => metadata.get('TYPE') ?? 'unknown';

const isHistogram = (type: string): boolean => type === 'histogram' || type === 'gaugehistogram';

function groupOf(current: Current, sample: string, labels: Labels): string {
  const type = typeOf(current);
  if (type === 'info') return '';
  const isOwn = sample === current.name;
  if (type === 'summary' && isOwn) return keyWithout(labels, 'quantile');
  if (type === 'stateset') return keyWithout(labels, current.name);
  return keyWithout(labels, isHistogram(type) && sample === `${current.name}_bucket` ? 'le' : '');
}

// Why with the quotes: for the reference parser an empty label is another one than none.
const keyWithout = (labels: Labels, without: string): string =>
  keyOfLabels(labels, (label, value) => (label === without ? '' : `"${value}"`));

const isSameTime = (a: string | undefined, b: string | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && Number(a) === Number(b));

const isLater = (a: string, b: string): boolean => Number(a) > Number(b);
