import { expect } from 'chai';
import * as yaml2 from 'yaml';
import yaml1 from 'yaml-1';
import type { CheckedWebConfig, WebConfig } from '../../lib/server/config/web-config.js';
import { decodeWebConfig } from '../../lib/server/config/web-config-file.js';
import type { YamlParser } from '../../lib/server/config/yaml-tree.js';
import { hash, spelledFields, spellings } from './yaml-spellings.js';

const parsers = { 'version 1': yaml1, 'version 2': yaml2 } as unknown as Readonly<Record<string, YamlParser>>;

/** The value of a field in a configuration, by the name of the field. */
function fieldOf(field: string, { tls, headers, rate }: WebConfig): unknown {
  const name = field.split('.').at(-1) as string;
  if (field.includes('tls_server_config.')) return (tls as Readonly<Record<string, unknown>> | undefined)?.[name];
  if (field.includes('headers.')) return headers?.[name];
  if (name === 'interval') return rate && rate.intervalSeconds * 1e9;
  return name === 'burst' ? rate?.burst : undefined;
}

/** The result of reading a file: its configuration, or the error. */
function read(text: string, parser: YamlParser): CheckedWebConfig | string {
  try {
    return decodeWebConfig('web-config.yml', text, parser);
  } catch (error) {
    return (error as Error).message;
  }
}

describe('A web-config.yml', () => {
  for (const [version, parser] of Object.entries(parsers)) {
    describe(`parsed by ${version} of the package yaml`, () => {
      for (const [field, { file, expected, isOpenBy }] of Object.entries(spelledFields)) {
        it(`gives ${field} the value that Go gives it, for ${Object.keys(spellings).length} spellings`, () => {
          for (const [spelling, reading] of Object.entries(spellings)) {
            const result = read(file(spelling), parser);
            const what = `${field}: ${spelling}`;
            if (isOpenBy?.(reading)) expect(result, what).to.match(/^web-config\.yml: line \d: ".+" must not be empty/);
            else if (expected(reading) === 'refused')
              expect(result, what).to.match(/^web-config\.yml: line \d: [^\n]*$/);
            else expect(result, what).to.be.an('object');
            if (typeof result === 'object')
              expect(fieldOf(field, result.config), what).to.deep.equal(expected(reading));
          }
        });
      }

      const usersOf = (text: string): unknown => {
        const result = read(text, parser);
        return typeof result === 'string' ? result : [...(result.config.users?.keys() ?? [])];
      };

      it('names users as they are written, whatever the name looks like', () => {
        const names = ['007', '0123', '1e3', 'on', 'y', 'no', '0x1f', '12_34', '2026-01-01', '.5', '__proto__'];
        const lines = names.map((name) => `  ${name}: ${hash}\n`).join('');
        expect(usersOf(`basic_auth_users:\n${lines}`)).to.deep.equal(names);
      });

      const files: Readonly<Record<string, readonly [text: string, users: unknown]>> = {
        'an alias of a value': [`basic_auth_users: {a: &h ${hash}, b: *h}\n`, ['a', 'b']],
        'an alias of a section': [`http_server_config: &x {}\nbasic_auth_users: {a: ${hash}}\nrate_limit: *x\n`, ['a']],
        'a merge into a section': [`basic_auth_users: {<<: {a: ${hash}}, b: ${hash}}\n`, ['a', 'b']],
        'a merge of several mappings': [`basic_auth_users: {<<: [{a: ${hash}}, {b: ${hash}}]}\n`, ['b', 'a']],
        'a merge into the file': [`<<: {basic_auth_users: {a: ${hash}}}\nbasic_auth_users: {b: ${hash}}\n`, ['a', 'b']],
        'a user without a name, as null is': [`basic_auth_users: {null: ${hash}}\n`, ['']],
        'a user without a name in two spellings': [
          `basic_auth_users:\n  null: ${hash}\n  ~: ${hash}\n`,
          /line 3: "basic_auth_users\." is given twice/,
        ],
        'a user whose name is in quotation marks': [`basic_auth_users: {"null": ${hash}}\n`, ['null']],
        'a line break of Windows': [`basic_auth_users:\r\n  a: ${hash}\r\n`, ['a']],
        'a byte order mark': [`\uFEFFbasic_auth_users: {a: ${hash}}\n`, ['a']],
        'a document after the first': [`basic_auth_users: {a: ${hash}}\n---\nbasic_auth_users: {b: x}\n`, ['a']],
        'a user twice': [
          `basic_auth_users:\n  a: ${hash}\n  a: ${hash}\n`,
          /^web-config\.yml: line 3: "basic_auth_users\.a" is given twice/,
        ],
        'a user again by a merge': [
          `basic_auth_users:\n  a: ${hash}\n  <<: {a: ${hash}}\n`,
          /line 3: "basic_auth_users\.a" is given twice/,
        ],
        'a merge of a text': [`basic_auth_users:\n  <<: text\n`, /"basic_auth_users" has "<<" before "text"/],
        'a list as a name': [
          `basic_auth_users:\n  ? [a]\n  : ${hash}\n`,
          /"basic_auth_users" has a name that is no text/,
        ],
        'an anchor that contains itself': [`basic_auth_users: &a\n  a: *a\n`, /is not YAML/],
        'an alias of nothing': ['basic_auth_users: *users\n', /line 1: "web-config\.yml" is not YAML/],
        'a control character in a name': [
          `basic_auth_users:\n  a\0b: ${hash}\n`,
          /line 2: .* is not YAML \(it has a control/,
        ],
        'a control character in a comment': [`# \x1b[0m\n`, /line 1: .* is not YAML \(it has a control character\)/],
        'another version of YAML': [
          `%YAML 1.2\n---\nbasic_auth_users: {a: ${hash}}\n`,
          /is not YAML \(exporters read version 1\.1/,
        ],
        'thousands of brackets': ['['.repeat(20_000), /is not YAML/],
        'merges of merges without end': [
          Array.from(
            { length: 9 },
            (_, i) => `  <<: &m${i} {<<: [${i === 0 ? `{a${i}: x}` : Array(9).fill(`*m${i - 1}`)}]}\n`,
          )
            .join('')
            .replace(/^/, 'basic_auth_users:\n'),
          /^web-config\.yml: /,
        ],
      };
      for (const [what, [text, users]] of Object.entries(files)) {
        it(`reads ${what} as Go does`, () => {
          const result = usersOf(text);
          if (users instanceof RegExp) expect(result).to.match(users);
          else expect(result).to.deep.equal(users);
        });
      }

      it('refuses a first document that is empty before others, which nothing reads', () => {
        expect(read(`---\n---\nbasic_auth_users: {a: ${hash}}\n`, parser)).to.match(
          /line 1: "web-config\.yml" must not be empty in its first document/,
        );
      });

      it('lets the later entry of a field win over a merge, and the other way round', () => {
        const burst = (text: string): unknown => {
          const result = read(text, parser);
          return typeof result === 'string' ? result : result.config.rate?.burst;
        };
        expect(burst('rate_limit: {interval: 1s, <<: {burst: 1}, burst: 2}\n')).to.equal(2);
        expect(burst('rate_limit: {interval: 1s, burst: 2, <<: {burst: 1}}\n')).to.equal(1);
      });
    });
  }

  const parser = parsers['version 2'] as YamlParser;

  it('never has two problems for one field', () => {
    const texts = [
      'rate_limit:\n  interval: soon\n  burst: many\n',
      'tls_server_config:\n  cert_file: [a]\n  key_file: b\n',
      'tls_server_config:\n  cert: [a]\n  cert_file: b\n  key_file: {}\n',
      'tls_server_config:\n  cert_file: a\n  key_file: b\n  client_auth_type: Sometimes\n  client_allowed_sans: [x]\n',
      'basic_auth_users:\n  "a:b": word\n',
      'tls_server_config: text\nbasic_auth_users: text\n',
      'basic_auth_users: ""\n',
    ];
    for (const text of texts) {
      const message = read(text, parser) as string;
      const named = [...message.matchAll(/line \d: "([^"]+)"/g)].map(([, name]) => name);
      expect(named, message).to.have.length.above(0);
      expect(new Set(named).size, message).to.equal(named.length);
    }
  });

  it('tells that a number or a flag must stand without quotation marks', () => {
    expect(read('http_server_config:\n  http2: "no"\n', parser)).to.equal(
      'web-config.yml: line 2: "http_server_config.http2" must be true or false (given "no"). Write it without quotation marks.',
    );
  });

  describe('that exporter-toolkit accepts, although it hardly is what its author means', () => {
    const tls = 'tls_server_config:\n  cert_file: a\n  key_file: b\n';
    const remarks: Readonly<Record<string, readonly [text: string, remark: RegExp]>> = {
      'certificate and key for nothing': [
        'tls_server_config:\n  min_version: TLS13\n',
        /line 1: "tls_server_config" has neither certificate nor key .* plain HTTP/,
      ],
      'two certificates': [
        `${tls}  cert: c\n`,
        /line 4: "tls_server_config\.cert" is given twice \(also as cert_file, which is used\)/,
      ],
      'versions that exclude each other': [
        `${tls}  min_version: TLS13\n  max_version: TLS12\n`,
        /line 4: "tls_server_config\.min_version" is above max_version/,
      ],
      'no allowed names': [
        `${tls}  client_auth_type: RequireAnyClientCert\n  client_allowed_sans: []\n`,
        /line 5: "tls_server_config\.client_allowed_sans" lets no client in/,
      ],
      'an interval without a burst': ['rate_limit:\n  interval: 1s\n', /line 1: "rate_limit\.burst" is missing/],
      'a burst of 0': [
        'rate_limit:\n  interval: 1s\n  burst: 0\n',
        /line 3: "rate_limit\.burst" is too small \(given 0\), so that every request is refused/,
      ],
      'a user with a colon': [
        `basic_auth_users:\n  "a:b": ${hash}\n`,
        /line 2: "basic_auth_users\.a:b" cannot be sent/,
      ],
      'a second document': [
        `http_server_config: {http2: on}\n---\n{}\n`,
        /line 1: "web-config\.yml" has several documents/,
      ],
      'nothing in it': [
        '# A template that got no values.\n',
        /line 1: "web-config\.yml" protects nothing \(given no section\)/,
      ],
    };
    for (const [what, [text, remark]] of Object.entries(remarks)) {
      it(`a file with ${what} is used, with a remark`, () => {
        const result = read(text, parser);
        const all = typeof result === 'string' ? [] : result.remarks;
        expect(all[0], String(result)).to.match(remark);
        expect(all[0]).to.match(/^web-config\.yml: line/);
      });
    }
  });
});
