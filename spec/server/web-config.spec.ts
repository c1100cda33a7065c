import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hash } from '@node-rs/bcrypt';
import { expect } from 'chai';
import type { MetricsServerOptions } from '../../lib/server/config/options.js';
import { needs } from '../needs.js';
import { until } from '../until.js';
import { ask, basic } from './ask.js';
import { type Certificate, Certificates, texts } from './certificates.js';
import { exposed, held, refusal, Served } from './served.js';

describe('webConfigFile', () => {
  const served = new Served();
  let folder: string;
  let file: string;
  let password: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'web-config-'));
    file = join(folder, 'web-config.yml');
    password = await hash('scrape me', { cost: 4, version: '2y' });
  });

  after(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(() => served.close());

  const write = (text: string): void => writeFileSync(file, text);
  /** Takes the remark that a file protects nothing. */
  const onAdvice = (): void => undefined;

  /** What is wrong with a file of these lines. */
  const problemsOf = async (text: string): Promise<string> => {
    write(text);
    return (await refusal({ webConfigFile: file })).message.replaceAll(folder, '');
  };

  describe('in the format of every Prometheus exporter', () => {
    let made: Certificates;
    let authority: Certificate;

    before(function () {
      needs(this, 'openssl');
      made = new Certificates();
      authority = made.authority('authority');
    });

    after(() => made?.remove());

    it('applies each of its fields, with certificates from the folder of the file', async () => {
      const { certFile } = made.signed('server', authority);
      const client = made.signed('client', authority, 'DNS:prometheus.internal');
      const path = join(made.folder, 'web-config.yml');
      writeFileSync(
        path,
        `# What an operator has already.
tls_server_config:
  cert_file: server.crt
  key_file: server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ${authority.certFile}
  client_allowed_sans:
    - prometheus.internal
  min_version: TLS12
  max_version: TLS13
  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384]
  prefer_server_cipher_suites: true
  curve_preferences: [X25519, CurveP256]
http_server_config:
  http2: true
  headers:
    Strict-Transport-Security: max-age=31536000
    X-Frame-Options: sameorigin
    X-XSS-Protection:
basic_auth_users:
  prometheus: ${password}
rate_limit:
  interval: 10ms
  burst: 20
`,
      );
      const { url } = await served.listen({ webConfigFile: path });
      const question = { ca: texts(authority).cert, ...texts(client) };
      const { status, headers, body } = await ask(url, { ...question, headers: basic('prometheus', 'scrape me') });
      expect(certFile).to.contain(made.folder);
      expect({ status, body: body.includes(exposed) }).to.deep.equal({ status: 200, body: true });
      expect(headers).to.include({ 'strict-transport-security': 'max-age=31536000', 'x-frame-options': 'sameorigin' });
      expect((await ask(url, question)).status).to.equal(401);
      expect((await ask(url, { ca: question.ca, headers: basic('prometheus', 'scrape me') })).status).to.equal(403);
    });

    it('accepts certificate and key inline', async () => {
      const { cert, key } = texts(made.signed('inline', authority));
      const block = (text: string): string => `|\n${text.trim().replace(/^/gm, '    ')}\n`;
      write(`tls_server_config:\n  cert: ${block(cert)}  key: ${block(key)}`);
      const { url } = await served.listen({ webConfigFile: file });
      expect((await ask(url, { ca: texts(authority).cert })).certificate).to.equal('inline');
    });

    it('leads to an error that names the field when a certificate is missing', async () => {
      const message = await problemsOf('tls_server_config:\n  cert_file: none.crt\n  key_file: none.key\n');
      expect(message).to.match(
        /file "\/none\.(crt|key)" cannot be read \(ENOENT\)\. Correct "tls_server_config\.(cert|key)_file"/,
      );
    });
  });

  it('accepts the booleans of YAML 1.1, as exporters do', async () => {
    for (const spelled of ['yes', 'on', 'True', 'no', 'OFF']) {
      write(`http_server_config:\n  http2: ${spelled}\n`);
      const { url } = await served.listen({ webConfigFile: file });
      expect((await ask(url)).status, spelled).to.equal(200);
    }
  });

  it('accepts an empty file, and an empty section that protects nothing', async () => {
    for (const text of [
      '',
      '# nothing\n',
      '{}\n',
      '~\n',
      'rate_limit: {interval: 0, burst: 0}\nhttp_server_config:\n',
    ]) {
      write(text);
      const { url } = await served.listen({ webConfigFile: file, onAdvice });
      expect((await ask(url)).status).to.equal(200);
    }
  });

  it('lets users in under the names that are written, whatever YAML takes them for', async () => {
    const names = ['007', '0123', '1e3', 'on', 'y', 'no', '0x1f', '12_34', '2026-01-01'];
    write(`basic_auth_users:\n${names.map((name) => `  ${name}: ${password}\n`).join('')}`);
    const { url } = await served.listen({ webConfigFile: file });
    for (const name of names) {
      expect((await ask(url, { headers: basic(name, 'scrape me') })).status, name).to.equal(200);
    }
    for (const name of ['7', '83', '1000', 'true', '31']) {
      expect((await ask(url, { headers: basic(name, 'scrape me') })).status, name).to.equal(401);
    }
  });

  it('sends headers as they are written, and an empty one where nothing is', async () => {
    write(`http_server_config:
  headers:
    X-XSS-Protection: 0
    Strict-Transport-Security:
    Content-Security-Policy: |
      default-src 'none';
      report-uri https://example.org/ä
`);
    const { headers } = await ask((await served.listen({ webConfigFile: file })).url);
    expect(headers).to.include({ 'x-xss-protection': '0', 'strict-transport-security': '' });
    const policy = Buffer.from(String(headers['content-security-policy']), 'latin1').toString('utf8');
    expect(policy).to.equal("default-src 'none'; report-uri https://example.org/ä");
  });

  it('can be named by an environment variable', async () => {
    write(`basic_auth_users:\n  prometheus: ${password}\n`);
    process.env['FLOWPLANE_METRICS_WEB_CONFIG_FILE'] = file;
    try {
      expect((await ask((await served.listen()).url)).status).to.equal(401);
    } finally {
      delete process.env['FLOWPLANE_METRICS_WEB_CONFIG_FILE'];
    }
  });

  describe('with problems', () => {
    it('leads to one error with all problems, each with its line', async () => {
      const text = `tls_server_config:
  certfile: server.crt
  client_auth_type: Sometimes
  min_version: TLS14
  cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]
  key: [secret]
http_server_config:
  headers:
    X-Frame-Options: perhaps
    X-Powered-By: us
basic_auth_users:
  alice: plain text
  "a:b": ${password}
rate_limit:
  interval: soon
authentication: none
`;
      expect(await problemsOf(text)).to.equal(
        `/web-config.yml: 10 problems.
  - line 2: "tls_server_config.certfile" is not known (allowed: cert, key, client_ca, cert_file, key_file, client_auth_type, client_ca_file, client_allowed_sans, min_version, max_version, cipher_suites, prefer_server_cipher_suites, curve_preferences). Correct or remove it.
  - line 3: "tls_server_config.client_auth_type" must be one of NoClientCert, RequestClientCert, RequireClientCert, RequireAnyClientCert, VerifyClientCertIfGiven, RequireAndVerifyClientCert (given "Sometimes"). Correct or remove it.
  - line 4: "tls_server_config.min_version" must be one of TLS10, TLS11, TLS12, TLS13 (given "TLS14"). Correct or remove it.
  - line 5: "tls_server_config.cipher_suites" must be a list of cipher suites by Go's names, e.g. TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 (given ["TLS_RSA_WITH_RC4_128_SHA"]). Correct or remove it.
  - line 6: "tls_server_config.key" must be a text (given something else). Correct or remove it.
  - line 9: "http_server_config.headers.X-Frame-Options" must be one of deny, sameorigin (given "perhaps"). Correct or remove it.
  - line 10: "http_server_config.headers.X-Powered-By" is not known (allowed: Strict-Transport-Security, X-Content-Type-Options, X-Frame-Options, X-XSS-Protection, Content-Security-Policy). Correct or remove it.
  - line 12: "basic_auth_users.alice" must be a bcrypt hash of cost 4 to 31, as htpasswd -nBC 10 "" makes it (given something else). Correct or remove it.
  - line 15: "rate_limit.interval" must be a duration such as 500ms, 1s or 1m30s, or a number of nanoseconds (given "soon"). Correct or remove it.
  - line 16: "authentication" is not known (allowed: tls_server_config, http_server_config, basic_auth_users, rate_limit). Correct or remove it.
`.trimEnd(),
      );
    });

    const sections: readonly (readonly [string, string, RegExp])[] = [
      [
        'a certificate without its key',
        'tls_server_config:\n  cert_file: a',
        /line 1: "tls_server_config\.key_file" is missing/,
      ],
      [
        'a client CA without client authentication',
        'tls_server_config:\n  cert_file: a\n  key_file: b\n  client_ca_file: c',
        /client_auth_type" has no effect \(given a client CA\)/,
      ],
      [
        'a user without a password',
        'basic_auth_users:\n  alice:',
        /line 2: "basic_auth_users\.alice" must be a bcrypt hash/,
      ],
      [
        'allowed names without a required certificate',
        'tls_server_config:\n  cert_file: a\n  key_file: b\n  client_auth_type: RequestClientCert\n  client_allowed_sans: [x]',
        /line 5: "tls_server_config\.client_allowed_sans" requires a certificate that clients may leave out/,
      ],
      ['a key twice', 'rate_limit:\n  burst: 1\n  burst: 2', /line 3: "rate_limit\.burst" is given twice/],
      ['text that is no YAML', 'tls_server_config: {', /line 1: .* is not YAML/],
      ['five hundred brackets, reported once', '['.repeat(500), /^[^\n]*line 1: .* is not YAML[^\n]*$/],
      [
        'a list in place of a mapping',
        '- tls_server_config',
        /line 1: ".*" must be a mapping \(given \["tls_server_config"\]\)/,
      ],
      [
        'an alias of nothing',
        'basic_auth_users: *users',
        /line 1: .* is not YAML \(no anchor before it has the name "users"\)/,
      ],
      [
        'a set, whose users have no passwords',
        'basic_auth_users: !!set {alice}',
        /line 1: "basic_auth_users\.alice" must be a bcrypt hash/,
      ],
      [
        'a text in place of a section',
        'tls_server_config: words',
        /line 1: "tls_server_config" must be a mapping \(given "words"\)/,
      ],
    ];
    for (const [what, text, expected] of sections) {
      it(`leads to an error about ${what}`, async () => {
        expect(await problemsOf(text)).to.match(expected);
      });
    }

    const openings: readonly (readonly [string, string, RegExp])[] = [
      ['no users', 'basic_auth_users:\n', /line 1: "basic_auth_users" must not be empty/],
      ['an empty mapping of users', 'basic_auth_users: {}\n', /line 1: "basic_auth_users" must not be empty/],
      ['users that are an empty text', 'basic_auth_users: ""\n', /line 1: "basic_auth_users" must be a mapping/],
      ['users that are a date', 'basic_auth_users: 2026-01-01\n', /line 1: "basic_auth_users" must be a mapping/],
      ['users that are a list', 'basic_auth_users: []\n', /line 1: "basic_auth_users" must be a mapping/],
      ['no TLS', '\ntls_server_config:\n', /line 2: "tls_server_config" must not be empty/],
      ['TLS that is an empty text', 'tls_server_config: ""\n', /line 1: "tls_server_config" must be a mapping/],
      [
        'TLS whose files are empty',
        'tls_server_config:\n  cert_file: ""\n  key_file:\n',
        /line 1: "tls_server_config" must not be empty/,
      ],
      [
        'TLS of a version whose file is empty',
        'tls_server_config:\n  min_version: TLS13\n  cert_file: ""\n',
        /line 3: "tls_server_config\.cert_file" must not be empty/,
      ],
      [
        'no authority of client certificates that are verified',
        'tls_server_config:\n  cert_file: a\n  key_file: b\n  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file:\n',
        /line 5: "tls_server_config\.client_ca_file" must not be empty/,
      ],
      [
        'no type of client authentication',
        'tls_server_config:\n  cert_file: a\n  key_file: b\n  client_auth_type: ""\n',
        /line 4: "tls_server_config\.client_auth_type" must not be empty/,
      ],
      ['a document that is a date', '2026-01-01\n', /line 1: ".*" must be a mapping \(given "2026-01-01"\)/],
      ['a document that is an empty text', '""\n', /line 1: ".*" must be a mapping \(given ""\)/],
    ];
    for (const [what, text, expected] of openings) {
      it(`refuses ${what}, which would leave the server open`, async () => {
        expect(await problemsOf(text)).to.match(expected);
      });
    }

    it('leads to an error that shows no secret', async () => {
      const message = await problemsOf(
        'basic_auth_users:\n  alice: $2y$10$tooShort\ntls_server_config:\n  key: [hush]\n',
      );
      expect(message).not.to.match(/tooShort|hush/);
    });

    it('leads to an error that names the file when it cannot be read', async () => {
      const { message, code } = await refusal({ webConfigFile: join(folder, 'absent.yml') });
      expect(code).to.equal('unreadable_file');
      expect(message).to.contain('absent.yml" cannot be read (ENOENT). Correct "webConfigFile"');
    });
  });

  describe('that changes', () => {
    it('takes effect without a restart', async () => {
      write('');
      const { url } = await served.listen({ webConfigFile: file, onAdvice });
      expect((await ask(url)).status).to.equal(200);
      write(`basic_auth_users:\n  prometheus: ${password}\n`);
      await until(async () => (await ask(url)).status === 401);
      expect((await ask(url, { headers: basic('prometheus', 'scrape me') })).status).to.equal(200);
    });

    it('keeps the previous configuration and advises once when the new file is invalid', async () => {
      const told: string[] = [];
      write(`basic_auth_users:\n  prometheus: ${password}\n`);
      const { url, server } = await served.listen({
        webConfigFile: file,
        onAdvice: ({ message }) => told.push(message),
      });
      write('basic_auth_user:\n');
      await until(() => told.length > 0);
      expect(told[0]).to.match(/line 1: "basic_auth_user" is not known .* previous configuration stays active\.$/);
      expect((await ask(url)).status).to.equal(401);
      const error = await server.reload().catch((reason: unknown) => reason);
      expect(error).to.have.property('code', 'unknown_option');
      rmSync(file);
      await until(() => told.length > 1);
      expect(told[1]).to.contain('cannot be read (ENOENT)');
      expect((await ask(url)).status).to.equal(401);
      write(`basic_auth_users:\n  alertmanager: ${password}\n`);
      await until(async () => (await ask(url, { headers: basic('alertmanager', 'scrape me') })).status === 200);
    });

    it('never removes a protection, because a file that is being written is empty for a moment', async () => {
      write(`basic_auth_users:\n  prometheus: ${password}\n`);
      const { url, server } = await served.listen({ webConfigFile: file, allowedAddresses: ['127.0.0.1'] });
      for (const [text, problem] of [
        ['', 'section "basic_auth_users" cannot be removed'],
        ['basic_auth_users:\n', '"basic_auth_users" must not be empty'],
      ] as const) {
        write(text);
        const error = await server.reload().catch((reason: unknown) => reason);
        expect(error).to.have.property('message').that.contains(problem);
        expect((await ask(url)).status).to.equal(401);
      }
    });

    it('keeps the server running when onAdvice throws', async () => {
      write('');
      let told = 0;
      const { url } = await served.listen({
        webConfigFile: file,
        onAdvice: () => {
          told++;
          throw new Error('not listening');
        },
      });
      write('nothing: of this\n');
      // Why twice: the first file protects nothing, which is a remark too.
      await until(() => told === 2);
      expect((await ask(url)).status).to.equal(200);
    });

    it('enables TLS on the same port, and lets pending requests finish', async function () {
      needs(this, 'openssl');
      const made = new Certificates();
      try {
        const authority = made.authority('late authority');
        const { certFile, keyFile } = made.signed('late', authority);
        const { scrapable, asked, release } = held();
        write('');
        const { server, url } = await served.serve(scrapable, { webConfigFile: file, onAdvice });
        const plain = ask(url);
        await until(() => asked() === 1);
        const idle = connect(Number(new URL(url).port), '127.0.0.1');
        idle.write('GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n');
        await once(idle, 'data');

        write(`tls_server_config:\n  cert_file: ${certFile}\n  key_file: ${keyFile}\n`);
        await Promise.all([once(idle, 'close'), server.reload()]);
        const secureHealth = url.replace('http', 'https').replace('metrics', '-/healthy');
        const { status, protocol } = await ask(secureHealth, { ca: texts(authority).cert });
        expect({ status, protocol }).to.deep.equal({ status: 200, protocol: 'TLSv1.3' });
        expect(await ask(url).catch(({ code }) => code)).to.equal('ECONNRESET');
        release();
        expect((await plain).status).to.equal(200);

        write('');
        const error = await server.reload().catch((reason: unknown) => reason);
        expect(error).to.have.property('message').that.contains('section "tls_server_config" cannot be removed');
        await server.close();
        expect(await ask(secureHealth).catch(({ code }) => code)).to.equal('ECONNREFUSED');
      } finally {
        made.remove();
      }
    });
  });

  it('conflicts with options that configure the same thing', async () => {
    write(`basic_auth_users:\n  prometheus: ${password}\n`);
    const { message } = await refusal({ webConfigFile: file, basicAuthUsers: { prometheus: password } });
    expect(message).to.contain('configured twice (given in the options and in the web config file)');
  });

  it('has counterparts in code that reject an empty object, which would mean a missing value', async () => {
    for (const options of [{ tls: {} }, { tls: { certFile: '', keyFile: undefined } }, { basicAuthUsers: {} }]) {
      const { message } = await refusal(options as MetricsServerOptions);
      expect(message).to.match(/"(tls|basicAuthUsers)" must not be empty \(given no values\)/);
    }
  });

  it('has counterparts in code that reject a rate limit that is null, which would limit nothing', async () => {
    const { message } = await refusal({ rateLimit: null } as never);
    expect(message).to.contain('"rateLimit" must not be empty (given no values)');
  });

  it('speaks of objects and of the names of options where its counterparts in code are wrong', async () => {
    for (const name of ['tls', 'basicAuthUsers', 'headers', 'rateLimit']) {
      const { message } = await refusal({ [name]: -1 } as never);
      expect(message).to.contain(`"${name}" must be an object (given -1). Write its fields into { … }.`);
    }
    const { message } = await refusal({ tls: { colour: 'red' } } as never);
    expect(message).to.contain('certFile, keyFile, clientAuthType').and.not.contain('_');
  });

  it('has the same rules in code, under the names of the options', async () => {
    const { message } = await refusal({
      tls: { certFile: 'a', clientAuthType: 'Sometimes' as never, colour: 'red' } as never,
      basicAuthUsers: { alice: 'plain' },
      headers: { 'X-Powered-By': 'us' },
      rateLimit: { interval: '1s', burst: 0 },
      allowedAddresses: ['10.0.0.0/33'],
      bearerTokens: ['with space'],
      trustProxy: 'yes' as never,
    });
    const named = [...message.matchAll(/^ {2}- "([^"]+)"/gm)].map(([, name]) => name);
    expect(named).to.have.members([
      ...['tls.clientAuthType', 'tls.colour', 'tls.keyFile', 'basicAuthUsers.alice', 'headers.X-Powered-By'],
      ...['rateLimit.burst', 'allowedAddresses', 'bearerTokens', 'trustProxy'],
    ]);
  });
});
