import { MetricsError } from '../../error.js';
import type { Collectors } from '../../store/collectors.js';
import type { Companion, StoredFamily } from '../../store/companion.js';
import type { ConstantLabels, ExposedFamily } from '../../store/exposed-family.js';
import { snapshotOf } from '../../store/snapshot.js';
import { addsTotal, defaultLabels, type ExternalRegistry, listMetrics, readRegistry } from './external-families.js';

/** A family of ours as a metric of a prom-client registry: its `metrics()`, its aggregation and a push read this. */
interface RegistryMetric {
  /** prom-client renames the counters of an OpenMetrics registry in place, so this may change. */
  name: string;
  readonly help: string;
  readonly type: string;
  readonly aggregator: string;
  get(): Promise<object>;
  reset(): void;
}

/** Joins a store and a user's prom-client registry: our families are registered there, and its metrics are exposed beside ours. */
export class RegistryBridge implements Companion {
  readonly #registry: ExternalRegistry;
  readonly #ours = new Set<unknown>();

  constructor(registry: ExternalRegistry) {
    this.#registry = registry;
  }

  refuseTakenName(name: string, site: string): void {
    if (this.#registry.getSingleMetric(name) === undefined) return;
    const message = `family "${name}" cannot be registered, because the registry already has a metric of that name (given a metric from elsewhere). Use another name, or the recorder's "prefix".`;
    throw new MetricsError(site, [{ code: 'family_clash', message }]);
  }

  onCreate(stored: StoredFamily): void {
    const metric = this.#toMetric(stored);
    this.#ours.add(metric);
    this.#registry.registerMetric(metric as never);
  }

  /** The labels that the registry gives to everything in it, our families included. */
  constantLabels(): ConstantLabels {
    return defaultLabels(this.#registry);
  }

  /** The other metrics of the registry. Those of ours that `registry.clear()` removed are registered again. */
  async exposedFamilies(collectors: Collectors, seconds: number): Promise<readonly ExposedFamily[]> {
    for (const metric of this.#ours) {
      if (!listMetrics(this.#registry).includes(metric)) this.#registry.registerMetric(metric as never);
    }
    return readRegistry(this.#registry, collectors, seconds, this.#ours);
  }

  #toMetric({ family, name, expose, clear }: StoredFamily): RegistryMetric {
    const { help, kind: type } = family;
    const aggregator = family.aggregator ?? (type === 'gauge' ? 'max' : 'sum');
    const spell = (sample: string): string =>
      addsTotal(this.#registry) && type === 'counter' ? sample.replace(/_total$/, '') : sample;
    return {
      name,
      help,
      type,
      aggregator,
      async get() {
        const exposed = await expose();
        const samples = exposed === undefined ? [] : snapshotOf(exposed).samples;
        const values = samples.map(({ name: sample, labels, value }) => ({ metricName: spell(sample), labels, value }));
        return { name: spell(name), help, type, aggregator, values };
      },
      reset: clear,
    };
  }
}
