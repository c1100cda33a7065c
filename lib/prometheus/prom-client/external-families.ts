import { Slices } from '../../async/slices.js';
import { isLabelName, isMetricName } from '../../families/naming.js';
import type { CollectorRuns } from '../../store/collectors.js';
import type { ScrapeScope } from '../../store/companion.js';
import type {
  ConstantLabels,
  Exemplar,
  ExposedFamily,
  ExposedType,
  SampleWriter,
  UpperBound,
} from '../../store/exposed-family.js';
import { labelText } from '../../store/label-text.js';

/** A value of a metric of prom-client 15 or of its successor. */
interface ExternalValue {
  readonly value: number;
  readonly labels?: Readonly<Record<string, unknown>>;
  readonly sharedLabels?: Readonly<Record<string, unknown>>;
  readonly metricName?: string;
  readonly exemplar?: ExternalExemplar | null;
}

interface ExternalExemplar {
  readonly labelSet?: Readonly<Record<string, unknown>>;
  readonly value?: unknown;
  readonly timestamp?: unknown;
}

interface ExternalMetric {
  readonly name?: string;
  readonly type?: string;
  readonly labelNames?: readonly string[];
  readonly collect?: unknown;
  get(): Promise<ExternalSnapshot> | ExternalSnapshot;
}

interface ExternalSnapshot {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly values: readonly ExternalValue[];
}

/** The part of a prom-client `Registry` that is used. Why a shape: several copies and successors of prom-client exist. */
export interface ExternalRegistry {
  /** Its list of metrics. prom-client 14.0 declares a promise of it, and gives the list. */
  getMetricsAsArray(): unknown[] | PromiseLike<unknown[]>;
  getSingleMetric(name: string): unknown;
  registerMetric(metric: never): void;
  readonly contentType?: string;
  /** Labels of every sample that does not have them already; prom-client keeps them here. */
  readonly _defaultLabels?: Readonly<Record<string, unknown>>;
  /** Its metrics by name; `clear()` puts another object in its place, `removeSingleMetric()` does not. */
  readonly _metrics?: unknown;
}

const types: Readonly<Record<string, ExposedType>> = {
  counter: 'counter',
  gauge: 'gauge',
  histogram: 'histogram',
  summary: 'summary',
};

const reservedLabels = ['le', 'quantile'];

/** The labels that the registry gives to every sample that has no label of that name, without those that break a scrape. */
export const defaultLabels = ({ _defaultLabels }: ExternalRegistry): ConstantLabels =>
  Object.entries(_defaultLabels ?? {})
    .filter(([name]) => isLabelName(name) && !reservedLabels.includes(name))
    .map(([name, value]) => [name, labelText(value) ?? '']);

/** Whether this registry takes `_total` off the names of its counters, and adds it again when it writes them. */
export const addsTotal = ({ contentType = '' }: ExternalRegistry): boolean =>
  contentType.startsWith('application/openmetrics-text');

/** The metrics of a registry, ours included. */
export const listMetrics = (registry: ExternalRegistry): readonly unknown[] =>
  registry.getMetricsAsArray() as unknown[];

/** Reads the metrics of a registry, without `excluded`. One that fails, or takes too long, costs only itself. */
export async function readRegistry(
  registry: ExternalRegistry,
  collectors: CollectorRuns,
  { seconds, isChosen }: ScrapeScope,
  excluded: ReadonlySet<unknown> = new Set(),
): Promise<ExposedFamily[]> {
  const added = defaultLabels(registry);
  // Why some are left out where a collector asks: to read them is to run a collector.
  const mustWait = (metric: ExternalMetric): boolean =>
    collectors.isAsking && (typeof metric.collect === 'function' || collectors.isRunning(metric));
  const running = listMetrics(registry).map(async (metric) => {
    if (!isMetric(metric) || excluded.has(metric) || mustWait(metric)) return undefined;
    const registered = registeredName(metric, registry);
    const name = exposedName(registered, metric.type, registry);
    if (!isChosen(name)) return undefined;
    const read = async () => {
      if (!isMetricName(name)) throw new TypeError('no consumer reads its name: rename it');
      return checkSnapshot(await metric.get());
    };
    const snapshot = await collectors.run(metric, name, read, seconds);
    if (snapshot === undefined) return undefined;
    const defaultsOf = chooseDefaults(snapshot.values, metric.labelNames ?? [], added);
    const given = snapshot.name === metric.name ? registered : snapshot.name;
    return toExposedFamily(snapshot, exposedName(given, snapshot.type, registry), defaultsOf);
  });
  return (await Promise.all(running)).filter((family) => family !== undefined);
}

const isMetric = (metric: unknown): metric is ExternalMetric => typeof metric === 'object' && metric !== null;

/** The name that the samples of a metric have in every format. */
function exposedName(name: string, type: string | undefined, registry: ExternalRegistry): string {
  return addsTotal(registry) && type === 'counter' && !name.endsWith('_total') ? `${name}_total` : name;
}

/**
 * The name by which a registry finds a metric. Why not the metric's own: prom-client takes `_total` off the names of
 * counters, and for good, when it writes them as OpenMetrics.
 */
function registeredName(metric: ExternalMetric, registry: ExternalRegistry): string {
  const name = String(metric.name);
  if (metric.type !== 'counter' || registry.getSingleMetric(name) === metric) return name;
  const total = `${name}_total`;
  return registry.getSingleMetric(total) === metric ? total : name;
}

/** Throws unless this is what a metric gives: what cannot be written must cost no more than that metric. */
async function checkSnapshot(snapshot: ExternalSnapshot): Promise<ExternalSnapshot> {
  const { name, values } = snapshot ?? {};
  const slices = new Slices();
  let isRight = isMetricName(name) && Array.isArray(values);
  for (const each of isRight ? values : []) {
    isRight &&= isValue(each, name);
    if (slices.isOver) await slices.pause();
  }
  if (!isRight) throw new TypeError('it gives no name that can be read, or no list of values that are numbers');
  return snapshot;
}

/** Whether this can be written as a value of the metric. Throws where a label cannot be read. */
function isValue(given: ExternalValue | null | undefined, name: string): boolean {
  if (typeof given?.value !== 'number') return false;
  const { metricName = name, labels, sharedLabels } = given;
  for (const label in labels) void labels[label];
  for (const label in sharedLabels) void sharedLabels[label];
  return metricName === name || (isMetricName(metricName) && metricName.startsWith(name));
}

function toExposedFamily(
  { name: given, help, type, values }: ExternalSnapshot,
  name: string,
  defaultsOf: DefaultsOf,
): ExposedFamily {
  return {
    name,
    type: types[type] ?? 'unknown',
    help: String(help),
    *write(samples) {
      const writer = new ExternalSamples(samples, type);
      for (const [i, value] of values.entries()) {
        writer.add(toSample(given, type, value, defaultsOf(value)));
        if (i % 128 === 127) yield;
      }
      writer.flush();
    },
  };
}

const labelsOf = ({ labels, sharedLabels }: ExternalValue): Readonly<Record<string, unknown>> => ({
  ...labels,
  ...sharedLabels,
});

type DefaultsOf = (value: ExternalValue) => ConstantLabels;

/**
 * Chooses which of the registry's default labels a value gets: those that it has not itself. Where another value would then
 * be the same series, it gets none that the metric has as labels of its own: no series may be there twice.
 */
function chooseDefaults(
  values: readonly ExternalValue[],
  labelNames: readonly string[],
  added: ConstantLabels,
): DefaultsOf {
  const missing: DefaultsOf = (value) => {
    const own = labelsOf(value);
    return added.filter(([name]) => !Object.hasOwn(own, name));
  };
  if (!added.some(([name]) => labelNames.includes(name))) return missing;
  const fewest = new Map<string, number>();
  for (const value of values) {
    const lacks = missing(value);
    const key = seriesKey(value, lacks);
    fewest.set(key, Math.min(lacks.length, fewest.get(key) ?? Infinity));
  }
  return (value) => {
    const lacks = missing(value);
    const isTaken = (fewest.get(seriesKey(value, lacks)) ?? Infinity) < lacks.length;
    return isTaken ? lacks.filter(([name]) => !labelNames.includes(name)) : lacks;
  };
}

function seriesKey(value: ExternalValue, defaults: ConstantLabels): string {
  const own = Object.entries(labelsOf(value)).map(([name, raw]) => [name, String(raw)]);
  return JSON.stringify([value.metricName, [...own, ...defaults].sort()]);
}

/** One value of an external metric: what its name adds to the metric's, its labels, and the bound of a bucket or quantile. */
interface ExternalSample {
  readonly suffix: string;
  readonly labels: ConstantLabels;
  readonly value: number;
  readonly bound: UpperBound | undefined;
  readonly exemplar: Exemplar | undefined;
}

function toSample(name: string, type: string, given: ExternalValue, defaults: ConstantLabels): ExternalSample {
  const { value, metricName = name, exemplar } = given;
  const isPlain = type === 'counter' || type === 'gauge';
  let bound: UpperBound | undefined;
  const named: (readonly [name: string, value: string])[] = [];
  for (const [label, raw] of Object.entries(labelsOf(given))) {
    // Why not of a counter or gauge: the client lets them have labels of these names.
    if (!isPlain && (label === 'le' || label === 'quantile')) bound = { label, at: parseBound(raw) };
    else if (isLabelName(label)) named.push([label, labelText(raw) ?? '']);
  }
  named.push(...defaults);
  return { suffix: metricName.slice(name.length), labels: named, value, bound, exemplar: toExemplar(exemplar) };
}

function toExemplar(given: ExternalExemplar | null | undefined): Exemplar | undefined {
  if (typeof given?.value !== 'number') return undefined;
  const { labelSet, value, timestamp } = given;
  const labels = Object.entries(labelSet ?? {}).filter(([label]) => isLabelName(label));
  return {
    labels: Object.fromEntries(labels.map(([label, raw]) => [label, labelText(raw) ?? ''])),
    value,
    ...(typeof timestamp === 'number' && { timestamp }),
  };
}

const parseBound = (raw: unknown): number => (raw === '+Inf' ? Infinity : Number(raw));

/**
 * Writes the values of an external metric in their order. Values that follow each other and are together one series of a
 * histogram or summary are written as such; every other value is written as a sample of its own.
 */
class ExternalSamples {
  readonly #samples: SampleWriter;
  readonly #type: string;
  /** Values with the same labels that may become one histogram or summary. */
  #group: ExternalSample[] = [];
  #upperBounds: readonly number[] = [];

  constructor(samples: SampleWriter, type: string) {
    this.#samples = samples;
    this.#type = type;
  }

  add(sample: ExternalSample): void {
    const [first] = this.#group;
    if (first !== undefined && !haveSameLabels(first, sample)) this.flush();
    this.#group.push(sample);
    // Why: a count is the last value of a series.
    if (sample.suffix === '_count' || (this.#group.length === 1 && !this.#mayBegin(sample))) this.flush();
  }

  /** Whether a histogram or summary may begin with this: with a bound, or with its sum where a summary has no quantiles. */
  #mayBegin({ bound, suffix }: ExternalSample): boolean {
    return bound !== undefined || (this.#type === 'summary' && suffix === '_sum');
  }

  flush(): void {
    const group = this.#group;
    this.#group = [];
    const [first] = group;
    if (first === undefined) return;
    if (this.#writeWhole(first, group)) return;
    for (const { suffix, labels, value, bound, exemplar } of group) {
      const depth = this.#writeLabels(labels);
      if (suffix === '' && bound === undefined) this.#samples.value(depth, value, undefined, exemplar);
      else this.#samples.sample(depth, suffix, value, bound, exemplar);
    }
  }

  /** Writes the group as one histogram or summary, if it is one: bounds, then the sum, then the count. */
  #writeWhole(first: ExternalSample, group: readonly ExternalSample[]): boolean {
    const bounded = group.slice(0, -2);
    const [sum, count] = group.slice(-2);
    if (sum?.suffix !== '_sum' || count?.suffix !== '_count') return false;
    if (sum.bound !== undefined || count.bound !== undefined) return false;
    const bounds = bounded.map(({ bound }) => bound?.at ?? Number.NaN);
    const values = bounded.map(({ value }) => value);
    const total = { sum: sum.value, count: count.value };
    if (isHistogram(bounded, bounds)) {
      const upperBounds = this.#shareBounds(bounds);
      const exemplars = bounded.some(({ exemplar }) => exemplar) ? bounded.map(({ exemplar }) => exemplar) : undefined;
      const view = {
        upperBounds,
        cumulativeCounts: values,
        ...total,
        createdAt: undefined,
        exemplars,
        native: undefined,
      };
      this.#samples.histogram(this.#writeLabels(first.labels), view);
      return true;
    }
    if (!isSummary(bounded)) return false;
    this.#samples.summary(this.#writeLabels(first.labels), { quantiles: bounds, values, ...total });
    return true;
  }

  /** The same list for the same bounds: a writer spells it once. */
  #shareBounds(bounds: readonly number[]): readonly number[] {
    const known = this.#upperBounds;
    if (known.length !== bounds.length || known.some((bound, i) => bound !== bounds[i])) this.#upperBounds = bounds;
    return this.#upperBounds;
  }

  #writeLabels(labels: ConstantLabels): number {
    for (const [depth, [name, value]] of labels.entries()) this.#samples.label(depth, name, value);
    return labels.length;
  }
}

function haveSameLabels({ labels: a }: ExternalSample, { labels: b }: ExternalSample): boolean {
  return a.length === b.length && a.every(([name, value], i) => b[i]?.[0] === name && b[i]?.[1] === value);
}

const isHistogram = (bounded: readonly ExternalSample[], bounds: readonly number[]): boolean =>
  bounded.every(({ suffix, bound }) => suffix === '_bucket' && bound?.label === 'le') &&
  bounds.every((bound, i) => i === 0 || bound > (bounds[i - 1] as number)) &&
  bounds.at(-1) === Infinity;

const isSummary = (bounded: readonly ExternalSample[]): boolean =>
  bounded.every(({ suffix, bound }) => suffix === '' && bound?.label === 'quantile');
