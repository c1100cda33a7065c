import type { ClientAuthType } from '../../access/client-certificates.js';
import type { TlsVersionName } from './tls-names.js';

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

/** What is wrong with a TLS configuration whose fields are right one by one: each field, and what to say of it. */
export function tlsContradictions(tls: TlsConfig): [field: keyof TlsConfig, message: string][] {
  return [...sourceProblems(tls), ...clientProblems(tls), ...versionProblems(tls)];
}

function sourceProblems(tls: TlsConfig): [keyof TlsConfig, string][] {
  return (['cert', 'key', 'client_ca'] as const).flatMap((name): [keyof TlsConfig, string][] => {
    const [text, file] = [tls[name], tls[`${name}_file`]];
    if (text !== undefined && file !== undefined) {
      return [[name, `is given twice (also as ${name}_file). Keep one of the two.`]];
    }
    if (text !== undefined || file !== undefined || name === 'client_ca') return [];
    return [[`${name}_file`, `is missing (given neither it nor ${name}). TLS needs both of cert and key.`]];
  });
}

function clientProblems(tls: TlsConfig): [keyof TlsConfig, string][] {
  const { client_auth_type: asked = 'NoClientCert', client_allowed_sans: names } = tls;
  const hasAuthority = (tls.client_ca ?? tls.client_ca_file) !== undefined;
  const problems: [keyof TlsConfig, string][] = [];
  if (hasAuthority && asked === 'NoClientCert') {
    const message = 'has no effect (given a client CA). Write RequireAndVerifyClientCert, or leave the client CA out.';
    problems.push(['client_auth_type', message]);
  }
  if (names !== undefined && !asked.startsWith('Require')) {
    const message = `asks for a certificate that nobody must have (given ${asked}). Use RequireAndVerifyClientCert.`;
    problems.push(['client_allowed_sans', message]);
  }
  return problems;
}

function versionProblems({
  min_version: min = 'TLS12',
  max_version: max = 'TLS13',
}: TlsConfig): [keyof TlsConfig, string][] {
  return min > max ? [['min_version', `is above max_version (given ${min}). Lower it.`]] : [];
}
