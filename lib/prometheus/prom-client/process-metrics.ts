import type { SharedWork } from '../../async/shared-runs.js';
import { nextTurn } from '../../async/slices.js';
import { formatError, formatThrown } from '../../error.js';
import { exportsOf, isAbsent } from '../../peers.js';
import { processState } from '../../process-state.js';
import { adviseAll } from '../../recorder/reports.js';
import type { CollectorRuns } from '../../store/collectors.js';
import type { ScrapeScope } from '../../store/companion.js';
import type { ConstantLabels, ExposedFamily } from '../../store/exposed-family.js';
import { withLabels } from '../../store/with-labels.js';
import { tellsWhetherMeasured, withoutUnmeasured } from './event-loop-delay.js';
import { type ExternalRegistry, listMetrics, readRegistry } from './external-families.js';

/** The part of prom-client that is used. */
interface PromClient {
  readonly Registry: new () => ExternalRegistry;
  collectDefaultMetrics(options: { register: ExternalRegistry }): void;
}

/**
 * Runs what gives the values of one metric of the process; one that fails is left out.
 *
 * Why without a limit and without a report: they give their values at once, and ask no recorder. Why not as the others: the
 * first run that may be asked for in a run makes each promise of the process slower, on Node 20 and 22.
 */
const collectors: CollectorRuns = {
  isAsking: false,
  isRunning: () => false,
  async run<T>(_key: object, _metric: string, collect: SharedWork<T>): Promise<Awaited<T> | undefined> {
    try {
      return await collect(() => true);
    } catch {
      return undefined;
    }
  },
};
const seconds = 5;

// Why one per process: each call of collectDefaultMetrics starts observers that nothing stops.
const { processMetrics: state } = processState;

/** Loads what gives the metrics of the process, once. Never rejects. */
export async function loadProcessMetrics(): Promise<void> {
  state.loading ??= createRegistry();
  state.registry = await state.loading;
}

/** The names of the metrics of the process; none before they are loaded, or where there is no client. */
export const listProcessMetrics = (): readonly string[] =>
  state.registry === undefined
    ? []
    : listMetrics(state.registry).map((metric) => String((metric as { readonly name?: unknown }).name));

/**
 * Adds the metrics of the process (CPU, memory, event loop, garbage collection) to these families, if prom-client or its
 * successor is installed, and loaded by now: each of them that these families do not have already, by its name or under a
 * prefix.
 *
 * Why not waited for: it would be loaded in the time of a scraper that waits.
 *
 * @param labels labels that each sample of the process metrics gets.
 * @param isChosen says which of the process metrics are asked for.
 * @param adapt gives what stands for one of them; `undefined` leaves it out. Default: what the client gives.
 */
export async function withProcessMetrics(
  families: readonly ExposedFamily[],
  labels: ConstantLabels,
  isChosen: ScrapeScope['isChosen'],
  adapt: (family: ExposedFamily) => ExposedFamily | undefined = (family) => family,
): Promise<readonly ExposedFamily[]> {
  const { registry } = state;
  if (registry === undefined) return families;
  const taken = new Set(families.map(({ name }) => name));
  const read = await readRegistry(registry, collectors, {
    seconds,
    isChosen: (name) => isChosen(name) || tellsWhetherMeasured(name),
  });
  const added = withoutUnmeasured(read).filter(({ name }) => isChosen(name));
  const prefixes = findPrefixes(
    taken,
    added.map(({ name }) => name),
  );
  const isTaken = (name: string): boolean => prefixes.some((prefix) => taken.has(prefix + name));
  const adapted = added.filter(({ name }) => !isTaken(name)).flatMap((family) => adapt(family) ?? []);
  return [...families, ...adapted.map((family) => withLabels(family, labels))];
}

/** A metric that every client has, on every platform. */
const landmark = 'process_cpu_seconds_total';

/**
 * The prefixes under which these families have the process metrics, as `collectDefaultMetrics({ prefix })` of a user's
 * registry gives them; the empty one too, so that a single name that is taken counts.
 *
 * Why most of the names: one metric of the application may end like one of the process.
 */
function findPrefixes(taken: ReadonlySet<string>, names: readonly string[]): string[] {
  const candidates = [...taken]
    .filter((name) => name.endsWith(landmark))
    .map((name) => name.slice(0, -landmark.length));
  const isPrefix = (prefix: string): boolean =>
    names.filter((name) => taken.has(prefix + name)).length > names.length / 2;
  return ['', ...candidates.filter(isPrefix)];
}

/** Never rejects: what is wrong with a client that is installed is advice, and costs only the metrics of the process. */
async function createRegistry(): Promise<ExternalRegistry | undefined> {
  // Why a turn later: what starts it is the constructor of a recorder, and `require()` of a client takes long.
  await nextTurn();
  try {
    const client = await importClient();
    if (client === undefined) return undefined;
    const registry = new client.Registry();
    client.collectDefaultMetrics({ register: registry });
    return registry;
  } catch (cause) {
    const given = (formatError(cause) ?? formatThrown(cause)).split('\n')[0];
    const message = `the metrics of the process are left out, because the installed client cannot be used (given ${given}). In a bundle, mark prom-client as external; or set "processMetrics" to false.`;
    adviseAll({ code: 'process_metrics', message });
    return undefined;
  }
}

// Why both by name, each inside its own `try`: only so do bundlers see them, and let them be absent.
async function importClient(): Promise<PromClient | undefined> {
  try {
    return exportsOf(await import('prom-client')) as unknown as PromClient;
  } catch (cause) {
    if (!isAbsent(cause, 'prom-client')) throw cause;
  }
  try {
    // @ts-expect-error: its types are there only where it is installed.
    return exportsOf(await import('@prometheus-io/client')) as PromClient;
  } catch (cause) {
    if (!isAbsent(cause, '@prometheus-io/client')) throw cause;
  }
  return undefined;
}
