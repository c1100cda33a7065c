import { MetricsError } from '../../error.js';
import type { Collection } from '../../store/collection.js';
import type { ConstantLabels, ExposedFamily } from '../../store/exposed-family.js';
import { defaultLabels, type ForeignRegistry, foreignFamilies } from './external-families.js';
import type { RegistryMetric } from './registry-metric.js';

/** The recorder's place in a user's prom-client registry: our families are in there, and theirs are exposed beside ours. */
export class RegistryBridge {
  readonly registry: ForeignRegistry;
  readonly #ours = new Set<RegistryMetric>();

  constructor(registry: ForeignRegistry) {
    this.registry = registry;
  }

  /** @throws MetricsError `family_clash` where somebody else's metric has the name. */
  refuseTaken(name: string, site: string): void {
    if (this.registry.getSingleMetric(name) === undefined) return;
    const message = `family "${name}" cannot be registered, because the registry has a metric of that name already (given one of somebody else). Use another name, or the recorder's "prefix".`;
    throw new MetricsError(site, [{ code: 'family_clash', message }]);
  }

  add(metric: RegistryMetric): void {
    this.#ours.add(metric);
    this.registry.registerMetric(metric as never);
  }

  /** The labels that the registry gives to everything in it, ours included. */
  labels(): ConstantLabels {
    return defaultLabels(this.registry);
  }

  /** What else is in the registry. What was cleared from it of ours is registered again. */
  async foreign(collection: Collection, seconds: number): Promise<ExposedFamily[]> {
    for (const metric of this.#ours) {
      if (!this.registry.getMetricsAsArray().includes(metric)) this.registry.registerMetric(metric as never);
    }
    const isOurs = (metric: unknown): boolean => this.#ours.has(metric as RegistryMetric);
    return foreignFamilies(this.registry, collection, seconds, isOurs);
  }
}
