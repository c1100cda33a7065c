import Router from '@koa/router';
import { inject, injectable } from 'inversify';
import type { Context } from 'koa';
import { AuthMiddleware } from '../auth/auth-middleware.js';
import type { Scope } from '../auth/token-authenticator.js';
import { type Resource, type ResourceType, resourceKinds } from '../resources/resource.js';
import { DuplicateResourceError, ResourceRepository } from '../resources/resource-repository.js';
import { Discovery } from '../xds/discovery.js';
import { XdsDatabaseService } from '../xds/xds-database-service.js';
import { readResource, readTeam } from './resource-request.js';

/** The resource or collection that a request names. */
interface Target {
  readonly team: string;
  readonly type: ResourceType;
  readonly name: string;
}

/** The API: the resources of a team, under `/api/v1/teams/{team}/{clusters|routes|listeners}`. */
@injectable()
export class ResourceRoutes {
  readonly router = new Router({ prefix: '/api/v1/teams/:team' });

  constructor(
    @inject(AuthMiddleware) private readonly auth: AuthMiddleware,
    @inject(ResourceRepository) private readonly repository: ResourceRepository,
    @inject(XdsDatabaseService) private readonly database: XdsDatabaseService,
    @inject(Discovery) private readonly discovery: Discovery,
  ) {
    for (const { type, collection } of resourceKinds) {
      type Handler = (context: Context, target: Target) => Promise<void>;
      const allow = (scope: Scope, handle: Handler) => [
        auth.authenticate,
        (context: Context) => handle.call(this, context, this.authorize(context, type, scope)),
      ];
      this.router.get(`/${collection}`, ...allow('read', this.list));
      this.router.post(`/${collection}`, ...allow('write', this.create));
      this.router.get(`/${collection}/:name`, ...allow('read', this.find));
      this.router.put(`/${collection}/:name`, ...allow('write', this.replace));
      this.router.delete(`/${collection}/:name`, ...allow('write', this.delete));
    }
  }

  private async list(context: Context, { team, type }: Target): Promise<void> {
    context.body = await this.database.listByTeam(team, type);
  }

  private async find(context: Context, { team, type, name }: Target): Promise<void> {
    const found = await this.repository.find(team, type, name);
    context.body = found ?? context.throw(404, `${type} "${name}" not found`);
  }

  private async create(context: Context, { team, type }: Target): Promise<void> {
    const resource = readResource(context, type);
    try {
      await this.repository.create(team, type, resource);
    } catch (error) {
      if (error instanceof DuplicateResourceError) context.throw(409, error.message);
      throw error;
    }
    await this.respond(context, 201, { team, type }, resource);
  }

  private async replace(context: Context, { team, type, name }: Target): Promise<void> {
    const resource = readResource(context, type, name);
    if (!(await this.repository.replace(team, type, resource))) context.throw(404, `${type} "${name}" not found`);
    await this.respond(context, 200, { team, type }, resource);
  }

  private async delete(context: Context, { team, type, name }: Target): Promise<void> {
    if (!(await this.repository.delete(team, type, name))) context.throw(404, `${type} "${name}" not found`);
    await this.respond(context, 204, { team, type });
  }

  /** Answers a write after its new snapshot is sent to the proxies. */
  private async respond(
    context: Context,
    status: number,
    { team, type }: Omit<Target, 'name'>,
    body: Resource | null = null,
  ): Promise<void> {
    await this.discovery.publish(team, type);
    context.body = body;
    context.status = status;
  }

  /** Throws 403 unless the caller may access the team of the path. */
  private authorize(context: Context, type: ResourceType, scope: Scope): Target {
    const team = readTeam(context);
    this.auth.requireAccess(context, team, type, scope);
    return { team, type, name: context['params']['name'] ?? '' };
  }
}
