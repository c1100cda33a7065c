import type { ChildProcess } from 'node:child_process';
import cluster from 'node:cluster';
import { isMainThread } from 'node:worker_threads';
import { singleFlight } from '../async/single-flight.js';
import { withTimeout } from '../async/timeout.js';
import { refuseIfAny } from '../error.js';
import type { NameValidation } from '../families/naming.js';
import { warnOnce } from '../process-state.js';
import { loadProcessMetrics } from '../prometheus/prom-client/process-metrics.js';
import { ignoreErrors } from '../recorder/reports.js';
import type { CellLog } from '../store/cells.js';
import type {
  ConstantLabels,
  ExposedFamily,
  ExpositionFormat,
  Scrapable,
  ScrapeLimits,
} from '../store/exposed-family.js';
import { chooseFamilies } from '../store/selection.js';
import { AggregatorMetrics, type SourceFailure } from './aggregator-metrics.js';
import { Estate } from './estate.js';
import { takeLeftFile } from './left-files.js';
import { MergedFamilies, type SourceLog } from './merging/merged-families.js';
import { type AggregatorOptions, checkAggregatorOptions, limitsOf } from './options.js';
import { SourceReader } from './source-reader.js';
import { Sources } from './sources.js';
import { listenToChild, listenToCluster } from './transports/ipc.js';
import type { Listening } from './transports/links.js';
import { listenAtSocket } from './transports/socket.js';
import { socketPath } from './transports/socket-path.js';
import { listenToThreads } from './transports/threads.js';

/**
 * Merges what the workers of a cluster, the threads of this process, child processes and other processes of this machine
 * publish with `publishMetrics`. It can be scraped like a recorder, and always has an answer: it never asks anybody.
 *
 * It listens to the cluster and the threads from its creation on, and to a socket after `listen()`.
 *
 * @example
 * import { PrometheusRecorder } from 'flowplane-metrics';
 * import { MetricsAggregator } from 'flowplane-metrics/processes';
 * import { MetricsServer } from 'flowplane-metrics/serve';
 *
 * const aggregator = new MetricsAggregator({ recorder: new PrometheusRecorder() });
 * const server = new MetricsServer(aggregator, { port: 0 });
 * const { url } = await server.listen();
 * console.log((await (await fetch(url)).text()).includes('flowplane_metrics_sources 0')); // true
 * await server.close();
 * await aggregator.close();
 */
export class MetricsAggregator implements Scrapable {
  /** The formats beside the built-in ones: those of the recorder. */
  readonly formats: readonly ExpositionFormat[] | undefined;
  readonly #options: AggregatorOptions;
  readonly #metrics = new AggregatorMetrics();
  readonly #families: MergedFamilies;
  readonly #sources: Sources;
  readonly #own: OwnSource | undefined;
  readonly #listening: Listening[] = [];
  #estate: Estate | undefined;
  readonly #advised = new Set<string>();
  #hasAdvisedOnSilence = false;

  /** @throws MetricsError naming every option that is wrong. */
  constructor(options: AggregatorOptions = {}) {
    refuseIfAny('new MetricsAggregator', checkAggregatorOptions(options));
    this.#options = options;
    const limits = limitsOf(options);
    const onLeftOut = (reason: SourceFailure, family: string): void =>
      this.#fail(reason, reason === 'clash' ? `metric "${family}" is defined in different ways` : `metric "${family}"`);
    this.#families = new MergedFamilies({ maxSeries: limits.maxSeries, onLeftOut });
    this.#sources = new Sources(this.#families, limits, (reason, subject) => this.#fail(reason, subject));
    const { recorder, processMetrics = true } = options;
    this.formats = recorder?.formats;
    if (recorder !== undefined) this.#own = new OwnSource(new SourceReader(recorder, processMetrics), this.#families);
    if (recorder !== undefined && processMetrics) void loadProcessMetrics();
    if (isMainThread && cluster.isPrimary) this.#listening.push(listenToCluster(this.#sources));
    this.#listening.push(listenToThreads(this.#sources));
  }

  /** The recorder of this process, which is merged with the others, if there is one. */
  get recorder(): Scrapable | undefined {
    return this.#options.recorder;
  }

  /** The constant labels of the recorder. */
  constantLabels(): ConstantLabels {
    return this.#options.recorder?.constantLabels?.() ?? [];
  }

  /** Which names the families and labels may have: a scrape escapes those that it must. */
  get nameValidation(): NameValidation {
    return this.#families.nameValidation;
  }

  /** Lets a child process publish that was started with an IPC channel, by `fork()`. Workers of a cluster need no call. */
  accept(child: ChildProcess): void {
    const listening = listenToChild(child, this.#sources);
    this.#listening.push(listening);
    child.once('disconnect', () => this.#listening.splice(this.#listening.indexOf(listening), 1));
  }

  /**
   * Listens at the socket, if there is one. Resolves to `false` where another process listens there: that one is the
   * aggregator then, and this one may publish to it.
   *
   * @throws MetricsError where the path of the socket cannot be used, or others could use it.
   */
  async listen(): Promise<boolean> {
    const path = socketPath(this.#options);
    if (path === undefined || this.#estate !== undefined) return true;
    const limits = limitsOf(this.#options);
    const listening = await listenAtSocket(path, this.#sources, limits);
    if (listening === undefined) return false;
    this.#listening.push(listening);
    const [families, sources] = [this.#families, this.#sources];
    const { recorder } = this.#options;
    const readEnded = (): ExposedFamily[] => families.lastingFamilies((one) => sources.hasEnded(one));
    const estate = new Estate(path, { families, sources, limits }, { recorder, readEnded });
    this.#estate = estate;
    sources.lastFrameOf = (id) => takeLeftFile(path, id);
    sources.onEnded = () => estate.saveSoon();
    estate.open();
    return true;
  }

  /** Whether it has taken the place of another one: the publishers of that one come a moment later. */
  get hasInherited(): boolean {
    return this.#estate?.hasInherited === true;
  }

  /** The families of all sources as they have published them, merged, and those about the sources. */
  async exposedFamilies({ timeoutSeconds = 10, names }: ScrapeLimits = {}): Promise<readonly ExposedFamily[]> {
    await this.#own?.read(timeoutSeconds * 0.8);
    const isChosen = chooseFamilies(names);
    this.#adviseOnSilence();
    const about = this.#metrics.toExposedFamilies(this.#sources.ages()).filter(({ name }) => isChosen(name));
    const taken = new Set(about.map(({ name }) => name));
    // Why not those: a source may be an aggregator too, and a family must be there once.
    return [...this.#families.exposedFamilies((name) => isChosen(name) && !taken.has(name)), ...about];
  }

  /** Listens to nobody any more. May be called more than once. */
  async close(): Promise<void> {
    // Why first: the one that takes over must find it.
    await this.#estate?.close();
    this.#estate = undefined;
    for (const listening of this.#listening.splice(0)) listening.close();
    this.#sources.close();
    this.#own?.close();
  }

  #fail(reason: SourceFailure, subject: string): void {
    this.#metrics.countFailure(reason);
    this.#advise(`MetricsAggregator: ${remarks[reason](subject)}`);
  }

  #adviseOnSilence(): void {
    const silent = this.#hasAdvisedOnSilence ? undefined : this.#sources.findSilentThread();
    if (silent === undefined) return;
    this.#hasAdvisedOnSilence = true;
    this.#advise(
      `MetricsAggregator: a thread publishes nothing, so its numbers stand still, and get lost where it is ended (given thread ${silent.thread} of process ${silent.pid}). If it waits for tasks in a pool, let it wait for messages: set "atomics" of piscina to "disabled", or "useAtomics" of tinypool to false. Otherwise find out what blocks its event loop.`,
    );
  }

  #advise(message: string): void {
    if (this.#advised.has(message) || this.#advised.size >= maxAdvised) return;
    this.#advised.add(message);
    const { onAdvice = ({ message: text }) => warnOnce(text) } = this.#options;
    ignoreErrors(() => onAdvice({ code: 'source', message }));
  }
}

/** So many different remarks are made at most. */
const maxAdvised = 100;

const remarks: Readonly<Record<SourceFailure, (subject: string) => string>> = {
  malformed: (subject) =>
    `a source is not merged any more, because ${subject}. Update flowplane-metrics in both processes.`,
  version: (subject) =>
    `a source is not merged, because ${subject}. Install the same version of flowplane-metrics in both.`,
  too_large: (subject) =>
    `a source is not merged any more, because ${subject}. Let it have fewer series, or raise "maxFrameBytes" and "maxSeries".`,
  too_many_sources: (subject) => `a source is not merged, because ${subject}. Raise "maxSources".`,
  too_many_series: (subject) =>
    `series are left out, as there are too many (given ${subject}). Give labels a limit, or raise "maxSeries".`,
  clash: (subject) =>
    `series are left out, because ${subject} in several processes. Give it one type, one aggregator and the same buckets everywhere.`,
};

/** Why: the cells are those of the store itself, which may give them to another series in the same turn. */
function settleAtOnce(log: SourceLog): CellLog {
  return {
    takesNative: true,
    restarted: (id, first, counted) => log.restarted?.(id, first, counted),
    opened: (id, family) => log.opened(id, family),
    closed: (id) => log.closed(id),
    created: (id, first, values) => log.created(id, first, values),
    cleared: (id) => log.cleared(id),
    removed: (id, first) => {
      log.removed(id, first);
      log.settle();
    },
  };
}

/** The recorder of this process as a source: it is read where it is, at each scrape. */
class OwnSource {
  readonly worker = 0;
  readonly #reader: SourceReader;
  readonly #logs: readonly SourceLog[];
  readonly #unsubscribe: readonly (() => void)[];
  /** When it was read last, in milliseconds since the epoch. */
  #readAt = 0;

  constructor(reader: SourceReader, families: MergedFamilies) {
    this.#reader = reader;
    const sources = [...(reader.stored === undefined ? [] : [reader.stored]), reader.computed];
    this.#logs = sources.map((source) => families.join(this, source));
    this.#unsubscribe = sources.map((source, i) => source.subscribe(settleAtOnce(this.#logs[i] as SourceLog)));
  }

  /** Brings it up to date, in so many seconds at most. Never rejects: what there was before must do where something fails. */
  async read(seconds: number): Promise<void> {
    await withTimeout(this.#read(), seconds, () => undefined);
    for (const log of this.#logs) log.settle();
    // Why: it makes room for the next exemplars, also of those that are not the newest of all processes.
    this.#reader.stored?.exemplars?.visitSince(this.#readAt, () => undefined);
    this.#readAt = Date.now();
  }

  readonly #read = singleFlight(async () => {
    try {
      await this.#reader.prepare();
      await this.#reader.collect(10);
    } catch {
      // Why ignored: the other sources must be answered for.
    }
  });

  close(): void {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }
}
