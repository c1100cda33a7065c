import { Counter } from 'flowplane-metrics';
import { injectable } from 'inversify';
import type { ResourceType } from '../resources/resource.js';

/** A team may read and change its own resources only. */
@injectable()
export class TeamAuthorizer {
  @Counter({
    name: 'auth_cross_team_access_attempts_total',
    help: 'Cross-team access attempts blocked by authorization',
    labels: {
      from_team: { args: (fromTeam) => fromTeam, limit: 100 },
      to_team: { args: (_fromTeam, toTeam) => toTeam, limit: 100 },
      resource_type: { args: (_fromTeam, _toTeam, type) => type, oneOf: ['cluster', 'route', 'listener'] },
    },
    when: (allowed) => !allowed,
  })
  mayAccess(fromTeam: string, toTeam: string, _type: ResourceType): boolean {
    return fromTeam === toTeam;
  }
}
