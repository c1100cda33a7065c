/** What Go makes of a spelling, for each type of a field. A type that is missing refuses it. `undefined` is the default. */
export interface Reading {
  readonly text?: string;
  readonly flag?: boolean;
  readonly whole?: number;
  /** Nanoseconds. */
  readonly duration?: number;
  readonly list?: readonly string[] | undefined;
  /** The fields of a section, or nothing at all. */
  readonly section?: 'empty';
  /** It is a null that Go does not even show to the type of the field. */
  readonly isLeftOut?: true;
}

const nothing = { text: '', flag: false, whole: 0, duration: 0, list: undefined, section: 'empty' } as const;

/** Spellings of scalars and of collections, with what gopkg.in/yaml.v2 2.4.0 makes of each, as a program in Go showed. */
export const spellings: Readonly<Record<string, Reading>> = {
  '': { ...nothing, isLeftOut: true },
  '~': { ...nothing, isLeftOut: true },
  null: { ...nothing, isLeftOut: true },
  NULL: nothing,
  '""': { text: '' },
  "'null'": { text: 'null' },
  '0': { text: '0', whole: 0, duration: 0 },
  '"0"': { text: '0', duration: 0 },
  '1': { text: '1', whole: 1, duration: 1 },
  '-1': { text: '-1', whole: -1, duration: -1 },
  '+5': { text: '+5', whole: 5, duration: 5 },
  '"5"': { text: '5' },
  '007': { text: '007', whole: 7, duration: 7 },
  '0123': { text: '0123', whole: 83, duration: 83 },
  '08': { text: '08', whole: 8, duration: 8 },
  '0x1f': { text: '0x1f', whole: 31, duration: 31 },
  '0b11': { text: '0b11', whole: 3, duration: 3 },
  '12_34': { text: '12_34', whole: 1234, duration: 1234 },
  '1e3': { text: '1e3', whole: 1000, duration: 1000 },
  '1.9': { text: '1.9', whole: 1, duration: 1 },
  '.5': { text: '.5', whole: 0, duration: 0 },
  '.inf': { text: '.inf' },
  '.nan': { text: '.nan' },
  '9223372036854775808': { text: '9223372036854775808' },
  on: { text: 'on', flag: true },
  y: { text: 'y', flag: true },
  no: { text: 'no', flag: false },
  Off: { text: 'Off', flag: false },
  TRUE: { text: 'TRUE', flag: true },
  tRUE: { text: 'tRUE' },
  '"true"': { text: 'true' },
  "'no'": { text: 'no' },
  '2026-01-01': { text: '2026-01-01' },
  '2026-01-01T10:00:00Z': { text: '2026-01-01T10:00:00Z' },
  '1:30': { text: '1:30' },
  '5s': { text: '5s', duration: 5e9 },
  '"5s"': { text: '5s', duration: 5e9 },
  '.5s': { text: '.5s', duration: 5e8 },
  '+1s': { text: '+1s', duration: 1e9 },
  '-1s': { text: '-1s', duration: -1e9 },
  '1h1m1.5s': { text: '1h1m1.5s', duration: 3661.5e9 },
  '1 s': { text: '1 s' },
  '2562048h': { text: '2562048h' },
  '!!str 5': { text: '5' },
  '!!int 5': { text: '5', whole: 5, duration: 5 },
  '!!int x': {},
  '!!binary aGk=': { text: 'hi' },
  '!unknown 5': { text: '5' },
  '|-\n      on': { text: 'on' },
  words: { text: 'words' },
  '[]': { list: [] },
  '[1234, on, ~]': { list: ['1234', 'on', ''] },
  '{}': { section: 'empty' },
};

/** A field of a `web-config.yml`, and what it may be. */
export interface SpelledField {
  /** A whole file in which the field has this spelling. */
  readonly file: (spelling: string) => string;
  /** What Go makes of the spelling for the type of this field; `'refused'` where that is an error. */
  readonly expected: (reading: Reading) => unknown;
  /** Whether exporter-toolkit of Prometheus 2.42 has this field. */
  readonly isOld?: true;
  /** The one difference: a value that is present and empty, and would leave the server open. */
  readonly isOpenBy?: (reading: Reading) => boolean;
}

const refused = 'refused';
export const hash = `$2y$10$${'a'.repeat(53)}`;

const text = ({ text: value = refused }: Reading): unknown => value;
const flag = ({ flag: value }: Reading): unknown => value ?? refused;
const oneOf = (names: readonly string[]) => (reading: Reading) =>
  names.includes(reading.text ?? '') ? reading.text : refused;
const namedValue = ({ isLeftOut }: Reading): unknown => (isLeftOut ? undefined : refused);
const list = (reading: Reading): unknown => ('list' in reading ? reading.list : refused);
const listOfNames = (reading: Reading): unknown => (reading.list?.length ? refused : list(reading));
const section = (reading: Reading): unknown => (reading.section === undefined ? refused : undefined);

const tls = (fields: string): string =>
  `tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n${fields}`;
const mutual = (fields: string): string => tls(`  client_auth_type: RequireAndVerifyClientCert\n${fields}`);
const headers = (line: string): string => `http_server_config:\n  headers:\n    ${line}\n`;

/** Every field and every section, in a file that is right but for it. */
export const spelledFields: Readonly<Record<string, SpelledField>> = {
  'tls_server_config.cert': {
    file: (spelling) => `tls_server_config:\n  key_file: server.key\n  cert: ${spelling}\n`,
    expected: (reading) => (reading.text ? reading.text : refused),
  },
  'tls_server_config.key': {
    file: (spelling) => `tls_server_config:\n  cert_file: server.crt\n  key: ${spelling}\n`,
    expected: (reading) => (reading.text ? reading.text : refused),
  },
  'tls_server_config.cert_file': {
    file: (spelling) => `tls_server_config:\n  key_file: server.key\n  cert_file: ${spelling}\n`,
    expected: (reading) => (reading.text ? reading.text : refused),
    isOld: true,
  },
  'tls_server_config.key_file': {
    file: (spelling) => `tls_server_config:\n  cert_file: server.crt\n  key_file: ${spelling}\n`,
    expected: (reading) => (reading.text ? reading.text : refused),
    isOld: true,
  },
  'tls_server_config.client_ca': {
    file: (spelling) => mutual(`  client_ca: ${spelling}\n`),
    expected: (reading) => text(reading) || undefined,
    isOpenBy: ({ text: value }) => value === '',
  },
  'tls_server_config.client_ca_file': {
    file: (spelling) => mutual(`  client_ca_file: ${spelling}\n`),
    expected: (reading) => text(reading) || undefined,
    isOld: true,
    isOpenBy: ({ text: value }) => value === '',
  },
  'tls_server_config.client_auth_type': {
    file: (spelling) => tls(`  client_auth_type: ${spelling}\n`),
    expected: (reading) => (reading.text === '' ? undefined : refused),
    isOld: true,
    isOpenBy: ({ text: value }) => value === '',
  },
  'tls_server_config.client_allowed_sans': {
    file: (spelling) => mutual(`  client_allowed_sans: ${spelling}\n`),
    expected: list,
    isOpenBy: (reading) => 'list' in reading && reading.list === undefined,
  },
  'an element of tls_server_config.client_allowed_sans': {
    file: (spelling) => mutual(`  client_allowed_sans:\n    - ${spelling}\n`),
    expected: (reading) => (reading.text === undefined ? refused : [reading.text]),
  },
  'tls_server_config.min_version': {
    file: (spelling) => tls(`  min_version: ${spelling}\n`),
    expected: namedValue,
    isOld: true,
  },
  'tls_server_config.max_version': {
    file: (spelling) => tls(`  max_version: ${spelling}\n`),
    expected: namedValue,
    isOld: true,
  },
  'tls_server_config.cipher_suites': {
    file: (spelling) => tls(`  cipher_suites: ${spelling}\n`),
    expected: listOfNames,
    isOld: true,
  },
  'tls_server_config.curve_preferences': {
    file: (spelling) => tls(`  curve_preferences: ${spelling}\n`),
    expected: listOfNames,
    isOld: true,
  },
  'tls_server_config.prefer_server_cipher_suites': {
    file: (spelling) => tls(`  prefer_server_cipher_suites: ${spelling}\n`),
    expected: flag,
    isOld: true,
  },
  'http_server_config.http2': {
    file: (spelling) => `http_server_config:\n  http2: ${spelling}\n`,
    expected: (reading) => (flag(reading) === refused ? refused : undefined),
    isOld: true,
  },
  ...Object.fromEntries(
    ['Strict-Transport-Security', 'X-XSS-Protection', 'Content-Security-Policy'].map((header) => [
      `http_server_config.headers.${header}`,
      { file: (spelling: string) => headers(`${header}: ${spelling}`), expected: text, isOld: true },
    ]),
  ),
  'http_server_config.headers.X-Frame-Options': {
    file: (spelling) => headers(`X-Frame-Options: ${spelling}`),
    expected: oneOf(['deny', 'sameorigin']),
    isOld: true,
  },
  'http_server_config.headers.X-Content-Type-Options': {
    file: (spelling) => headers(`X-Content-Type-Options: ${spelling}`),
    expected: oneOf(['nosniff']),
    isOld: true,
  },
  'the hash of a user in basic_auth_users': {
    file: (spelling) => `basic_auth_users:\n  prometheus: ${spelling}\n`,
    expected: () => refused,
    isOld: true,
  },
  'rate_limit.interval': {
    file: (spelling) => `rate_limit:\n  burst: 1\n  interval: ${spelling}\n`,
    expected: ({ duration }) => (duration === undefined ? refused : duration > 0 ? duration : undefined),
  },
  'rate_limit.burst': {
    file: (spelling) => `rate_limit:\n  interval: 1s\n  burst: ${spelling}\n`,
    expected: ({ whole = refused }) => whole,
  },
  tls_server_config: {
    file: (spelling) => `tls_server_config: ${spelling}\n`,
    expected: section,
    isOld: true,
    isOpenBy: ({ section: value }) => value === 'empty',
  },
  http_server_config: { file: (spelling) => `http_server_config: ${spelling}\n`, expected: section, isOld: true },
  'http_server_config.headers': {
    file: (spelling) => `http_server_config:\n  headers: ${spelling}\n`,
    expected: section,
    isOld: true,
  },
  basic_auth_users: {
    file: (spelling) => `basic_auth_users: ${spelling}\n`,
    expected: section,
    isOld: true,
    isOpenBy: ({ section: value }) => value === 'empty',
  },
  rate_limit: { file: (spelling) => `rate_limit: ${spelling}\n`, expected: section },
  'the whole file': { file: (spelling) => `${spelling}\n`, expected: section, isOld: true },
};
