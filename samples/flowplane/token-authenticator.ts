import { createHash, timingSafeEqual } from 'node:crypto';
import { inject, injectable } from 'inversify';

/** The bearer tokens that are accepted, and the team that each belongs to. */
export type TeamTokens = Readonly<Record<string, string>>;

export const TeamTokens = Symbol.for('flowplane.TeamTokens');

interface Known {
  readonly digest: Buffer;
  readonly team: string;
}

const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest();

/** Tells whose a bearer token is. Only digests are kept, and they are compared in constant time. */
@injectable()
export class TokenAuthenticator {
  readonly #known: readonly Known[];

  constructor(@inject(TeamTokens) tokens: TeamTokens) {
    this.#known = Object.entries(tokens).map(([token, team]) => ({ digest: digestOf(token), team }));
  }

  /** The team of an `Authorization` header; `undefined` where it holds no known token. */
  teamOf(authorization: string): string | undefined {
    const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    if (token === undefined) return undefined;
    const digest = digestOf(token);
    const found = this.#known.filter((known) => timingSafeEqual(known.digest, digest));
    return found[0]?.team;
  }
}
