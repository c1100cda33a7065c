import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type AddressList, clientAddress, isProxy, peerAddress } from './addresses.js';
import type { BearerTokens } from './bearer-tokens.js';
import type { ClientCertificates } from './client-certificates.js';
import { parseCredentials } from './credentials.js';
import type { Passwords } from './passwords.js';
import type { RateLimit } from './rate-limit.js';
import type { RefusalReason } from './refusals.js';

/** What a route demands of its clients: an `open` route answers everybody, a `protected` one asks the access policy. */
export type RouteAccess = 'open' | 'protected';

/** The checks of an access policy. A check that is `undefined` is not configured. */
export interface AccessChecks {
  readonly addresses: AddressList | undefined;
  readonly trustProxy: boolean | AddressList;
  readonly rate: RateLimit | undefined;
  readonly certificates: ClientCertificates | undefined;
  readonly passwords: Passwords | undefined;
  readonly tokens: BearerTokens | undefined;
}

/**
 * Decides whether a request may reach a protected route. The cheap checks come first.
 *
 * Every configured check must pass; where both passwords and tokens are configured, either one is accepted.
 */
export class AccessPolicy {
  /** The values of `WWW-Authenticate`: one for each way in which a client can authenticate. */
  readonly challenges: readonly string[];
  /** The configured checks that keep strangers out, each by the name of its option or of its `web-config.yml` section. */
  readonly protections: readonly string[];
  readonly #checks: AccessChecks;

  constructor(checks: AccessChecks) {
    this.#checks = checks;
    const { addresses, certificates, passwords, tokens } = checks;
    this.challenges = [
      ...(passwords === undefined ? [] : ['Basic realm="metrics", charset="UTF-8"']),
      ...(tokens === undefined ? [] : ['Bearer realm="metrics"']),
    ];
    this.protections = [
      ...(addresses === undefined ? [] : ['allowedAddresses']),
      ...(passwords === undefined ? [] : ['basic_auth_users']),
      ...(tokens === undefined ? [] : ['bearerTokens']),
      ...(certificates?.isExclusive ? ['client_auth_type'] : []),
    ];
  }

  /** Whether every client that can connect may read protected routes. */
  get isOpen(): boolean {
    return this.protections.length === 0;
  }

  /**
   * Whether the requests of a connection may pass the check of addresses. Why not refused otherwise: the open routes answer
   * everybody.
   */
  expects({ remoteAddress }: Pick<Socket, 'remoteAddress'>): boolean {
    const { addresses, trustProxy } = this.#checks;
    return addresses === undefined || isProxy(remoteAddress, trustProxy) || addresses.has(peerAddress(remoteAddress));
  }

  /** Runs the checks. Returns the reason of the first one that fails, or `undefined` where the request may pass. */
  async check(request: IncomingMessage): Promise<RefusalReason | undefined> {
    const { addresses, trustProxy, rate, certificates } = this.#checks;
    if (addresses !== undefined && !addresses.has(clientAddress(request, trustProxy))) return 'address';
    if (rate !== undefined && !rate.take()) return 'rate';
    if (certificates !== undefined && !certificates.accepts(request.socket)) return 'client_certificate';
    return this.challenges.length === 0 ? undefined : this.#checkCredentials(request.headers.authorization);
  }

  async #checkCredentials(header: string | undefined): Promise<RefusalReason | undefined> {
    const credentials = parseCredentials(header);
    if (credentials === undefined) return 'no_credentials';
    const { passwords, tokens } = this.#checks;
    if (credentials.scheme === 'bearer') return tokens?.has(credentials.token) ? undefined : 'wrong_credentials';
    const result = await passwords?.check(credentials.user, credentials.password);
    if (result === 'busy') return 'password_queue';
    return result === 'right' ? undefined : 'wrong_credentials';
  }
}
