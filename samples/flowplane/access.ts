import { inject, injectable } from 'inversify';
import type { Context } from 'koa';
import type { ResourceType } from './resource.js';
import { TeamAuthorizer } from './team-authorizer.js';
import { TokenAuthenticator } from './token-authenticator.js';

/** Who asks, and whether they may: 401 and 403 come from here alone. */
@injectable()
export class Access {
  constructor(
    @inject(TokenAuthenticator) private readonly authenticator: TokenAuthenticator,
    @inject(TeamAuthorizer) private readonly authorizer: TeamAuthorizer,
  ) {}

  /** Throws the HTTP error unless the bearer of the request's token may access resources of this team and type. */
  demand(context: Context, team: string, type: ResourceType): void {
    const caller = this.authenticator.teamOf(context.get('Authorization'));
    if (caller === undefined) {
      context.throw(401, 'a valid bearer token is needed', { headers: { 'WWW-Authenticate': 'Bearer' } });
    }
    if (!this.authorizer.mayAccess(caller, team, type)) {
      context.throw(403, `team "${caller}" may not access resources of team "${team}"`);
    }
  }
}
