import { type AccessSource, ReloadableAccess } from '../access/reloadable-access.js';
import type { WatchedFiles } from '../access/watched-files.js';
import { withTimeout } from '../async/timeout.js';
import type { OtlpExporter } from '../otlp/otlp-exporter.js';
import { loadProcessMetrics } from '../prometheus/prom-client/process-metrics.js';
import { serverAddress, webConfigFile } from './config/options.js';
import { drainSeconds } from './drain.js';
import { ListeningServer, type ServerAddress } from './listening-server.js';
import { type Access, loadAccess } from './load-access.js';
import { createExporter } from './otlp-export.js';
import { protect } from './protect.js';
import type { Application, Routes } from './route.js';
import { createRoutes, exposedMetrics, withConfiguredHeaders } from './routes.js';
import { advise, listenAdvice, reloadAdvice, sharedPortAdvice } from './server-advice.js';
import type { ServerParts } from './server-parts.js';
import { isClusterWorker, isShared, workerId } from './shared-port.js';

/** One run of a metrics server: from its start until it stops. */
export class RunningServer implements AccessSource<Access> {
  readonly site = 'MetricsServer';
  readonly #parts: ServerParts;
  #access: ReloadableAccess<Access> | undefined;
  #server: ListeningServer | undefined;
  #exporter: OtlpExporter | undefined;
  readonly #advised = new Set<string>();

  constructor(parts: ServerParts) {
    this.#parts = parts;
  }

  /** @throws MetricsError where a file is wrong, the port is taken, or a package is missing. */
  async start(createApplication: (routes: Routes) => Promise<Application>): Promise<ServerAddress> {
    const { options } = this.#parts;
    const [access] = await Promise.all([
      ReloadableAccess.load(this),
      // Why before it listens: the first scrape has all metrics, and does not pay for what gives them.
      options.processMetrics === false ? undefined : loadProcessMetrics(),
    ]);
    const exporter = createExporter(exposedMetrics(this.#parts), options, (one) => advise(options, one));
    const routes = withConfiguredHeaders(createRoutes({ ...this.#parts, exporter }), access);
    const listener = protect(await createApplication(routes), routes, access, this.#parts);
    const server = new ListeningServer(listener, this.#parts, access);
    const { host, port } = serverAddress(options);
    const address = await server.listen(host, port);
    this.#access = access;
    this.#server = server;
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

  /** @throws MetricsError where a file is wrong; the previous configuration stays active. */
  async reload(): Promise<void> {
    await this.#access?.reload();
  }

  /** Stops listening, waits for the open responses as long as it may, and closes all connections. */
  async stop(): Promise<void> {
    const { responses, limits } = this.#parts;
    this.#access?.stopWatching();
    const closed = this.#server?.close();
    await withTimeout(responses.waitForAll(), limits.closeTimeoutSeconds, () => undefined);
    this.#server?.closeAllConnections();
    await closed;
    await this.#exporter?.shutdown();
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
