import type { RequestListener } from 'node:http';
import { refuseIfAny } from '../error.js';
import { withProcessMetrics } from '../prometheus/prom-client/process-metrics.js';
import type { Advice } from '../recorder/advice.js';
import type { Scrapable } from '../store/exposed-family.js';
import { type Limits, limitsOf } from './config/limits.js';
import { serverAddress } from './config/server-address.js';
import { scrapableProblems, secondsProblems, serverOptionProblems } from './config/server-option-problems.js';
import type { MetricsServerOptions } from './config/server-options.js';
import { defaultDrainSeconds, drainSeconds, onTermination, orAfter } from './drain.js';
import { EndpointMetrics } from './endpoint-metrics.js';
import { ListeningServer, type ServerAddress, type ServerParts } from './listening-server.js';
import type { Access } from './load-access.js';
import { metricsPages } from './metrics-routes.js';
import { pageListener } from './node-listener.js';
import { Responses } from './open-responses.js';
import { guarded } from './protect.js';
import { refuseBadRequests } from './refused-connections.js';
import { AccessInUse } from './reloadable-access.js';
import type { Pages } from './routes.js';
import { ScrapesInFlight } from './scrapes-in-flight.js';
import { reloadAdvice, warn, whereAdvice } from './server-advice.js';

/** Serves the metrics of a recorder on a port of their own, at `/metrics`, to whom the options let in. */
export class MetricsServer {
  readonly #recorder: Scrapable;
  readonly #options: MetricsServerOptions;
  readonly #limits: Limits;
  readonly #metrics = new EndpointMetrics();
  readonly #responses = new Responses();
  readonly #scrapes: ScrapesInFlight;
  #access: AccessInUse | undefined;
  #server: ListeningServer | undefined;
  #listening: Promise<ServerAddress> | undefined;
  #draining: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #ignoreSignals = (): unknown => undefined;

  /** @throws MetricsError naming every option that is wrong. */
  constructor(recorder: Scrapable, options: MetricsServerOptions = {}) {
    refuseIfAny('MetricsServer', [...scrapableProblems(recorder), ...serverOptionProblems(options)]);
    this.#recorder = recorder;
    this.#options = options;
    this.#limits = limitsOf(options);
    this.#scrapes = new ScrapesInFlight(this.#limits.maxConcurrentScrapes, this.#metrics);
  }

  /**
   * Begins to listen. A second call gives the same address; once it is closed, it begins anew.
   *
   * @throws MetricsError where the port is taken, a file is wrong, or a package that is needed is not installed. It may be
   * called again then.
   */
  listen(): Promise<ServerAddress> {
    // Why: what is being closed has an address that nobody will answer at.
    if (this.#closing !== undefined) return this.#closing.then(() => this.listen());
    this.#listening ??= this.#listen().catch((error) => {
      this.#listening = undefined;
      throw error;
    });
    return this.#listening;
  }

  /**
   * Reads the web config file, the certificates and the tokens again, as it is done by itself within seconds of a change.
   *
   * @throws MetricsError where they are wrong; what was read before stays in use.
   */
  async reload(): Promise<void> {
    await this.#access?.reload((access) => this.#use(access));
  }

  /**
   * Fails `/-/ready` at once, and stays until one more scrape was served, or for so many seconds; then closes. With the
   * option `drain`, SIGTERM does so by itself.
   *
   * @throws MetricsError where that is no number of seconds above 0.
   */
  async drain(deadlineSeconds = drainSeconds(this.#options) ?? defaultDrainSeconds): Promise<void> {
    refuseIfAny('MetricsServer.drain', secondsProblems('deadlineSeconds', deadlineSeconds));
    if (this.#listening === undefined) return;
    this.#draining ??= orAfter(deadlineSeconds, this.#scrapes.nextServed()).then(() => this.#close());
    await this.#draining;
  }

  /** Stops listening, once the scrapes that are running have been answered; while it drains, once that is over. Idempotent. */
  async close(): Promise<void> {
    await (this.#draining ?? this.#close());
  }

  /** What answers the requests that are let in. */
  protected async application(pages: Pages): Promise<RequestListener> {
    return pageListener(pages);
  }

  async #listen(): Promise<ServerAddress> {
    const access = await AccessInUse.load(this.#options);
    const parts: ServerParts = {
      listener: await this.#listener(access),
      limits: this.#limits,
      keepAlive: this.#options.keepAlive === true,
      prepare: (server) => refuseBadRequests(server, this.#responses, (reason) => this.#metrics.refused(reason)),
    };
    const server = new ListeningServer(parts, access.current.tls);
    const { host, port } = serverAddress(this.#options);
    const address = await server.listen(host, port);
    this.#server = server;
    this.#access = access;
    this.#started(address, access);
    return address;
  }

  async #listener(access: AccessInUse): Promise<RequestListener> {
    const pages = metricsPages({
      recorder: this.#recorder,
      scrapable: this.#exposed(),
      isReady: () => this.#draining === undefined,
      sent: (bytes) => this.#metrics.sent(bytes),
    });
    return guarded(await this.application(pages), {
      access: () => access.current,
      began: (response) => this.#responses.add(response, this.#limits.responseTimeoutSeconds),
      enter: (response) => this.#scrapes.enter(response),
      refused: (reason) => this.#metrics.refused(reason),
    });
  }

  /** What a scrape shows: the user's families, those of the server, and those of the process. */
  #exposed(): Scrapable {
    const { endpointMetrics, processMetrics } = this.#options;
    const scrapable = endpointMetrics === false ? this.#recorder : this.#metrics.beside(this.#recorder);
    return processMetrics === false ? scrapable : alsoProcessMetrics(scrapable);
  }

  #started({ host }: ServerAddress, access: AccessInUse): void {
    access.watch(
      (changed) => this.#use(changed),
      (error) => {
        this.#metrics.reloaded(false);
        this.#advise(reloadAdvice(error));
      },
    );
    if (drainSeconds(this.#options) !== undefined) this.#ignoreSignals = onTermination(() => this.drain());
    const advice = whereAdvice(host, access.current.gate.isOpen);
    if (advice !== undefined) this.#advise(advice);
  }

  #advise(advice: Advice): void {
    const { onAdvice = warn } = this.#options;
    try {
      onAdvice(advice);
    } catch {
      // Why swallowed: a listener's fault must not end the process, and there is nobody else to tell.
    }
  }

  /** Takes a changed access into use. Connections from before were made under the old one: they end with their answer. */
  async #use({ tls }: Access): Promise<void> {
    if (tls !== undefined) {
      await this.#server?.use(tls);
      this.#responses.closeConnections();
    }
    this.#metrics.reloaded(true);
  }

  #close(): Promise<void> {
    this.#closing ??= this.#end().finally(() => {
      this.#closing = undefined;
    });
    return this.#closing;
  }

  async #end(): Promise<void> {
    await this.#listening?.catch(() => undefined);
    const server = this.#server;
    if (server === undefined) return;
    this.#ignoreSignals();
    this.#access?.stop();
    const closed = server.close();
    await this.#responses.ended();
    server.closeAllConnections();
    await closed;
    this.#server = undefined;
    this.#listening = undefined;
    this.#draining = undefined;
  }
}

const alsoProcessMetrics = (recorder: Scrapable): Scrapable => ({
  formats: recorder.formats,
  exposedFamilies: async (limits) =>
    withProcessMetrics(await recorder.exposedFamilies(limits), recorder.constantLabels?.() ?? []),
});
