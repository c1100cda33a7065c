import type { Bound, ExposedFamily, ExposedType, SampleWriter } from '../exposition/exposed-family.js';
import { labelText } from '../labels/label-text.js';

/** A value of a metric of prom-client 15 or of its successor. */
interface ForeignValue {
  readonly value: number;
  readonly labels?: Readonly<Record<string, unknown>>;
  readonly metricName?: string;
}

interface ForeignMetric {
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
}

const types: Readonly<Record<string, ExposedType>> = {
  counter: 'counter',
  gauge: 'gauge',
  histogram: 'histogram',
  summary: 'summary',
};

/** The families of a registry of prom-client. One whose `collect` fails costs only itself. */
export async function foreignFamilies(registry: ForeignRegistry): Promise<ExposedFamily[]> {
  const metrics = registry.getMetricsAsArray() as ForeignMetric[];
  const snapshots = await Promise.allSettled(metrics.map(async (metric) => metric.get()));
  return snapshots.flatMap((snapshot) => (snapshot.status === 'fulfilled' ? [exposed(snapshot.value)] : []));
}

function exposed({ name, help, type, values }: ForeignSnapshot): ExposedFamily {
  return {
    name,
    type: types[type] ?? 'unknown',
    help: String(help),
    *write(samples) {
      for (const [i, value] of values.entries()) {
        writeValue(name, value, samples);
        if (i % 128 === 127) yield;
      }
    },
  };
}

function writeValue(
  name: string,
  { value, labels = {}, metricName = name }: ForeignValue,
  samples: SampleWriter,
): void {
  let depth = 0;
  let bound: Bound | undefined;
  for (const [label, raw] of Object.entries(labels)) {
    if (label === 'le' || label === 'quantile') bound = { label, at: boundOf(raw) };
    else samples.label(depth++, label, labelText(raw) ?? '');
  }
  samples.sample(depth, metricName.slice(name.length), value, bound);
}

const boundOf = (raw: unknown): number => (raw === '+Inf' ? Infinity : Number(raw));
