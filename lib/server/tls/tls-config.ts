import { DEFAULT_CIPHERS, type SecureVersion } from 'node:tls';
import type { ClientAuthType } from '../../access/client-certificates.js';

/** The section `tls_server_config` of a `web-config.yml`. */
export interface TlsConfig {
  readonly cert?: string;
  readonly key?: string;
  readonly client_ca?: string;
  readonly cert_file?: string;
  readonly key_file?: string;
  readonly client_auth_type?: ClientAuthType;
  readonly client_ca_file?: string;
  readonly client_allowed_sans?: readonly string[];
  readonly min_version?: TlsVersionName;
  readonly max_version?: TlsVersionName;
  readonly cipher_suites?: readonly string[];
  readonly prefer_server_cipher_suites?: boolean;
  readonly curve_preferences?: readonly string[];
}

/** Finds contradictions between the fields of a TLS configuration whose fields are each valid. */
export function findTlsContradictions(tls: TlsConfig): [field: keyof TlsConfig, message: string][] {
  return [...findSourceProblems(tls), ...findClientProblems(tls), ...findVersionProblems(tls)];
}

function findSourceProblems(tls: TlsConfig): [keyof TlsConfig, string][] {
  return (['cert', 'key', 'client_ca'] as const).flatMap((name): [keyof TlsConfig, string][] => {
    const [text, file] = [tls[name], tls[`${name}_file`]];
    if (text !== undefined && file !== undefined) {
      return [[name, `is given twice (also as ${name}_file). Keep one of the two.`]];
    }
    if (text !== undefined || file !== undefined || name === 'client_ca') return [];
    return [[`${name}_file`, `is missing (given neither it nor ${name}). TLS needs both of cert and key.`]];
  });
}

function findClientProblems(tls: TlsConfig): [keyof TlsConfig, string][] {
  const { client_auth_type: clientAuthType = 'NoClientCert', client_allowed_sans: names } = tls;
  const hasAuthority = (tls.client_ca ?? tls.client_ca_file) !== undefined;
  const problems: [keyof TlsConfig, string][] = [];
  if (hasAuthority && clientAuthType === 'NoClientCert') {
    const message = 'has no effect (given a client CA). Write RequireAndVerifyClientCert, or leave the client CA out.';
    problems.push(['client_auth_type', message]);
  }
  if (names !== undefined && !clientAuthType.startsWith('Require')) {
    const message = `requires a certificate that clients may leave out (given ${clientAuthType}). Use RequireAndVerifyClientCert.`;
    problems.push(['client_allowed_sans', message]);
  }
  return problems;
}

function findVersionProblems({
  min_version: min = 'TLS12',
  max_version: max = 'TLS13',
}: TlsConfig): [keyof TlsConfig, string][] {
  return min > max ? [['min_version', `is above max_version (given ${min}). Lower it.`]] : [];
}

/** The TLS versions by Go's names, which a `web-config.yml` uses. Node uses the names of OpenSSL. */
export type TlsVersionName = 'TLS10' | 'TLS11' | 'TLS12' | 'TLS13';

export const tlsVersions: Readonly<Record<TlsVersionName, SecureVersion>> = {
  TLS10: 'TLSv1',
  TLS11: 'TLSv1.1',
  TLS12: 'TLSv1.2',
  TLS13: 'TLSv1.3',
};

export const curves: Readonly<Record<string, string>> = {
  CurveP256: 'prime256v1',
  CurveP384: 'secp384r1',
  CurveP521: 'secp521r1',
  X25519: 'X25519',
};

/** The suites of TLS 1.3. Go does not let a user choose among them, so they are always enabled. */
const fixedSuites = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];

/** The suites that Go calls secure, or did until 1.21: OpenSSL's name by Go's name. */
export const cipherSuites: ReadonlyMap<string, string> = new Map([
  ...fixedSuites.map((name) => [name, name] as const),
  ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'ECDHE-ECDSA-AES128-GCM-SHA256'],
  ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'ECDHE-ECDSA-AES256-GCM-SHA384'],
  ['TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-ECDSA-CHACHA20-POLY1305'],
  ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA', 'ECDHE-ECDSA-AES128-SHA'],
  ['TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA', 'ECDHE-ECDSA-AES256-SHA'],
  ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'],
  ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 'ECDHE-RSA-AES256-GCM-SHA384'],
  ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'ECDHE-RSA-CHACHA20-POLY1305'],
  ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', 'ECDHE-RSA-AES128-SHA'],
  ['TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA', 'ECDHE-RSA-AES256-SHA'],
  ['TLS_RSA_WITH_AES_128_GCM_SHA256', 'AES128-GCM-SHA256'],
  ['TLS_RSA_WITH_AES_256_GCM_SHA384', 'AES256-GCM-SHA384'],
  ['TLS_RSA_WITH_AES_128_CBC_SHA', 'AES128-SHA'],
  ['TLS_RSA_WITH_AES_256_CBC_SHA', 'AES256-SHA'],
]);

/** The cipher suites with these names, in OpenSSL's notation; Node's default where there are no names. */
export function cipherList(names: readonly string[], minVersion: TlsVersionName): string {
  const chosen = names.map((name) => cipherSuites.get(name) as string).filter((name) => !name.startsWith('TLS_'));
  const list = chosen.length === 0 ? DEFAULT_CIPHERS : [...fixedSuites, ...chosen].join(':');
  // Why: the handshakes of older versions are signed with SHA-1, which OpenSSL refuses at every level above 0.
  return minVersion < 'TLS12' ? `${list}:@SECLEVEL=0` : list;
}
