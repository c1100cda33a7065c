import { beforeTermination } from '../async/termination.js';
import { withTimeout } from '../async/timeout.js';
import { refuseIfAny } from '../error.js';
import type { Scrapable } from '../store/exposed-family.js';
import { ClusterMember } from './cluster-member.js';
import { checkRecorder, checkSeconds, checkServerOptions } from './config/option-checks.js';
import { clusterAddress, type MetricsServerOptions } from './config/options.js';
import { defaultDrainSeconds, drainSeconds } from './drain.js';
import type { ServerAddress } from './listening-server.js';
import { nodeApplication } from './node-application.js';
import { createExporter } from './otlp-export.js';
import type { Application, Routes } from './route.js';
import { RunningServer, type ServerRun } from './running-server.js';
import { advise } from './server-advice.js';
import { createParts, type ServerParts } from './server-parts.js';
import { checkThread, isThreadWanted } from './thread/thread-options.js';
import { type StartedRun, startInThread } from './thread/threaded-server.js';

/**
 * Serves the metrics of a recorder at `/metrics`, on a port of its own.
 *
 * Without options it listens on 127.0.0.1 and answers every client. With options for TLS, passwords, tokens or addresses,
 * every configured check must pass; where both passwords and tokens are configured, either one is accepted.
 *
 * @example
 * import { PrometheusRecorder } from 'flowplane-metrics';
 * import { MetricsServer } from 'flowplane-metrics/serve';
 *
 * const server = new MetricsServer(new PrometheusRecorder(), { port: 0 });
 * const { url } = await server.listen();
 * console.log(await (await fetch(url)).text());
 * await server.close();
 */
export class MetricsServer {
  readonly #parts: ServerParts;
  /** Whether it is one of several processes, and which one serves. */
  readonly #member: ClusterMember | undefined;
  // Why not a SingleFlight: these promises are the states of the server, which listen(), drain() and close() ask each other for.
  #running: ServerRun | undefined;
  #listening: Promise<ServerAddress> | undefined;
  #draining: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #removeTerminationListener = (): unknown => undefined;
  /** Ends the wait for one more scrape. */
  #stopWaiting = (): void => undefined;

  /** @throws MetricsError naming every option that is wrong. */
  constructor(recorder: Scrapable, options: MetricsServerOptions = {}) {
    refuseIfAny('MetricsServer', [...checkRecorder(recorder), ...checkServerOptions(options)]);
    refuseIfAny('MetricsServer', checkThread(recorder, options));
    this.#member = options.cluster === true ? new ClusterMember(recorder, options) : undefined;
    this.#parts = createParts(this.#member ?? recorder, options);
  }

  /**
   * Starts to listen. A second call returns the same address. A call after `close()` starts anew.
   *
   * @throws MetricsError where the port is taken, a file is wrong, or a package is missing. It may be called again then.
   */
  listen(): Promise<ServerAddress> {
    // Why: the address of a server that is closing will not answer any more.
    if (this.#closing !== undefined) return this.#closing.then(() => this.listen());
    this.#listening ??= this.#listen().catch((error) => {
      this.#listening = undefined;
      throw error;
    });
    return this.#listening;
  }

  /**
   * Reads the web config file, the certificates and the tokens again. The server does so by itself within seconds of a
   * change.
   *
   * @throws MetricsError where a file is wrong; the previous configuration stays active.
   */
  async reload(): Promise<void> {
    await this.#running?.reload();
  }

  /**
   * Answers `/-/ready` with 503, waits for one more successful scrape or for the deadline, and closes. With the option
   * `drain`, the server does so by itself at SIGTERM and SIGINT.
   *
   * @throws MetricsError where the deadline is not a number of seconds above 0.
   */
  async drain(deadlineSeconds = drainSeconds(this.#parts.options) ?? defaultDrainSeconds): Promise<void> {
    refuseIfAny('MetricsServer.drain', checkSeconds('deadlineSeconds', deadlineSeconds));
    if (this.#listening === undefined) return;
    // Why: a server that closes has stopped listening, so no scrape can come any more.
    if (this.#closing === undefined) this.#draining ??= this.#drain(deadlineSeconds);
    await (this.#draining ?? this.#closing);
  }

  /**
   * Stops listening, and resolves when all open responses have been sent, or after `closeTimeoutSeconds`. While the server
   * drains, it waits for the drain. May be called more than once.
   */
  async close(): Promise<void> {
    await (this.#draining ?? this.#close());
  }

  /** The web framework that answers admitted requests. The metrics thread chooses the same by this name. */
  protected readonly framework: 'node' | 'koa' = 'node';

  /** Creates the application that answers admitted requests. The server of a web framework overrides it. */
  protected async createApplication(_routes: Routes): Promise<Application> {
    return nodeApplication;
  }

  async #listen(): Promise<ServerAddress> {
    if (this.#member === undefined) return this.#serve();
    const mustServe = await this.#member.join(() => this.#serve());
    if (!mustServe) return clusterAddress(this.#parts.options);
    return this.#serve().catch(async (error) => {
      await this.#member?.release();
      throw error;
    });
  }

  async #serve(): Promise<ServerAddress> {
    const { run, address } = await this.#start();
    this.#running = run;
    if (drainSeconds(this.#parts.options) !== undefined) {
      this.#removeTerminationListener = beforeTermination({
        finish: () => this.drain(),
        hurry: () => this.#stopWaiting(),
      });
    }
    return address;
  }

  async #start(): Promise<StartedRun> {
    const { recorder, options } = this.#parts;
    const started = isThreadWanted(options) ? await startInThread(recorder, options, this.framework) : undefined;
    if (started?.run !== undefined) return started;
    const createApplication = (routes: Routes): Promise<Application> => this.createApplication(routes);
    const run = new RunningServer(this.#parts, { createApplication, createExporter });
    const address = await run.start();
    // Why only now: what keeps the server from running anywhere is an error of its own.
    if (started !== undefined) advise(options, started.advice);
    return { run, address };
  }

  async #drain(deadlineSeconds: number): Promise<void> {
    const hurried = new Promise<void>((resolve) => {
      this.#stopWaiting = resolve;
    });
    // Why not waited for otherwise: where another process serves, no scrape will come here.
    if (this.#running !== undefined)
      await withTimeout(Promise.race([this.#running.drain(), hurried]), deadlineSeconds, () => undefined);
    await this.#close();
  }

  #close(): Promise<void> {
    this.#closing ??= this.#end().finally(() => {
      this.#closing = undefined;
    });
    return this.#closing;
  }

  async #end(): Promise<void> {
    await this.#listening?.catch(() => undefined);
    await this.#running?.stop();
    await this.#member?.release();
    // Why only now: a signal that comes while the last responses are being sent must not cut them off.
    this.#removeTerminationListener();
    this.#running = undefined;
    this.#listening = undefined;
    this.#draining = undefined;
  }
}
