import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bodyParser } from '@koa/bodyparser';
import { MetricsRecorder } from 'flowplane-metrics';
import { httpMetrics } from 'flowplane-metrics/koa';
import { inject, injectable } from 'inversify';
import Koa from 'koa';
import { formatHostAndPort } from '../host-and-port.js';
import { DiscoveryRoutes } from '../xds/discovery-routes.js';
import { Health } from './health.js';
import { jsonErrors } from './json-errors.js';
import { ResourceRoutes } from './resource-routes.js';

/** The API and the xDS service by REST, on one port. */
@injectable()
export class ApiServer {
  readonly #server: Server;

  constructor(
    @inject(MetricsRecorder) recorder: MetricsRecorder,
    @inject(Health) health: Health,
    @inject(ResourceRoutes) resources: ResourceRoutes,
    @inject(DiscoveryRoutes) discovery: DiscoveryRoutes,
  ) {
    const application = new Koa();
    application.use(httpMetrics(recorder));
    // Why: a kept-alive connection would keep the server open for seconds. Why behind the answer: it may stop meanwhile.
    application.use(async (context, next) => {
      await next();
      if (health.isStopping) context.set('Connection', 'close');
    });
    application.use(jsonErrors);
    application.use(health.middleware);
    application.use(bodyParser({ enableTypes: ['json'], jsonLimit: '64kb' }));
    for (const { router } of [resources, discovery]) {
      application.use(router.routes());
      application.use(router.allowedMethods({ throw: true }));
    }
    this.#server = createServer(application.callback());
  }

  /** Listens, for port 0 on any free one. Returns the URL. */
  async listen(host: string, port: number): Promise<string> {
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
    return `http://${formatHostAndPort(host, (this.#server.address() as AddressInfo).port)}`;
  }

  /** Stops listening. Resolves when all running requests are answered. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }

  /** Closes all connections at once. */
  destroy(): void {
    this.#server.closeAllConnections();
  }
}
