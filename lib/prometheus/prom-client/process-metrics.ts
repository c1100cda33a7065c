import { processState } from '../../process-state.js';
import { Collectors } from '../../store/collectors.js';
import type { ScrapeScope } from '../../store/companion.js';
import type { ConstantLabels, ExposedFamily } from '../../store/exposed-family.js';
import { withLabels } from '../../store/with-labels.js';
import { type ExternalRegistry, readRegistry } from './external-families.js';

/** The part of prom-client that is used. */
interface PromClient {
  readonly Registry: new () => ExternalRegistry;
  collectDefaultMetrics(options: { register: ExternalRegistry }): void;
}

// Why failures are not reported: the process metrics of prom-client give their values at once.
const collectors = new Collectors(() => undefined);
const timeoutSeconds = 5;

// Why one per process: each call of collectDefaultMetrics starts observers that nothing stops.
const { processMetrics: state } = processState;

/**
 * Adds the metrics of the process (CPU, memory, event loop, garbage collection) to these families, if prom-client is installed
 * and none of the families has one of their names.
 *
 * @param labels labels that each sample of the process metrics gets.
 * @param isChosen says which of the process metrics are asked for.
 */
export async function withProcessMetrics(
  families: readonly ExposedFamily[],
  labels: ConstantLabels,
  isChosen: ScrapeScope['isChosen'],
): Promise<readonly ExposedFamily[]> {
  state.registry ??= createRegistry();
  const registry = await state.registry;
  if (registry === undefined) return families;
  const taken = new Set(families.map(({ name }) => name));
  const added = await readRegistry(registry, collectors, { seconds: timeoutSeconds, isChosen });
  return added.some(({ name }) => taken.has(name))
    ? families
    : [...families, ...added.map((family) => withLabels(family, labels))];
}

async function createRegistry(): Promise<ExternalRegistry | undefined> {
  const client = await importPromClient();
  if (client === undefined) return undefined;
  const registry = new client.Registry();
  client.collectDefaultMetrics({ register: registry });
  return registry;
}

async function importPromClient(): Promise<PromClient | undefined> {
  try {
    return (await import('prom-client')) as unknown as PromClient;
  } catch {
    return undefined;
  }
}
