import type { X509Certificate } from 'node:crypto';
import { isIPv6, type Socket, SocketAddress } from 'node:net';
import { TLSSocket } from 'node:tls';

/** The values of `client_auth_type`. `RequireClientCert` is exporter-toolkit's old name of `RequireAnyClientCert`. */
export const clientAuthTypes = [
  'NoClientCert',
  'RequestClientCert',
  'RequireClientCert',
  'RequireAnyClientCert',
  'VerifyClientCertIfGiven',
  'RequireAndVerifyClientCert',
] as const;

/** What a server demands of its clients' certificates. */
export type ClientAuthType = (typeof clientAuthTypes)[number];

/** The check of the clients' certificates. */
export class ClientCertificates {
  /** Whether the server requests a certificate in the handshake. */
  readonly isRequested: boolean;
  /** Whether only certificates pass that a stranger cannot get. */
  readonly isExclusive: boolean;
  readonly #isRequired: boolean;
  readonly #isVerified: boolean;
  readonly #names: ReadonlySet<string> | undefined;

  /** @param authority who must have signed them: a configured authority, or any that the system trusts. */
  constructor(type: ClientAuthType, authority: 'configured' | 'system', names?: readonly string[]) {
    this.isRequested = type !== 'NoClientCert';
    this.#isRequired = type.startsWith('Require');
    this.#isVerified = type.includes('Verify');
    this.#names = names && new Set(names.map(normalizeName));
    // Why: names protect only where the certificate is verified. In an unverified one its owner writes any name.
    this.isExclusive = type === 'RequireAndVerifyClientCert' && (authority === 'configured' || names !== undefined);
  }

  /** Whether the certificate that the client sent in the handshake is enough. */
  accepts(socket: Socket): boolean {
    if (!this.isRequested) return true;
    if (!(socket instanceof TLSSocket)) return false;
    // Why: `authorized` can be true without a certificate, where a session was resumed. So the certificate is read too.
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
  // Why: Node quotes a name as JSON where it contains a comma, or anything that could be read as another name.
  const names = [...subjectAltName.matchAll(/([^:,"]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/gy)];
  return names
    .filter(([, type = '']) => comparedTypes.includes(type))
    .map(([, , value = '']) => normalizeName(value.startsWith('"') ? JSON.parse(value) : value));
}

/** One spelling for each IPv6 address; other names stay as they are. */
function normalizeName(name: string): string {
  return isIPv6(name) ? new SocketAddress({ address: name, family: 'ipv6' }).address : name;
}
