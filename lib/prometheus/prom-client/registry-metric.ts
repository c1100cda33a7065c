import type { Family } from '../../families/family.js';
import type { ExposedFamily } from '../../store/exposed-family.js';
import { snapshotOf } from '../../store/snapshot.js';
import { addsTotal, type ForeignRegistry } from './external-families.js';

/** A family of ours as a metric of a prom-client registry: what its `metrics()`, its aggregation and a push read. */
export interface RegistryMetric {
  /** prom-client renames counters of an OpenMetrics registry in place, so this may change. */
  name: string;
  readonly help: string;
  readonly type: string;
  readonly aggregator: string;
  get(): Promise<object>;
  reset(): void;
}

/** @param expose the family as it is to be exposed now. */
export function registryMetric(
  family: Family,
  registry: ForeignRegistry,
  expose: () => Promise<ExposedFamily | undefined>,
  reset: () => void,
  name: string,
): RegistryMetric {
  const { help, kind: type } = family;
  const aggregator = family.aggregator ?? (type === 'gauge' ? 'max' : 'sum');
  return {
    name,
    help,
    type,
    aggregator,
    async get() {
      const exposed = await expose();
      const samples = exposed === undefined ? [] : snapshotOf(exposed).samples;
      const spelled = (sample: string) =>
        addsTotal(registry) && type === 'counter' ? sample.replace(/_total$/, '') : sample;
      const values = samples.map(({ name: sample, labels, value }) => ({ metricName: spelled(sample), labels, value }));
      return {
        name: spelled(name),
        help,
        type,
        aggregator,
        values,
      };
    },
    reset,
  };
}
