import { Gauge } from 'flowplane-metrics';
import { inject, injectable } from 'inversify';
import { teamResources } from '../metrics.js';
import type { Resource, ResourceType } from '../resources/resource.js';
import { ResourceRepository } from '../resources/resource-repository.js';

/** Lists the resources of a team. Every listing sets the gauge. */
@injectable()
export class XdsDatabaseService {
  constructor(@inject(ResourceRepository) private readonly repository: ResourceRepository) {}

  @Gauge(teamResources, {
    labels: { resource_type: 'cluster', team: (team) => team },
    value: (clusters) => clusters.length,
  })
  async listClustersByTeam(team: string): Promise<Resource[]> {
    return this.repository.list(team, 'cluster');
  }

  @Gauge(teamResources, {
    labels: { resource_type: 'route', team: (team) => team },
    value: (routes) => routes.length,
  })
  async listRoutesByTeam(team: string): Promise<Resource[]> {
    return this.repository.list(team, 'route');
  }

  @Gauge(teamResources, {
    labels: { resource_type: 'listener', team: (team) => team },
    value: (listeners) => listeners.length,
  })
  async listListenersByTeam(team: string): Promise<Resource[]> {
    return this.repository.list(team, 'listener');
  }

  async listByTeam(team: string, type: ResourceType): Promise<Resource[]> {
    switch (type) {
      case 'cluster':
        return this.listClustersByTeam(team);
      case 'route':
        return this.listRoutesByTeam(team);
      case 'listener':
        return this.listListenersByTeam(team);
    }
  }
}
