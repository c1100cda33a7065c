import { isLabelName } from '../../families/naming.js';
import type { Collectors } from '../../store/collectors.js';
import type {
  ConstantLabels,
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
}

interface ExternalMetric {
  readonly name?: string;
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
}

const types: Readonly<Record<string, ExposedType>> = {
  counter: 'counter',
  gauge: 'gauge',
  histogram: 'histogram',
  summary: 'summary',
};

/** The labels that the registry gives to every sample that has no label of that name. */
export const defaultLabels = ({ _defaultLabels = {} }: ExternalRegistry): ConstantLabels =>
  Object.entries(_defaultLabels).map(([name, value]) => [name, labelText(value) ?? '']);

/** Whether this registry takes `_total` off the names of its counters, and adds it again when it writes them. */
export const addsTotal = ({ contentType = '' }: ExternalRegistry): boolean =>
  contentType.startsWith('application/openmetrics-text');

/** The metrics of a registry, ours included. */
export const listMetrics = (registry: ExternalRegistry): readonly unknown[] =>
  registry.getMetricsAsArray() as unknown[];

/** Reads the metrics of a registry, without `excluded`. One that fails, or takes too long, costs only itself. */
export async function readRegistry(
  registry: ExternalRegistry,
  collectors: Collectors,
  seconds: number,
  excluded: ReadonlySet<unknown> = new Set(),
): Promise<ExposedFamily[]> {
  const metrics = listMetrics(registry).filter((metric) => !excluded.has(metric)) as ExternalMetric[];
  const running = metrics.map((metric) =>
    collectors.run(metric, String(metric.name), async () => checkSnapshot(await metric.get()), seconds),
  );
  const snapshots = await Promise.all(running);
  return snapshots.flatMap((snapshot) => (snapshot === undefined ? [] : [toExposedFamily(snapshot, registry)]));
}

/** Throws unless this is what a metric gives: what cannot be written must cost no more than that metric. */
function checkSnapshot(snapshot: ExternalSnapshot): ExternalSnapshot {
  const { name, values } = snapshot;
  if (typeof name === 'string' && Array.isArray(values) && values.every((each) => typeof each?.value === 'number')) {
    return snapshot;
  }
  throw new TypeError('it gives no name, or no list of values that are numbers');
}

function toExposedFamily(
  { name: given, help, type, values }: ExternalSnapshot,
  registry: ExternalRegistry,
): ExposedFamily {
  const added = defaultLabels(registry);
  const name = addsTotal(registry) && type === 'counter' && !given.endsWith('_total') ? `${given}_total` : given;
  return {
    name,
    type: types[type] ?? 'unknown',
    help: String(help),
    *write(samples) {
      const writer = new ExternalSamples(samples);
      for (const [i, value] of values.entries()) {
        writer.add(toSample(given, value, added));
        if (i % 128 === 127) yield;
      }
      writer.flush();
    },
  };
}

/** One value of an external metric: what its name adds to the metric's, its labels, and the bound of a bucket or quantile. */
interface ExternalSample {
  readonly suffix: string;
  readonly labels: ConstantLabels;
  readonly value: number;
  readonly bound: UpperBound | undefined;
}

function toSample(
  name: string,
  { value, labels = {}, sharedLabels, metricName = name }: ExternalValue,
  added: ConstantLabels,
): ExternalSample {
  let bound: UpperBound | undefined;
  const own = { ...labels, ...sharedLabels };
  const named: (readonly [name: string, value: string])[] = [];
  for (const [label, raw] of Object.entries(own)) {
    if (label === 'le' || label === 'quantile') bound = { label, at: parseBound(raw) };
    else if (isLabelName(label)) named.push([label, labelText(raw) ?? '']);
  }
  for (const one of added) if (!Object.hasOwn(own, one[0])) named.push(one);
  return { suffix: metricName.slice(name.length), labels: named, value, bound };
}

const parseBound = (raw: unknown): number => (raw === '+Inf' ? Infinity : Number(raw));

/**
 * Writes the values of an external metric in their order. Values that follow each other and are together one series of a
 * histogram or summary are written as such; every other value is written as a sample of its own.
 */
class ExternalSamples {
  readonly #samples: SampleWriter;
  /** Values with the same labels that may become one histogram or summary. */
  #group: ExternalSample[] = [];
  #upperBounds: readonly number[] = [];

  constructor(samples: SampleWriter) {
    this.#samples = samples;
  }

  add(sample: ExternalSample): void {
    const [first] = this.#group;
    if (first !== undefined && !haveSameLabels(first, sample)) this.flush();
    this.#group.push(sample);
    // Why: a count is the last value of a series, and a value without a bound is no part of one that begins.
    if (sample.suffix === '_count' || (this.#group.length === 1 && sample.bound === undefined)) this.flush();
  }

  flush(): void {
    const group = this.#group;
    this.#group = [];
    const [first] = group;
    if (first === undefined) return;
    if (this.#writeWhole(first, group)) return;
    for (const { suffix, labels, value, bound } of group) {
      const depth = this.#writeLabels(labels);
      if (suffix === '' && bound === undefined) this.#samples.value(depth, value);
      else this.#samples.sample(depth, suffix, value, bound);
    }
  }

  /** Writes the group as one histogram or summary, if it is one: bounds, then the sum, then the count. */
  #writeWhole(first: ExternalSample, group: readonly ExternalSample[]): boolean {
    const bounded = group.slice(0, -2);
    const [sum, count] = group.slice(-2) as [ExternalSample, ExternalSample];
    if (bounded.length === 0 || sum.suffix !== '_sum' || count.suffix !== '_count') return false;
    if (sum.bound !== undefined || count.bound !== undefined) return false;
    const bounds = bounded.map(({ bound }) => bound?.at ?? Number.NaN);
    const values = bounded.map(({ value }) => value);
    const total = { sum: sum.value, count: count.value };
    if (isHistogram(bounded, bounds)) {
      const upperBounds = this.#shareBounds(bounds);
      const view = { upperBounds, cumulativeCounts: values, ...total, createdAt: undefined, exemplars: undefined };
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
