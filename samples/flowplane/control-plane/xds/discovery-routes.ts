import { randomUUID } from 'node:crypto';
import Router from '@koa/router';
import { Counter } from 'flowplane-metrics';
import { inject, injectable } from 'inversify';
import type { Context } from 'koa';
import { AuthMiddleware } from '../auth/auth-middleware.js';
import { xdsRequests } from '../metrics.js';
import { isName, nameRule } from '../resources/name.js';
import { type ResourceType, resourceKindOf, resourceKinds, typeUrlOf } from '../resources/resource.js';
import { computeVersion, Discovery } from './discovery.js';

/** The fields of Envoy's `DiscoveryRequest` in use. */
interface DiscoveryRequest {
  readonly version_info?: unknown;
  readonly node?: { readonly metadata?: { readonly team?: unknown } };
  readonly resource_names?: unknown;
}

/** The xDS service by REST and JSON, which proxies poll: `POST /v3/discovery:clusters`, `:routes`, `:listeners`. */
@injectable()
export class DiscoveryRoutes {
  readonly router = new Router();

  constructor(
    @inject(AuthMiddleware) private readonly auth: AuthMiddleware,
    @inject(Discovery) private readonly discovery: Discovery,
  ) {
    for (const { type, collection } of resourceKinds) {
      this.router.post(`/v3/discovery\\:${collection}`, auth.authenticate, (context) => this.route(context, type));
    }
  }

  private async route(context: Context, type: ResourceType): Promise<void> {
    const request = (context.request.body ?? {}) as DiscoveryRequest;
    const team = request.node?.metadata?.team;
    if (!isName(team)) context.throw(400, `"node.metadata.team" must be ${nameRule}`);
    this.auth.requireAccess(context, team, type, 'discover');
    const answer = await this.discover(team, type, request);
    // Why 304: Envoy's REST discovery expects it when the proxy has the current version.
    if (answer === undefined) context.status = 304;
    else context.body = answer;
  }

  @Counter(xdsRequests, { labels: { resource_type: (_team, type) => type, team: (team) => team } })
  async discover(team: string, type: ResourceType, request: DiscoveryRequest): Promise<object | undefined> {
    const { resources } = await this.discovery.snapshot(team, type);
    const names = Array.isArray(request.resource_names) ? request.resource_names : [];
    const wanted = resources.filter(({ name }) => names.length === 0 || names.includes(name));
    // Why not the snapshot's version: a proxy that asks for other names must get them, although nothing has changed.
    const version = computeVersion(wanted);
    if (request.version_info === version) return undefined;
    const typeUrl = typeUrlOf(resourceKindOf(type).message);
    return {
      version_info: version,
      resources: wanted.map(({ name, spec }) => ({ '@type': typeUrl, ...spec, name })),
      type_url: typeUrl,
      nonce: randomUUID(),
    };
  }
}
