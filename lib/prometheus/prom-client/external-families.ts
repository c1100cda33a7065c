import { isLabelName } from '../../families/naming.js';
import type { Collection } from '../../store/collection.js';
import type { Bound, ExposedFamily, ExposedType, SampleWriter } from '../../store/exposed-family.js';
import { labelText } from '../../store/label-text.js';

/** A value of a metric of prom-client 15 or of its successor. */
interface ForeignValue {
  readonly value: number;
  readonly labels?: Readonly<Record<string, unknown>>;
  readonly sharedLabels?: Readonly<Record<string, unknown>>;
  readonly metricName?: string;
}

export interface ForeignMetric {
  readonly name?: string;
  get(): Promise<ForeignSnapshot> | ForeignSnapshot;
}

interface ForeignSnapshot {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly values: readonly ForeignValue[];
}

/** The part of a prom-client `Registry` that is used: known by its shape, as several copies and successors exist. */
export interface ForeignRegistry {
  getMetricsAsArray(): unknown[];
  getSingleMetric(name: string): unknown;
  registerMetric(metric: never): void;
  readonly contentType?: string;
  /** Labels of every sample that do not already have them; prom-client keeps them here. */
  readonly _defaultLabels?: Readonly<Record<string, unknown>>;
}

const types: Readonly<Record<string, ExposedType>> = {
  counter: 'counter',
  gauge: 'gauge',
  histogram: 'histogram',
  summary: 'summary',
};

/** The labels that the registry gives to every sample that has none of these names. */
export const defaultLabels = ({ _defaultLabels = {} }: ForeignRegistry): readonly (readonly [string, string])[] =>
  Object.entries(_defaultLabels).map(([name, value]) => [name, labelText(value) ?? '']);

/** The metrics of a registry but for ours. One that fails, or is not there in time, costs only itself. */
export async function foreignFamilies(
  registry: ForeignRegistry,
  collection: Collection,
  seconds: number,
  ours: (metric: unknown) => boolean = () => false,
): Promise<ExposedFamily[]> {
  const metrics = registry.getMetricsAsArray().filter((metric) => !ours(metric)) as ForeignMetric[];
  const collected = metrics.map((metric) =>
    collection.of(metric, String(metric.name), async () => whole(await metric.get()), seconds),
  );
  const snapshots = await Promise.all(collected);
  const added = defaultLabels(registry);
  const adds = addsTotal(registry);
  return snapshots.flatMap((snapshot) => (snapshot === undefined ? [] : [exposed(snapshot, added, adds)]));
}

/** Throws where this is not what a metric gives: what cannot be written must cost no more than that metric. */
function whole(snapshot: ForeignSnapshot): ForeignSnapshot {
  const { name, values } = snapshot;
  if (typeof name === 'string' && Array.isArray(values) && values.every((each) => typeof each?.value === 'number')) {
    return snapshot;
  }
  throw new TypeError('it gives no name, or no list of values that are numbers');
}

/** Whether this registry takes `_total` off the names of its counters, and adds it again when it writes them. */
export const addsTotal = ({ contentType = '' }: ForeignRegistry): boolean =>
  contentType.startsWith('application/openmetrics-text');

function exposed(
  { name: given, help, type, values }: ForeignSnapshot,
  added: readonly (readonly [string, string])[],
  adds: boolean,
): ExposedFamily {
  const name = adds && type === 'counter' && !given.endsWith('_total') ? `${given}_total` : given;
  return {
    name,
    type: types[type] ?? 'unknown',
    help: String(help),
    *write(samples) {
      for (const [i, value] of values.entries()) {
        writeValue(given, value, added, samples);
        if (i % 128 === 127) yield;
      }
    },
  };
}

function writeValue(
  name: string,
  { value, labels = {}, sharedLabels, metricName = name }: ForeignValue,
  added: readonly (readonly [string, string])[],
  samples: SampleWriter,
): void {
  let depth = 0;
  let bound: Bound | undefined;
  const own = { ...labels, ...sharedLabels };
  for (const [label, raw] of Object.entries(own)) {
    if (label === 'le' || label === 'quantile') bound = { label, at: boundOf(raw) };
    else if (isLabelName(label)) samples.label(depth++, label, labelText(raw) ?? '');
  }
  for (const [label, text] of added) if (!Object.hasOwn(own, label)) samples.label(depth++, label, text);
  samples.sample(depth, metricName.slice(name.length), value, bound);
}

const boundOf = (raw: unknown): number => (raw === '+Inf' ? Infinity : Number(raw));
