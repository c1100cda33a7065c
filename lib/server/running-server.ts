import { type AccessSource, ReloadableAccess } from '../access/reloadable-access.js';
import type { WatchedFiles } from '../access/watched-files.js';
import { withTimeout } from '../async/timeout.js';
import { loadProcessMetrics } from '../prometheus/prom-client/process-metrics.js';
import { serverAddress, webConfigFile } from './config/options.js';
import { drainSeconds } from './drain.js';
import { ListeningServer, type ServerAddress } from './listening-server.js';
import { type Access, loadAccess } from './load-access.js';
import type { CreateExporter } from './otlp-export.js';
import { protect } from './protect.js';
import type { Application, Routes } from './route.js';
import { createRoutes, exposedMetrics, withConfiguredHeaders } from './routes.js';
import { advise, listenAdvice, reloadAdvice, sharedPortAdvice } from './server-advice.js';
import type { ServerExporter, ServerParts } from './server-parts.js';
import { isClusterWorker, isShared, workerId } from './shared-port.js';

/** One run of a metrics server: from its start until it stops. */
export interface ServerRun {
  /** @throws MetricsError where a file is wrong, the port is taken, or a package is missing. */
  start(): Promise<ServerAddress>;
  /** @throws MetricsError where a file is wrong; the previous configuration stays active. */
  reload(): Promise<void>;
  /** Answers as not ready from now on, and resolves when one more scrape has been answered in full. */
  drain(): Promise<void>;
  /** Stops listening, waits for the open responses as long as it may, and closes all connections. */
  stop(): Promise<void>;
}

/** What a run creates that differs from server to server. */
export interface Creating {
  createApplication(routes: Routes): Promise<Application>;
  /** Absent where something else exports. */
  readonly createExporter?: (...given: Parameters<CreateExporter>) => ServerExporter | undefined;
  /** The protections that an earlier run had, which this one must have too. */
  readonly required?: readonly string[];
  /** Is called with the protections that are in use from now on. */
  onProtected?(protections: readonly string[]): void;
}

/** A run in this thread. */
export class RunningServer implements ServerRun, AccessSource<Access> {
  readonly site = 'MetricsServer';
  readonly required: readonly string[];
  readonly #parts: ServerParts;
  readonly #creating: Creating;
  #access: ReloadableAccess<Access> | undefined;
  #server: ListeningServer | undefined;
  #exporter: ServerExporter | undefined;
  readonly #advised = new Set<string>();

  constructor(parts: ServerParts, creating: Creating) {
    this.#parts = parts;
    this.#creating = creating;
    this.required = creating.required ?? [];
  }

  async start(): Promise<ServerAddress> {
    const { options } = this.#parts;
    const [access] = await Promise.all([
      ReloadableAccess.load(this),
      // Why before it listens: the first scrape has all metrics, and does not pay for what gives them.
      options.processMetrics === false ? undefined : loadProcessMetrics(),
    ]);
    const { createExporter } = this.#creating;
    const exporter = createExporter?.(exposedMetrics(this.#parts), options, (one) => advise(options, one));
    const routes = withConfiguredHeaders(createRoutes({ ...this.#parts, exporter }), access);
    const listener = protect(await this.#creating.createApplication(routes), routes, access, this.#parts);
    const server = new ListeningServer(listener, this.#parts, access);
    const { host, port } = serverAddress(options);
    const address = await server.listen(host, port);
    this.#access = access;
    this.#server = server;
    this.#creating.onProtected?.(access.current.protections);
    // Why: a drain ends with the last scrape, after which the server sends the last numbers.
    this.#exporter = exporter?.startWith({ leavesSignals: drainSeconds(options) !== undefined });
    access.watch();
    const advice = listenAdvice(address.host, access.current.policy.isOpen);
    if (advice !== undefined) advise(options, advice);
    this.#adviseOnce(access.current);
    if (isClusterWorker() && options.cluster !== true) void this.#adviseIfShared(address);
    return address;
  }

  async #adviseIfShared({ url, port }: ServerAddress): Promise<void> {
    const { connections, options } = this.#parts;
    if (await isShared(url, connections)) advise(options, sharedPortAdvice(port, workerId()));
  }

  async reload(): Promise<void> {
    await this.#access?.reload();
  }

  drain(): Promise<void> {
    const { readiness, scrapes } = this.#parts;
    readiness.isReady = false;
    return scrapes.waitForNextSuccess();
  }

  async stop(): Promise<void> {
    const { responses, limits, readiness } = this.#parts;
    this.#access?.stopWatching();
    const closed = this.#server?.close();
    await withTimeout(responses.waitForAll(), limits.closeTimeoutSeconds, () => undefined);
    this.#server?.closeAllConnections();
    await closed;
    await this.#exporter?.shutdown();
    // Why: a server that has drained may listen again.
    readiness.isReady = true;
  }

  load(files: WatchedFiles): Promise<Access> {
    const { options } = this.#parts;
    return loadAccess(options, files, webConfigFile(options));
  }

  async activate(access: Access): Promise<void> {
    const { tls } = access;
    if (tls !== undefined) {
      await this.#server?.useTls(tls);
      // Why: connections from before were made under the previous configuration.
      this.#parts.responses.closeConnectionsAfterwards();
    }
    this.#parts.metrics.setLastReloadSuccessful(true);
    this.#creating.onProtected?.(access.protections);
    this.#adviseOnce(access);
  }

  reject(error: unknown): void {
    this.#parts.metrics.setLastReloadSuccessful(false);
    advise(this.#parts.options, reloadAdvice(error));
  }

  #adviseOnce({ advice }: Access): void {
    for (const one of advice.filter(({ message }) => !this.#advised.has(message))) {
      this.#advised.add(one.message);
      advise(this.#parts.options, one);
    }
  }
}
