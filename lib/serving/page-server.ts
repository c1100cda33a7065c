import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { refuseIfAny } from '../error.js';
import type { Scrapable } from '../exposition/exposed-family.js';
import { withProcessMetrics } from '../prometheus/process-metrics.js';
import type { Access } from './access.js';
import { AccessInUse } from './access-in-use.js';
import { pageListener } from './answer-page.js';
import { guarded } from './guarded.js';
import { listenError } from './listen-error.js';
import { metricsPages } from './metrics-pages.js';
import type { Pages } from './pages.js';
import { Responses } from './responses.js';
import { serverAddress } from './server-address.js';
import { reloadAdvice, warn, whereAdvice } from './server-advice.js';
import { serverOptionProblems } from './server-option-problems.js';
import type { MetricsServerOptions } from './server-options.js';

/** Where a server listens. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  /** What to scrape, e.g. `http://127.0.0.1:9090/metrics`. */
  readonly url: string;
}

/** Serves the metrics of a recorder on a port of their own, at `/metrics`, to whom the options let in. */
export class PageServer {
  readonly #recorder: Scrapable;
  readonly #scrapable: Scrapable;
  readonly #options: MetricsServerOptions;
  readonly #responses = new Responses();
  #access: AccessInUse | undefined;
  #server: Server | TlsServer | undefined;
  #listening: Promise<ServerAddress> | undefined;

  constructor(recorder: Scrapable, options: MetricsServerOptions = {}) {
    this.#recorder = recorder;
    this.#scrapable = options.processMetrics === false ? recorder : alsoProcessMetrics(recorder);
    this.#options = options;
  }

  /**
   * Begins to listen. A second call gives the same address.
   *
   * @throws MetricsError where the port is taken, an option or a file is wrong, or a package that is needed is not installed.
   */
  listen(): Promise<ServerAddress> {
    this.#listening ??= this.#listen();
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

  /** Stops listening, once the scrapes that are running have been answered. Idempotent. */
  async close(): Promise<void> {
    await this.#listening?.catch(() => undefined);
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    this.#access?.stop();
    const closed = once(server, 'close');
    server.close();
    await this.#responses.ended();
    server.closeAllConnections();
    await closed;
  }

  /** What answers the requests that are let in. */
  protected async application(pages: Pages): Promise<RequestListener> {
    return pageListener(pages);
  }

  async #listen(): Promise<ServerAddress> {
    refuseIfAny('MetricsServer', serverOptionProblems(this.#options));
    const { host, port } = serverAddress(this.#options);
    const access = await AccessInUse.load(this.#options);
    const pages = metricsPages({ recorder: this.#recorder, scrapable: this.#scrapable, isReady: () => true });
    const listener = guarded(await this.application(pages), () => access.current, this.#responses);
    const server = newServer(access.current, listener);
    if (this.#options.keepAlive !== true) letTheProcessEnd(server);
    try {
      server.listen({ host, port });
      await once(server, 'listening');
    } catch (cause) {
      throw listenError('MetricsServer', host, port, cause);
    }
    this.#server = server;
    this.#access = access;
    return this.#started(server, access);
  }

  #started(server: Server, access: AccessInUse): ServerAddress {
    const { onAdvice = warn } = this.#options;
    access.watch(
      (changed) => this.#use(changed),
      (error) => onAdvice(reloadAdvice(error)),
    );
    const address = addressOf(server, access.current.tls === undefined ? 'http' : 'https');
    const advice = whereAdvice(address.host, access.current.gate.isOpen);
    if (advice !== undefined) onAdvice(advice);
    return address;
  }

  /** Takes a changed access into use. Connections from before were made under the old one: they end with their answer. */
  #use({ tls }: Access): void {
    const server = this.#server;
    if (server === undefined || tls === undefined) return;
    (server as TlsServer).setSecureContext(tls.options);
    const { requestCert, rejectUnauthorized } = tls.options;
    // Why assigned: node:tls reads these two of its server at each connection, and has no method for them.
    Object.assign(server, { requestCert, rejectUnauthorized });
    server.closeIdleConnections();
    this.#responses.closeConnections();
  }
}

function newServer({ tls }: Access, listener: RequestListener): Server | TlsServer {
  return tls === undefined ? createServer(listener) : createTlsServer(tls.options, listener);
}

function letTheProcessEnd(server: Server): void {
  server.unref();
  server.on('connection', (socket) => socket.unref());
}

function addressOf(server: Server, scheme: string): ServerAddress {
  const { address, family, port } = server.address() as AddressInfo;
  const authority = family === 'IPv6' ? `[${address}]` : address;
  return { host: address, port, url: `${scheme}://${authority}:${port}/metrics` };
}

const alsoProcessMetrics = (recorder: Scrapable): Scrapable => ({
  exposedFamilies: async (limits) => withProcessMetrics(await recorder.exposedFamilies(limits)),
});
