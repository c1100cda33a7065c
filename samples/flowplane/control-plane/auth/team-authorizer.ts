import { Counter } from 'flowplane-metrics';
import { injectable } from 'inversify';
import { crossTeamAttempts } from '../metrics.js';
import type { ResourceType } from '../resources/resource.js';

/** A team may read and change its own resources only. */
@injectable()
export class TeamAuthorizer {
  @Counter(crossTeamAttempts, {
    labels: {
      from_team: (fromTeam) => fromTeam,
      to_team: (_fromTeam, toTeam) => toTeam,
      resource_type: (_fromTeam, _toTeam, type) => type,
    },
    when: (allowed) => !allowed,
  })
  mayAccess(fromTeam: string, toTeam: string, _type: ResourceType): boolean {
    return fromTeam === toTeam;
  }
}
