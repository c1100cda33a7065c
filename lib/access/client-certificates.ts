import type { X509Certificate } from 'node:crypto';
import { isIPv6, type Socket, SocketAddress } from 'node:net';
import { TLSSocket } from 'node:tls';

/** What is asked of a client's certificate. `RequireClientCert` is exporter-toolkit's old name of `RequireAnyClientCert`. */
export type ClientAuthType =
  | 'NoClientCert'
  | 'RequestClientCert'
  | 'RequireClientCert'
  | 'RequireAnyClientCert'
  | 'VerifyClientCertIfGiven'
  | 'RequireAndVerifyClientCert';

export const clientAuthTypes: readonly ClientAuthType[] = [
  'NoClientCert',
  'RequestClientCert',
  'RequireClientCert',
  'RequireAnyClientCert',
  'VerifyClientCertIfGiven',
  'RequireAndVerifyClientCert',
];

/** What is asked of the clients' certificates. */
export class ClientCertificates {
  /** Whether a client is asked for one at all. */
  readonly isAsked: boolean;
  /** Whether it must be one that not everybody can get. */
  readonly isExclusive: boolean;
  readonly #isRequired: boolean;
  readonly #isVerified: boolean;
  readonly #names: ReadonlySet<string> | undefined;

  /** @param authority who signs them: one that is named, or all that the system trusts. */
  constructor(type: ClientAuthType, authority: 'named' | 'system', names?: readonly string[]) {
    this.isAsked = type !== 'NoClientCert';
    this.#isRequired = type.startsWith('Require');
    this.#isVerified = type.includes('Verify');
    this.#names = names && new Set(names.map(canonical));
    // Why names alone are not enough: whoever signs a certificate writes what he likes into it.
    this.isExclusive = type === 'RequireAndVerifyClientCert' && (authority === 'named' || names !== undefined);
  }

  /** Whether what the client has shown in the handshake is enough. */
  accept(socket: Socket): boolean {
    if (!this.isAsked) return true;
    if (!(socket instanceof TLSSocket)) return false;
    // Why not `authorized` alone: without a certificate it may be true, where a session was resumed.
    const certificate = socket.getPeerX509Certificate();
    if (certificate === undefined) return !this.#isRequired;
    if (this.#isVerified && !socket.authorized) return false;
    const names = this.#names;
    return names === undefined || alternativeNames(certificate).some((name) => names.has(name));
  }
}

const comparedTypes = ['DNS', 'email', 'IP Address', 'URI'];

/** The Subject Alternative Names of a certificate, of the types that exporter-toolkit compares. */
export function alternativeNames({ subjectAltName = '' }: X509Certificate): string[] {
  // Node quotes, as JSON, a name that has a comma or anything else that could be taken for another name.
  const names = [...subjectAltName.matchAll(/([^:,"]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/gy)];
  return names
    .filter(([, type = '']) => comparedTypes.includes(type))
    .map(([, , value = '']) => canonical(value.startsWith('"') ? JSON.parse(value) : value));
}

/** One spelling for each address; other names are as they are. */
function canonical(name: string): string {
  return isIPv6(name) ? new SocketAddress({ address: name, family: 'ipv6' }).address : name;
}
