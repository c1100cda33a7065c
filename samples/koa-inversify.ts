// Annotated services, a recorder that InversifyJS injects, and a Koa server that Prometheus scrapes.
// npm install flowplane-metrics inversify reflect-metadata koa @koa/router prom-client
import 'reflect-metadata';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import Router from '@koa/router';
import { Counter, Gauge } from 'flowplane-metrics';
import { installMetrics } from 'flowplane-metrics/inversify';
import { MetricsServer } from 'flowplane-metrics/koa';
import { Container, inject, injectable } from 'inversify';
import Koa from 'koa';

@injectable()
class ClusterService {
  readonly #clusters: Readonly<Record<string, readonly string[]>> = { payments: ['ledger', 'wallet'], checkout: [] };

  @Gauge({
    name: 'xds_team_resources_total',
    help: 'Number of resources served per team',
    labels: { resource_type: 'cluster', team: { args: (team) => team, limit: 100 } },
    value: (clusters) => clusters.length,
    advice: false, // accepts a gauge whose name ends in _total
  })
  async listClustersByTeam(team: string): Promise<readonly string[]> {
    return this.#clusters[team] ?? [];
  }
}

@injectable()
class TeamAuthorizer {
  @Counter({
    name: 'auth_cross_team_access_attempts_total',
    help: 'Cross-team access attempts blocked by authorization',
    labels: { from_team: { args: (from) => from, limit: 100 }, to_team: { args: (_from, to) => to, limit: 100 } },
    when: (allowed) => !allowed,
  })
  mayAccess(fromTeam: string, toTeam: string): boolean {
    return fromTeam === toTeam;
  }
}

@injectable()
class ClusterRoutes {
  readonly router = new Router();

  constructor(
    @inject(ClusterService) private readonly clusters: ClusterService,
    @inject(TeamAuthorizer) private readonly authorizer: TeamAuthorizer,
  ) {
    this.router.get('/teams/:team/clusters', async (context) => {
      const team = context.params['team'] ?? '';
      if (!this.authorizer.mayAccess(context.get('X-Team'), team)) context.throw(403);
      context.body = await this.clusters.listClustersByTeam(team);
    });
  }
}

const container = new Container({ defaultScope: 'Singleton' });
const recorder = installMetrics(container); // before the first service is resolved
for (const service of [ClusterService, TeamAuthorizer, ClusterRoutes]) container.bind<unknown>(service).to(service);

const api = new Koa().use(container.get(ClusterRoutes).router.routes());
const server = api.listen(Number(process.env['PORT'] ?? 8080), '127.0.0.1');
await once(server, 'listening');
const { url } = await new MetricsServer(recorder).listen(); // FLOWPLANE_METRICS_PORT or 9090

const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
console.log(`API      ${origin}/teams/payments/clusters (send the header X-Team: payments)`);
console.log(`Metrics  ${url}`);
