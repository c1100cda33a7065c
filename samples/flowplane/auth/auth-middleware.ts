import { inject, injectable } from 'inversify';
import type { Context, Next } from 'koa';
import type { ResourceType } from '../resources/resource.js';
import { TeamAuthorizer } from './team-authorizer.js';
import { type Caller, type Scope, TokenAuthenticator } from './token-authenticator.js';

/** Who asks, and whether they may: over HTTP, 401 and 403 come from here alone. */
@injectable()
export class AuthMiddleware {
  constructor(
    @inject(TokenAuthenticator) private readonly authenticator: TokenAuthenticator,
    @inject(TeamAuthorizer) private readonly authorizer: TeamAuthorizer,
  ) {}

  /** Koa middleware: lets in the bearer of a valid token. */
  readonly authenticate = async (context: Context, next: Next): Promise<void> => {
    const { caller } = this.authenticator.authenticate(context.get('Authorization'));
    if (caller === undefined) {
      context.throw(401, 'a valid bearer token is needed', { headers: { 'WWW-Authenticate': 'Bearer' } });
    }
    context.state['caller'] = caller;
    await next();
  };

  /** Throws the HTTP error unless the caller's token may do this to resources of this team and type. */
  demand(context: Context, team: string, type: ResourceType, scope: Scope): void {
    const caller = context.state['caller'] as Caller;
    if (!this.authorizer.mayAccess(caller.team, team, type)) {
      context.throw(403, `team "${caller.team}" may not access resources of team "${team}"`);
    }
    if (!caller.scopes.includes(scope)) context.throw(403, `the token has no scope "${scope}"`);
  }
}
