import { clientAuthTypes } from '../../access/client-certificates.js';
import { flagRule, isCount, isListOf, isOneOf, isText, type Rule } from '../../validation.js';
import { cipherSuites, curves, tlsVersions } from '../tls/tls-config.js';

/** The rule of a field. */
export interface FieldRule extends Rule {
  /** An empty value is wrong. Default: an empty value counts as left out, as in Go. */
  readonly isNeverEmpty?: true;
}

/** The fields of one mapping of a `web-config.yml`, by name. */
export type Fields = Readonly<Record<string, FieldRule | 'mapping'>>;

const text: Rule = { must: 'be a text', accepts: isText };
const secret: Rule = { ...text, isSecret: true };
const flag: Rule = flagRule();
const oneOf = (names: readonly string[]): Rule => ({ must: `be one of ${names.join(', ')}`, accepts: isOneOf(names) });
const listOf = (elements: string, accepts: (value: unknown) => boolean): Rule => ({
  must: `be a list of ${elements}`,
  accepts: isListOf(accepts),
});

/** The sections of the file. Source: exporter-toolkit, docs/web-configuration.md. */
export const sections: Fields = {
  tls_server_config: 'mapping',
  http_server_config: 'mapping',
  basic_auth_users: 'mapping',
  rate_limit: 'mapping',
};

export const tlsFields: Fields = {
  cert: text,
  key: secret,
  client_ca: text,
  cert_file: text,
  key_file: text,
  client_auth_type: oneOf(clientAuthTypes),
  client_ca_file: text,
  client_allowed_sans: listOf('texts', isText),
  min_version: oneOf(Object.keys(tlsVersions)),
  max_version: oneOf(Object.keys(tlsVersions)),
  cipher_suites: listOf("cipher suites by Go's names, e.g. TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", (name) =>
    cipherSuites.has(name as string),
  ),
  prefer_server_cipher_suites: flag,
  curve_preferences: listOf(Object.keys(curves).join(', '), (name) => Object.hasOwn(curves, name as string)),
};

export const httpFields: Fields = { http2: flag, headers: 'mapping' };

/** The headers that can be configured, as in exporter-toolkit. */
export const headerFields: Fields = {
  'Strict-Transport-Security': text,
  'X-Content-Type-Options': oneOf(['nosniff']),
  'X-Frame-Options': oneOf(['deny', 'sameorigin']),
  'X-XSS-Protection': text,
  'Content-Security-Policy': text,
};

/** The hash of a user's password. Why never empty: an empty section would leave the server without passwords. */
export const passwordHash: FieldRule = {
  isNeverEmpty: true,
  must: 'be a bcrypt hash of cost 4 to 31, as htpasswd -nBC 10 "" makes it',
  accepts: (value) => /^\$2[abxy]?\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z\d]{53}$/.test(String(value)),
  isSecret: true,
};

export const rateFields: Fields = {
  interval: {
    must: 'be a duration such as 500ms, 1s or 1m30s',
    accepts: (value) => secondsOf(value) !== undefined,
  },
  burst: { must: 'be a whole number above 0', accepts: isCount },
};

const units: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 1e-3, us: 1e-6, µs: 1e-6, ns: 1e-9 };

/** The seconds of a duration in Go's notation; `undefined` where it is not a duration. */
export function secondsOf(duration: unknown): number | undefined {
  if (duration === 0 || duration === '0') return 0;
  if (typeof duration !== 'string' || !/^(\d+(\.\d+)?(h|ms|m|s|us|µs|ns))+$/.test(duration)) return undefined;
  const parts = [...duration.matchAll(/([\d.]+)(h|ms|m|s|us|µs|ns)/g)];
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (units[unit as string] as number), 0);
}
