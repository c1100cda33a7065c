import { DEFAULT_CIPHERS, type SecureVersion } from 'node:tls';
import type { ClientAuthType } from '../../access/client-certificates.js';
import { isOptions } from '../../validation.js';
import type { Contradiction } from '../config/field-problems.js';

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

/** The fields that make a server speak TLS, as in exporter-toolkit. */
const enabling = ['cert', 'key', 'client_ca', 'cert_file', 'key_file', 'client_auth_type', 'client_ca_file'] as const;

/** Whether a configuration asks for TLS. Versions, cipher suites and the like alone do not. */
export const isTlsEnabled = (tls: TlsConfig): boolean => enabling.some((field) => tls[field] !== undefined);

/** Finds contradictions between the fields of a TLS configuration whose fields are each valid. */
export function findTlsContradictions(tls: TlsConfig): Contradiction[] {
  const found = [...findClientProblems(tls), ...findVersionProblems(tls)];
  return isTlsEnabled(tls) ? [...findSourceProblems(tls), ...found] : [...found, ...noTls];
}

const noTls: readonly Contradiction[] = [
  {
    field: '',
    message:
      'has neither certificate nor key (given other fields only), so that the server speaks plain HTTP. Set cert_file and key_file, or remove it.',
    isHarmless: true,
  },
];

function findSourceProblems(tls: TlsConfig): Contradiction[] {
  return (['cert', 'key', 'client_ca'] as const).flatMap((name): Contradiction[] => {
    const file = `${name}_file` as const;
    const about = { field: name, others: [file] };
    if (tls[name] !== undefined && tls[file] !== undefined) {
      const message = `is given twice (also as ${file}, which is used). Keep one of the two.`;
      return [{ ...about, message, isHarmless: true }];
    }
    if (tls[name] !== undefined || tls[file] !== undefined || name === 'client_ca') return [];
    const message = `is missing (given neither it nor ${name}). TLS needs both of cert and key.`;
    return [{ field: file, others: [name], message }];
  });
}

function findClientProblems(tls: TlsConfig): Contradiction[] {
  const { client_auth_type: clientAuthType = 'NoClientCert', client_allowed_sans: names } = tls;
  const hasAuthority = (tls.client_ca ?? tls.client_ca_file) !== undefined;
  const problems: Contradiction[] = [];
  if (hasAuthority && clientAuthType === 'NoClientCert') {
    const message = 'has no effect (given a client CA). Write RequireAndVerifyClientCert, or leave the client CA out.';
    problems.push({ field: 'client_auth_type', message });
  }
  if (names !== undefined && !clientAuthType.startsWith('Require')) {
    const message = `requires a certificate that clients may leave out (given ${clientAuthType}). Use RequireAndVerifyClientCert.`;
    problems.push({ field: 'client_allowed_sans', others: ['client_auth_type'], message });
  } else if (names?.length === 0) {
    const message = 'lets no client in (given an empty list). Write the names of your clients, or remove it.';
    problems.push({ field: 'client_allowed_sans', message, isHarmless: true });
  }
  return problems;
}

function findVersionProblems({ min_version: min = 'TLS12', max_version: max = 'TLS13' }: TlsConfig): Contradiction[] {
  const message = `is above max_version (given ${min}), so that no client can connect. Lower it.`;
  return min > max ? [{ field: 'min_version', others: ['max_version'], message, isHarmless: true }] : [];
}

/**
 * Finds the fields that name a protection and are empty. `null` or an empty text is present and empty.
 *
 * Why refused, although exporter-toolkit accepts them: an empty value is mostly one that a template did not get, and the
 * server would be open without a word.
 */
export function findUnprotected(given: unknown): Contradiction[] {
  if (given === null || (isOptions(given) && Object.values(given).every(isNothing))) {
    const message = 'must not be empty (given no values): the server would speak plain HTTP. Fill it, or remove it.';
    return [{ field: '', message }];
  }
  if (!isOptions(given)) return [];
  const isFilled = (field: string): boolean => !isNothing(given[field]);
  const mustNot = (field: string, effect: string): Contradiction[] =>
    isNothing(given[field]) && given[field] !== undefined
      ? [{ field, message: `must not be empty (given ""): ${effect}. Write its value, or remove it.` }]
      : [];
  if (!enabling.some(isFilled)) {
    return enabling.flatMap((field) => mustNot(field, 'the server would speak plain HTTP')).slice(0, 1);
  }
  const type = String(given['client_auth_type'] ?? '');
  const authorities = ['client_ca', 'client_ca_file'];
  const isSystem = type.includes('Verify') && !authorities.some(isFilled);
  return [
    ...mustNot('client_auth_type', 'no client would need a certificate'),
    ...mustNot('client_allowed_sans', "every client's name would be accepted"),
    ...(isSystem ? authorities : []).flatMap((field) =>
      mustNot(field, 'every certificate of an authority that this system trusts would be accepted'),
    ),
  ];
}

const isNothing = (value: unknown): boolean => value === undefined || value === null || value === '';

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
