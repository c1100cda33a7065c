import { inject, injectable } from 'inversify';
import type { Context, Next } from 'koa';
import type { ResourceType } from '../resources/resource.js';
import { TeamAuthorizer } from './team-authorizer.js';
import { type Caller, type Scope, TokenAuthenticator } from './token-authenticator.js';

/** Authenticates and authorizes HTTP requests. Every 401 and 403 of the API comes from here. */
@injectable()
export class AuthMiddleware {
  constructor(
    @inject(TokenAuthenticator) private readonly authenticator: TokenAuthenticator,
    @inject(TeamAuthorizer) private readonly authorizer: TeamAuthorizer,
  ) {}

  /** Koa middleware: answers 401 without a valid token. */
  readonly authenticate = async (context: Context, next: Next): Promise<void> => {
    const { caller } = this.authenticator.authenticate(context.get('Authorization'));
    if (caller === undefined) {
      context.throw(401, 'a valid bearer token is required', { headers: { 'WWW-Authenticate': 'Bearer' } });
    }
    context.state['caller'] = caller;
    await next();
  };

  /** Throws 403 unless the caller's token has the scope for resources of this team and type. */
  requireAccess(context: Context, team: string, type: ResourceType, scope: Scope): void {
    const caller = context.state['caller'] as Caller;
    if (!this.authorizer.mayAccess(caller.team, team, type)) {
      context.throw(403, `team "${caller.team}" may not access resources of team "${team}"`);
    }
    if (!caller.scopes.includes(scope)) context.throw(403, `the token has no scope "${scope}"`);
  }
}
