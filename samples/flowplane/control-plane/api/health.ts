import { inject, injectable } from 'inversify';
import type { Context, Next } from 'koa';
import { ResourceRepository } from '../resources/resource-repository.js';

/** `/healthz`: the process answers. `/readyz`: it accepts requests, until it starts to stop. */
@injectable()
export class Health {
  #isStopping = false;

  constructor(@inject(ResourceRepository) private readonly repository: ResourceRepository) {}

  /** From now on `/readyz` answers 503, so that a load balancer sends requests elsewhere. */
  stop(): void {
    this.#isStopping = true;
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Koa middleware. */
  readonly middleware = async (context: Context, next: Next): Promise<void> => {
    if (context.path === '/healthz') {
      context.body = { status: 'ok' };
    } else if (context.path === '/readyz') {
      await this.repository.ping();
      context.body = { status: this.#isStopping ? 'stopping' : 'ready' };
      context.status = this.#isStopping ? 503 : 200;
    } else {
      await next();
    }
  };
}
