import { inject, injectable } from 'inversify';
import type { Context, Next } from 'koa';
import { ResourceRepository } from '../resources/resource-repository.js';

/** `/healthz`: this process answers. `/readyz`: it wants requests, which it does not once it is told to stop. */
@injectable()
export class Health {
  #stopping = false;

  constructor(@inject(ResourceRepository) private readonly repository: ResourceRepository) {}

  /** From now on not ready, so that whoever balances the load sends requests elsewhere. */
  stop(): void {
    this.#stopping = true;
  }

  /** Koa middleware. */
  readonly answer = async (context: Context, next: Next): Promise<void> => {
    if (context.path === '/healthz') {
      context.body = { status: 'ok' };
    } else if (context.path === '/readyz') {
      await this.repository.ping();
      context.body = { status: this.#stopping ? 'stopping' : 'ready' };
      context.status = this.#stopping ? 503 : 200;
    } else {
      await next();
    }
  };
}
