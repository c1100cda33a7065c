import { clientAuthTypes } from '../../access/client-certificates.js';
import { isCount, isFlag, isOneOf, isText, type Rule } from '../../validation.js';
import { cipherSuites, curves, tlsVersions } from '../tls/tls-config.js';
import { parseGoDuration } from './go-duration.js';
import type { GoType } from './go-yaml.js';

/** A field that has one value, or a list. */
export interface Field extends Rule {
  /** How its value is read from a file. In code it has that type already. */
  readonly type: GoType;
  /** What an empty text is. Default: left out. */
  readonly emptyIs?: 'a value';
  /** The rule in code, where it is stricter than exporter-toolkit. */
  readonly inCode?: Rule;
}

/** A section that has fields with these names; `everyName` where any name is a field. */
export interface Section {
  readonly fields: Fields;
  readonly everyName?: Field;
  /** It is a map in Go, not a struct: a merge cannot replace an entry. */
  readonly isMap?: true;
}

/** The fields of a section, by name. */
export type Fields = Readonly<Record<string, Field | Section>>;

export const isSection = (field: Field | Section): field is Section => 'fields' in field;

const text = { type: 'text', must: 'be a text', accepts: isText } as const satisfies Field;
const secret: Field = { ...text, isSecret: true };
const flag: Field = { type: 'flag', must: 'be true or false', accepts: isFlag };
const oneOf = (type: GoType, names: readonly string[]): Field => ({
  type,
  must: `be one of ${names.join(', ')}`,
  accepts: isOneOf(names),
});
const listOf = (type: GoType, elements: string, accepts: (value: unknown) => boolean): Field => ({
  type,
  must: `be a list of ${elements}`,
  accepts: (value) => Array.isArray(value) && value.every(accepts),
});

const tlsFields: Fields = {
  cert: text,
  key: secret,
  client_ca: text,
  cert_file: text,
  key_file: text,
  client_auth_type: oneOf('text', clientAuthTypes),
  client_ca_file: text,
  client_allowed_sans: listOf('texts', 'texts', (value) => typeof value === 'string'),
  min_version: { ...oneOf('name', Object.keys(tlsVersions)), emptyIs: 'a value' },
  max_version: { ...oneOf('name', Object.keys(tlsVersions)), emptyIs: 'a value' },
  cipher_suites: listOf('names', "cipher suites by Go's names, e.g. TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", (name) =>
    cipherSuites.has(name as string),
  ),
  prefer_server_cipher_suites: flag,
  curve_preferences: listOf('names', Object.keys(curves).join(', '), (name) => Object.hasOwn(curves, name as string)),
};

// Why: these characters end a header, or are not allowed in one. A line break is sent as a blank, as Go does.
const header: Field = {
  type: 'text',
  must: 'be a text without control characters',
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
  accepts: (value) => typeof value === 'string' && !/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(value),
  emptyIs: 'a value',
};

/** The headers that can be configured, as in exporter-toolkit. */
const headerFields: Fields = {
  'Strict-Transport-Security': header,
  'X-Content-Type-Options': { ...oneOf('text', ['nosniff']), emptyIs: 'a value' },
  'X-Frame-Options': { ...oneOf('text', ['deny', 'sameorigin']), emptyIs: 'a value' },
  'X-XSS-Protection': header,
  'Content-Security-Policy': header,
};

/** The hash of a user's password. */
const passwordHash: Field = {
  type: 'text',
  must: 'be a bcrypt hash of cost 4 to 31, as htpasswd -nBC 10 "" makes it',
  accepts: (value) => /^\$2[abxy]?\$(0[4-9]|[12]\d|3[01])\$[./A-Za-z\d]{53}$/.test(String(value)),
  isSecret: true,
  emptyIs: 'a value',
};

const rateFields: Fields = {
  interval: {
    type: 'duration',
    must: 'be a duration such as 500ms, 1s or 1m30s, or a number of nanoseconds',
    accepts: () => true,
    inCode: {
      must: 'be a duration such as 500ms, 1s or 1m30s',
      accepts: (value) => typeof value === 'string' && (parseGoDuration(value) ?? -1) >= 0,
    },
  },
  burst: {
    type: 'whole',
    must: 'be a whole number',
    accepts: () => true,
    inCode: { must: 'be a whole number above 0', accepts: isCount },
  },
};

/** The file. Source: exporter-toolkit, docs/web-configuration.md. */
export const webConfigSections: Fields = {
  tls_server_config: { fields: tlsFields },
  http_server_config: { fields: { http2: flag, headers: { fields: headerFields, isMap: true } } },
  basic_auth_users: { fields: {}, everyName: passwordHash, isMap: true },
  rate_limit: { fields: rateFields },
};
