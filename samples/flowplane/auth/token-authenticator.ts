import { createHash, timingSafeEqual } from 'node:crypto';
import { Counter } from 'flowplane-metrics';
import { inject, injectable } from 'inversify';

/** What the bearer of a token may do with the resources of the token's team. */
export const scopes = ['read', 'write', 'discover'] as const;

export type Scope = (typeof scopes)[number];

/** A bearer token that is accepted. The token itself is kept nowhere: `printf %s "$token" | sha256sum`. */
export interface TokenGrant {
  /** The token's SHA-256 in hexadecimal. */
  readonly sha256: string;
  readonly team: string;
  readonly scopes: readonly Scope[];
}

/** Under which the container has the grants. */
export const TokenGrants = Symbol.for('flowplane.TokenGrants');

/** Who sent a request. */
export type Caller = Pick<TokenGrant, 'team' | 'scopes'>;

const statuses = ['success', 'missing', 'malformed', 'unknown'] as const;

/** How an attempt to authenticate ended; only `success` has a caller. */
export interface Authentication {
  readonly status: (typeof statuses)[number];
  readonly caller?: Caller;
}

/** Tells whose a bearer token is. */
@injectable()
export class TokenAuthenticator {
  readonly #known: readonly { readonly digest: Buffer; readonly caller: Caller }[];

  constructor(@inject(TokenGrants) grants: readonly TokenGrant[]) {
    this.#known = grants.map((grant) => ({ digest: Buffer.from(grant.sha256, 'hex'), caller: grant }));
  }

  @Counter({
    name: 'auth_authentications_total',
    help: 'Attempts to authenticate, by how they ended',
    labels: { status: { result: ({ status }) => status, oneOf: statuses } },
  })
  authenticate(authorization: string): Authentication {
    if (authorization === '') return { status: 'missing' };
    const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    if (token === undefined) return { status: 'malformed' };
    const caller = this.#callerOf(token);
    return caller === undefined ? { status: 'unknown' } : { status: 'success', caller };
  }

  // Why all of them: how long it takes must not tell which one came close.
  #callerOf(token: string): Caller | undefined {
    const digest = createHash('sha256').update(token).digest();
    const [found] = this.#known.filter((known) => timingSafeEqual(known.digest, digest));
    return found?.caller;
  }
}
