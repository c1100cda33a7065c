import Router from '@koa/router';
import { inject, injectable } from 'inversify';
import type { Context } from 'koa';
import { Access } from './access.js';
import type { Resource, ResourceType } from './resource.js';
import { DuplicateResourceError, ResourceRepository } from './resource-repository.js';
import { XdsDatabaseService } from './xds-database-service.js';

const collections: Readonly<Record<string, ResourceType>> = {
  clusters: 'cluster',
  routes: 'route',
  listeners: 'listener',
};

const legalName = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** The API: the resources of a team, under `/api/v1/teams/{team}/{clusters|routes|listeners}`. */
@injectable()
export class ResourceRoutes {
  readonly router = new Router({ prefix: '/api/v1/teams/:team/:collection' });

  constructor(
    @inject(Access) private readonly access: Access,
    @inject(ResourceRepository) private readonly repository: ResourceRepository,
    @inject(XdsDatabaseService) private readonly database: XdsDatabaseService,
  ) {
    this.router.get('/', (context) => this.list(context, context.params));
    this.router.post('/', (context) => this.create(context, context.params));
    this.router.delete('/:name', (context) => this.delete(context, context.params));
  }

  private async list(context: Context, params: Readonly<Record<string, string>>): Promise<void> {
    const { team, type } = this.target(context, params);
    context.body = await this.database.listByTeam(team, type);
  }

  private async create(context: Context, params: Readonly<Record<string, string>>): Promise<void> {
    const { team, type } = this.target(context, params);
    const resource = resourceIn(context);
    try {
      await this.repository.create(team, type, resource);
    } catch (error) {
      if (error instanceof DuplicateResourceError) context.throw(409, error.message);
      throw error;
    }
    await this.serve(team, type);
    context.status = 201;
    context.body = resource;
  }

  private async delete(context: Context, params: Readonly<Record<string, string>>): Promise<void> {
    const { team, type } = this.target(context, params);
    const { name = '' } = params;
    if (!(await this.repository.delete(team, type, name))) context.throw(404, `there is no ${type} "${name}"`);
    await this.serve(team, type);
    context.status = 204;
  }

  /** What is served changes with every write; listing it is what the gauge measures. */
  private async serve(team: string, type: ResourceType): Promise<void> {
    await this.database.listByTeam(team, type);
  }

  private target(context: Context, { team = '', collection = '' }: Readonly<Record<string, string>>) {
    const type = Object.hasOwn(collections, collection) ? collections[collection] : undefined;
    if (type === undefined) context.throw(404, `there is no collection "${collection}"`);
    if (!legalName.test(team)) context.throw(400, '"team" must be lower-case letters, digits and "-"');
    this.access.demand(context, team, type);
    return { team, type };
  }
}

function resourceIn(context: Context): Resource {
  const { body } = context.request;
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    context.throw(400, 'the body must be an object');
  const { name, ...spec } = body as Record<string, unknown>;
  if (typeof name !== 'string' || !legalName.test(name)) {
    context.throw(400, '"name" must be lower-case letters, digits and "-"');
  }
  return { name, spec };
}
