import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Scrapable } from '../exposition/exposed-family.js';
import { withProcessMetrics } from '../prometheus/process-metrics.js';
import { pageListener } from './answer-page.js';
import { listenError } from './listen-error.js';
import { metricsPages } from './metrics-pages.js';
import type { Pages } from './pages.js';
import { type MetricsServerOptions, serverAddress } from './server-options.js';

/** Where a server listens. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  /** What to scrape, e.g. `http://127.0.0.1:9090/metrics`. */
  readonly url: string;
}

/** Serves the metrics of a recorder on a port of their own, at `/metrics`. */
export class PageServer {
  readonly #recorder: Scrapable;
  readonly #scrapable: Scrapable;
  readonly #options: MetricsServerOptions;
  readonly #running = new Set<Promise<void>>();
  #server: Server | undefined;
  #listening: Promise<ServerAddress> | undefined;

  constructor(recorder: Scrapable, options: MetricsServerOptions = {}) {
    this.#recorder = recorder;
    this.#scrapable = options.processMetrics === false ? recorder : alsoProcessMetrics(recorder);
    this.#options = options;
  }

  /**
   * Begins to listen. A second call gives the same address.
   *
   * @throws MetricsError where the port is taken, the host or port is wrong, or Koa is not installed.
   */
  listen(): Promise<ServerAddress> {
    this.#listening ??= this.#listen();
    return this.#listening;
  }

  /** Stops listening, once the scrapes that are running have been answered. Idempotent. */
  async close(): Promise<void> {
    await this.#listening?.catch(() => undefined);
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, 'close');
    server.close();
    await Promise.all(this.#running);
    server.closeAllConnections();
    await closed;
  }

  /** What answers the requests that are let in. */
  protected async application(pages: Pages): Promise<RequestListener> {
    return pageListener(pages);
  }

  async #listen(): Promise<ServerAddress> {
    const { host, port } = serverAddress(this.#options);
    const pages = metricsPages({ recorder: this.#recorder, scrapable: this.#scrapable, isReady: () => true });
    const server = createServer(await this.application(pages));
    server.on('request', (_request, response) => this.#track(response));
    if (this.#options.keepAlive !== true) letTheProcessEnd(server);
    try {
      server.listen({ host, port });
      await once(server, 'listening');
    } catch (cause) {
      throw listenError('MetricsServer', host, port, cause);
    }
    this.#server = server;
    return addressOf(server);
  }

  #track(response: ServerResponse): void {
    const answered = new Promise<void>((resolve) => {
      response.once('close', resolve);
    });
    this.#running.add(answered);
    void answered.then(() => this.#running.delete(answered));
  }
}

function letTheProcessEnd(server: Server): void {
  server.unref();
  server.on('connection', (socket) => socket.unref());
}

function addressOf(server: Server): ServerAddress {
  const { address, family, port } = server.address() as AddressInfo;
  const authority = family === 'IPv6' ? `[${address}]` : address;
  return { host: address, port, url: `http://${authority}:${port}/metrics` };
}

const alsoProcessMetrics = (recorder: Scrapable): Scrapable => ({
  exposedFamilies: async (limits) => withProcessMetrics(await recorder.exposedFamilies(limits)),
});
