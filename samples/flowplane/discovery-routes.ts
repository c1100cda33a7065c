import { createHash, randomUUID } from 'node:crypto';
import Router from '@koa/router';
import { inject, injectable } from 'inversify';
import type { Context } from 'koa';
import { Access } from './access.js';
import type { Resource, ResourceType } from './resource.js';
import { XdsDatabaseService } from './xds-database-service.js';

/** The part of Envoy's `DiscoveryRequest` that is read. */
interface DiscoveryRequest {
  readonly node?: { readonly metadata?: { readonly team?: unknown } };
  readonly resource_names?: unknown;
}

const discoveries: readonly { readonly path: string; readonly type: ResourceType; readonly typeUrl: string }[] = [
  { path: 'clusters', type: 'cluster', typeUrl: 'type.googleapis.com/envoy.config.cluster.v3.Cluster' },
  { path: 'routes', type: 'route', typeUrl: 'type.googleapis.com/envoy.config.route.v3.RouteConfiguration' },
  { path: 'listeners', type: 'listener', typeUrl: 'type.googleapis.com/envoy.config.listener.v3.Listener' },
];

/** The xDS service: REST-JSON discovery (`POST /v3/discovery:clusters` …) for the team of a node. */
@injectable()
export class DiscoveryRoutes {
  readonly router = new Router();

  constructor(
    @inject(Access) private readonly access: Access,
    @inject(XdsDatabaseService) private readonly database: XdsDatabaseService,
  ) {
    for (const { path, type, typeUrl } of discoveries) {
      this.router.post(`/v3/discovery\\:${path}`, (context) => this.discover(context, type, typeUrl));
    }
  }

  private async discover(context: Context, type: ResourceType, typeUrl: string): Promise<void> {
    const request = (context.request.body ?? {}) as DiscoveryRequest;
    const team = request.node?.metadata?.team;
    if (typeof team !== 'string') context.throw(400, '"node.metadata.team" must name the team of the node');
    this.access.demand(context, team, type);
    const wanted = Array.isArray(request.resource_names) ? request.resource_names : [];
    const served = await this.database.listByTeam(team, type);
    const resources = served.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
    context.body = {
      version_info: versionOf(served),
      resources: resources.map(({ name, spec }) => ({ '@type': typeUrl, ...spec, name })),
      type_url: typeUrl,
      nonce: randomUUID(),
    };
  }
}

/** Changes exactly when what is served changes. */
function versionOf(resources: readonly Resource[]): string {
  return createHash('sha256').update(JSON.stringify(resources)).digest('hex').slice(0, 16);
}
