import { MetricsError } from '../../error.js';
import type { Family } from '../../families/family.js';
import type { Collectors } from '../../store/collectors.js';
import type { Companion, ScrapeScope, StoredFamily } from '../../store/companion.js';
import type { ConstantLabels, ExposedFamily } from '../../store/exposed-family.js';
import { defaultLabels, type ExternalRegistry, listMetrics, readRegistry } from './external-families.js';
import { createRegistryMetric, type RegistryMetric } from './registry-metric.js';

/**
 * Joins a store and a user's prom-client registry: our families are registered there, and its metrics are exposed beside ours.
 *
 * What `registry.clear()` has removed is registered again. What `registry.removeSingleMetric()` has removed stays removed, and
 * is not exposed, until its owner registers it again.
 */
export class RegistryBridge implements Companion {
  readonly #registry: ExternalRegistry;
  readonly #ours = new Map<RegistryMetric, Family>();
  /** Those that `clear()` has removed, and whose name another metric has now. */
  readonly #displaced = new Set<RegistryMetric>();
  readonly #removed = new Set<Family>();
  /** What the registry kept its metrics in when it was looked at. */
  #container: unknown;

  constructor(registry: ExternalRegistry) {
    this.#registry = registry;
    this.#container = registry._metrics;
  }

  refuseTakenName(name: string, site: string): void {
    if (this.#registry.getSingleMetric(name) === undefined) return;
    const message = `family "${name}" cannot be registered, because the registry already has a metric of that name (given a metric from elsewhere). Use another name, or the recorder's "prefix".`;
    throw new MetricsError(site, [{ code: 'family_clash', message }]);
  }

  onCreate(stored: StoredFamily): void {
    this.#lookForChanges();
    const metric = createRegistryMetric(stored, this.#registry);
    this.#ours.set(metric, stored.family);
    this.#register(metric);
  }

  /** The labels that the registry gives to everything in it, our families included. */
  constantLabels(): ConstantLabels {
    return defaultLabels(this.#registry);
  }

  removedFamilies(): ReadonlySet<Family> {
    this.#lookForChanges();
    return this.#removed;
  }

  /** The other metrics of the registry. */
  exposedFamilies(collectors: Collectors, scope: ScrapeScope): Promise<readonly ExposedFamily[]> {
    return readRegistry(this.#registry, collectors, scope, new Set(this.#ours.keys()));
  }

  /** Finds out which of our metrics the registry has lost, and how. */
  #lookForChanges(): void {
    const there = new Set(listMetrics(this.#registry));
    const lost = [...this.#ours.keys()].filter((metric) => !there.has(metric));
    const wasCleared = this.#wasCleared(lost.length);
    for (const [metric, family] of this.#ours) {
      if (there.has(metric)) this.#removed.delete(family);
      else if (!this.#removed.has(family)) {
        if (wasCleared || this.#displaced.has(metric)) this.#register(metric);
        else this.#removed.add(family);
      }
    }
  }

  /** Whether `clear()` was called since the last time. A registry that hides its container was cleared if it has lost all. */
  #wasCleared(lost: number): boolean {
    const { _metrics: container } = this.#registry;
    const wasReplaced = container === undefined ? lost === this.#ours.size : container !== this.#container;
    this.#container = container;
    return wasReplaced;
  }

  /** Registers one of our metrics, unless another one has its name: that costs no more than this metric. */
  #register(metric: RegistryMetric): void {
    this.#displaced.delete(metric);
    if (this.#registry.getSingleMetric(metric.name) === undefined) this.#registry.registerMetric(metric as never);
    else this.#displaced.add(metric);
  }
}
