import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bodyParser } from '@koa/bodyparser';
import { inject, injectable } from 'inversify';
import Koa, { type Context, type Next } from 'koa';
import { DiscoveryRoutes } from './discovery-routes.js';
import { ResourceRoutes } from './resource-routes.js';

/** The API and the xDS service on one port of this machine. */
@injectable()
export class ApiServer {
  readonly #server: Server;

  constructor(@inject(ResourceRoutes) resources: ResourceRoutes, @inject(DiscoveryRoutes) discovery: DiscoveryRoutes) {
    const application = new Koa();
    application.use(jsonErrors);
    application.use(health);
    application.use(bodyParser({ enableTypes: ['json'], jsonLimit: '64kb' }));
    for (const { router } of [resources, discovery]) {
      application.use(router.routes());
      application.use(router.allowedMethods({ throw: true }));
    }
    this.#server = createServer(application.callback());
  }

  /** Begins to listen, on any free port for 0; gives the URL. */
  async listen(port: number): Promise<string> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Stops listening once the requests that are running have been answered. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }
}

/** Every error as JSON; what is the server's own fault says nothing of its inside. */
async function jsonErrors(context: Context, next: Next): Promise<void> {
  try {
    await next();
    if (context.status === 404 && context.body === undefined) context.throw(404, 'there is nothing here');
  } catch (error) {
    const { status = 500, message, headers = {} } = error as InstanceType<typeof Koa.HttpError>;
    context.status = status;
    context.set(headers as Record<string, string>);
    context.body = { error: status < 500 ? message : 'internal error' };
    if (status >= 500) context.app.emit('error', error, context);
  }
}

async function health(context: Context, next: Next): Promise<void> {
  if (context.path !== '/healthz') return next();
  context.body = { status: 'ok' };
}
