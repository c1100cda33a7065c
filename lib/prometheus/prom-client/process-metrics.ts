import { processState } from '../../process-state.js';
import { Collection } from '../../store/collection.js';
import type { ConstantLabels, ExposedFamily } from '../../store/exposed-family.js';
import { withLabels } from '../../store/with-labels.js';
import { type ForeignRegistry, foreignFamilies } from './external-families.js';

/** The part of prom-client that is used. */
interface PromClient {
  readonly Registry: new () => ForeignRegistry;
  collectDefaultMetrics(options: { register: ForeignRegistry }): void;
}

// Those of prom-client give their values at once.
const collection = new Collection(() => undefined);
const patience = 5;

// Why one per process: each call of collectDefaultMetrics starts observers that nothing stops.
const { processMetrics: state } = processState;

/**
 * These families and those of the process (CPU, memory, event loop, garbage collection), where prom-client is installed
 * and they are not among them already.
 *
 * @param labels what each sample of the process metrics gets.
 */
export async function withProcessMetrics(
  families: readonly ExposedFamily[],
  labels: ConstantLabels,
): Promise<readonly ExposedFamily[]> {
  state.registry ??= processRegistry();
  const registry = await state.registry;
  if (registry === undefined) return families;
  const taken = new Set(families.map(({ name }) => name));
  const added = await foreignFamilies(registry, collection, patience);
  return added.some(({ name }) => taken.has(name))
    ? families
    : [...families, ...added.map((family) => withLabels(family, labels))];
}

async function processRegistry(): Promise<ForeignRegistry | undefined> {
  const client = await promClient();
  if (client === undefined) return undefined;
  const registry = new client.Registry();
  client.collectDefaultMetrics({ register: registry });
  return registry;
}

async function promClient(): Promise<PromClient | undefined> {
  try {
    return (await import('prom-client')) as unknown as PromClient;
  } catch {
    return undefined;
  }
}
