import { createHash, timingSafeEqual } from 'node:crypto';
import { Counter } from 'flowplane-metrics';
import { inject, injectable } from 'inversify';

/** What a token permits on the resources of its team. */
export const scopes = ['read', 'write', 'discover'] as const;

export type Scope = (typeof scopes)[number];

/** An accepted bearer token, stored as a hash: `printf %s "$token" | sha256sum`. */
export interface TokenGrant {
  /** The token's SHA-256 in hexadecimal. */
  readonly sha256: string;
  readonly team: string;
  readonly scopes: readonly Scope[];
}

/** The container's identifier for the grants. */
export const TokenGrants = Symbol.for('flowplane.TokenGrants');

/** The sender of a request. */
export type Caller = Pick<TokenGrant, 'team' | 'scopes'>;

const statuses = ['success', 'missing', 'malformed', 'unknown'] as const;

/** The result of an authentication. Only `success` has a caller. */
export interface Authentication {
  readonly status: (typeof statuses)[number];
  readonly caller?: Caller;
}

/** Finds the grant of a bearer token. */
@injectable()
export class TokenAuthenticator {
  readonly #grants: readonly { readonly digest: Buffer; readonly caller: Caller }[];

  constructor(@inject(TokenGrants) grants: readonly TokenGrant[]) {
    this.#grants = grants.map((grant) => ({ digest: Buffer.from(grant.sha256, 'hex'), caller: grant }));
  }

  @Counter({
    name: 'auth_authentications_total',
    help: 'Authentication attempts by result',
    labels: { status: { result: ({ status }) => status, oneOf: statuses } },
    // Why not the missing ones: a client that sends a token was given it, and should not be refused.
    objective: { ratio: 0.99, errors: { status: ['malformed', 'unknown'] } },
  })
  authenticate(authorization: string): Authentication {
    if (authorization === '') return { status: 'missing' };
    const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    if (token === undefined) return { status: 'malformed' };
    const caller = this.#findCaller(token);
    return caller === undefined ? { status: 'unknown' } : { status: 'success', caller };
  }

  // Why all are compared: the time must not reveal which grant is similar.
  #findCaller(token: string): Caller | undefined {
    const digest = createHash('sha256').update(token).digest();
    const [found] = this.#grants.filter((grant) => timingSafeEqual(grant.digest, digest));
    return found?.caller;
  }
}
