import type { IncomingMessage } from 'node:http';
import { type AddressList, clientAddress } from './address-allow-list.js';
import type { BearerTokens } from './bearer-tokens.js';
import type { ClientCertificates } from './client-certificates.js';
import { credentialsIn } from './credentials.js';
import type { Passwords } from './passwords.js';
import type { RateLimit } from './rate-limit.js';
import type { RefusalReason } from './refusal.js';

/** Who may scrape. What is `undefined` is not asked for. */
export interface GateKeepers {
  readonly addresses: AddressList | undefined;
  readonly trustProxy: boolean | AddressList;
  readonly rate: RateLimit | undefined;
  readonly certificates: ClientCertificates | undefined;
  readonly passwords: Passwords | undefined;
  readonly tokens: BearerTokens | undefined;
}

// Why the raw target: what is compared here must be the very thing that leads to the page, however it is parsed later.
const openPaths = ['/-/healthy', '/-/ready'];

/** Lets in who may scrape, the cheap questions first. Everything that is configured must hold; a password or a token will do. */
export class Gate {
  /** What a client may authenticate itself with, for `WWW-Authenticate`. */
  readonly challenges: readonly string[];
  /** What keeps out those who connect, as a `web-config.yml` or the options call it. */
  readonly locks: readonly string[];
  readonly #keepers: GateKeepers;

  constructor(keepers: GateKeepers) {
    this.#keepers = keepers;
    const { addresses, certificates, passwords, tokens } = keepers;
    this.challenges = [
      ...(passwords === undefined ? [] : ['Basic realm="metrics", charset="UTF-8"']),
      ...(tokens === undefined ? [] : ['Bearer realm="metrics"']),
    ];
    this.locks = [
      ...(addresses === undefined ? [] : ['allowedAddresses']),
      ...(passwords === undefined ? [] : ['basic_auth_users']),
      ...(tokens === undefined ? [] : ['bearerTokens']),
      ...(certificates?.isExclusive ? ['client_auth_type'] : []),
    ];
  }

  /** Whether anybody gets in who connects. */
  get isOpen(): boolean {
    return this.locks.length === 0;
  }

  /** Why this request is refused; `undefined` where it is let in. */
  async refuses(request: IncomingMessage): Promise<RefusalReason | undefined> {
    const [path = ''] = (request.url ?? '').split('?', 1);
    if (openPaths.includes(path)) return undefined;
    const { addresses, trustProxy, rate, certificates } = this.#keepers;
    if (addresses !== undefined && !addresses.has(clientAddress(request, trustProxy))) return 'address';
    if (rate !== undefined && !rate.take()) return 'rate';
    if (certificates !== undefined && !certificates.accept(request.socket)) return 'client_certificate';
    return this.challenges.length === 0 ? undefined : this.#refusesCredentials(request.headers.authorization);
  }

  async #refusesCredentials(header: string | undefined): Promise<RefusalReason | undefined> {
    const given = credentialsIn(header);
    if (given === undefined) return 'no_credentials';
    const { passwords, tokens } = this.#keepers;
    if (given.scheme === 'bearer') return tokens?.has(given.token) ? undefined : 'wrong_credentials';
    const found = await passwords?.find(given.user, given.password);
    if (found === 'busy') return 'password_queue';
    return found === 'right' ? undefined : 'wrong_credentials';
  }
}
