import { once } from 'node:events';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';
import { expect } from 'chai';
import type { MetricsServerOptions, ServerTlsOptions } from '../../lib/server/config/options.js';
import { needs } from '../needs.js';
import { until } from '../until.js';
import { type Answer, ask, type Question } from './ask.js';
import { type Certificate, Certificates, texts } from './certificates.js';
import { exposed, held, refusal, Served } from './served.js';
import { Wire } from './wire.js';

describe('A metrics server over TLS', () => {
  const served = new Served();
  let made: Certificates;
  let authority: Certificate;
  let server: Certificate;
  let client: Certificate;
  let other: Certificate;
  let stranger: Certificate;
  let trusted: Question;

  before(function () {
    needs(this, 'openssl');
    made = new Certificates();
    authority = made.authority('authority');
    server = made.signed('server', authority);
    client = made.signed('client', authority, 'DNS:prometheus.internal,URI:spiffe://cluster/prometheus,IP:::1');
    other = made.signed('other', authority, 'DNS:grafana.internal');
    stranger = made.signed('stranger', made.authority('elsewhere'), 'DNS:prometheus.internal');
    trusted = { ca: texts(authority).cert };
  });

  after(() => made?.remove());
  afterEach(() => served.close());

  const listen = (tls: ServerTlsOptions = {}, options: MetricsServerOptions = {}) =>
    served.listen({ tls: { ...server, ...tls }, ...options });

  /** Asks as a client with this certificate, if any. */
  const as = (url: string, certificate?: Certificate): Promise<Answer> =>
    ask(url, { ...trusted, ...(certificate && texts(certificate)) });

  it('serves the metrics under an https URL', async () => {
    const { url } = await listen();
    const { status, body, protocol } = await ask(url, trusted);
    expect(url).to.match(/^https:\/\/127\.0\.0\.1:\d+\/metrics$/);
    expect({ status, protocol }).to.deep.equal({ status: 200, protocol: 'TLSv1.3' });
    expect(body).to.contain(exposed);
  });

  it('fails verification by a client without its authority, and refuses plain HTTP', async () => {
    const { url } = await listen();
    const failures = [ask(url), ask(url.replace('https', 'http'))].map((asked) => asked.catch((error) => error.code));
    expect(await Promise.all(failures)).to.deep.equal(['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'ECONNRESET']);
  });

  it('accepts certificate and key as texts', async () => {
    const { url } = await served.listen({ tls: texts(server) });
    expect((await ask(url, trusted)).status).to.equal(200);
  });

  it('lets a scraper in beside connections that never begin a handshake, and closes those with itself', async () => {
    const { scrapable, release, asked } = held();
    const options = { tls: server, maxConnections: 3, requestTimeoutSeconds: 3600 };
    const listening = await served.serve(scrapable, options);
    const running = ask(listening.url, trusted);
    await until(() => asked() === 1);
    const silent = await Promise.all([1, 2].map(() => Wire.open(listening.port)));
    expect((await ask(`${listening.origin}/-/healthy`, trusted)).status).to.equal(200);
    expect(silent.filter(({ socket }) => socket.destroyed)).to.have.length(1);
    release();
    expect((await running).status).to.equal(200);
    await listening.server.close();
    await Promise.all(silent.map(({ closed }) => closed));
  });

  describe('with versions, cipher suites and curves', () => {
    const handshake = (url: string, versions: Pick<Question, 'minVersion' | 'maxVersion' | 'ciphers' | 'ecdhCurve'>) =>
      ask(url, { ...trusted, ...versions }).then(
        ({ protocol, cipher }) => `${protocol} ${cipher}`,
        (error) => /alert [a-z ]+/.exec(error.message)?.[0],
      );

    it('negotiates at least TLS 1.2 by default', async () => {
      const { url } = await listen();
      expect(await handshake(url, { maxVersion: 'TLSv1.2' })).to.match(/^TLSv1\.2 ECDHE-ECDSA-/);
    });

    it('applies min_version and max_version', async () => {
      const modern = await listen({ minVersion: 'TLS13' });
      expect(await handshake(modern.url, { maxVersion: 'TLSv1.2' })).to.equal('alert protocol version');
      const old = await listen({ maxVersion: 'TLS12' });
      expect(await handshake(old.url, {})).to.match(/^TLSv1\.2 /);
    });

    for (const [name, version] of [
      ['TLS10', 'TLSv1'],
      ['TLS11', 'TLSv1.1'],
    ] as const) {
      // Why a level of security in the list: OpenSSL leaves out what such versions need, from level 1 on.
      const old = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT:@SECLEVEL=0' };

      it(`negotiates ${version} only when min_version allows it`, async () => {
        const { url } = await listen({ minVersion: name });
        expect(await handshake(url, old)).to.match(new RegExp(`^${version} ECDHE-ECDSA-`));
        const cipherSuites = ['TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA'];
        const one = await listen({ minVersion: name, cipherSuites });
        expect(await handshake(one.url, old)).to.equal(`${version} ECDHE-ECDSA-AES128-SHA`);
        expect(await handshake(one.url, {})).to.match(/^TLSv1\.3 /);
        const modern = await listen();
        expect(await handshake(modern.url, old)).to.equal('alert protocol version');
      });
    }

    it('applies cipher_suites by the names of Go, and keeps the suites of TLS 1.3', async () => {
      const { url } = await listen({ cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'] });
      expect(await handshake(url, { maxVersion: 'TLSv1.2' })).to.equal('TLSv1.2 ECDHE-ECDSA-AES256-GCM-SHA384');
      const chacha = { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-CHACHA20-POLY1305' } as const;
      expect(await handshake(url, chacha)).to.equal('alert handshake failure');
      expect(await handshake(url, {})).to.match(/^TLSv1\.3 /);
    });

    it('applies prefer_server_cipher_suites to the handshake', async () => {
      const cipherSuites = ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'];
      const ciphers = 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384';
      const ours = await listen({ cipherSuites });
      expect(await handshake(ours.url, { maxVersion: 'TLSv1.2', ciphers })).to.contain('AES256');
      const theirs = await listen({ cipherSuites, preferServerCipherSuites: false });
      expect(await handshake(theirs.url, { maxVersion: 'TLSv1.2', ciphers })).to.contain('AES128');
    });

    it('applies curve_preferences to the handshake', async () => {
      const { url } = await listen({ curvePreferences: ['CurveP384'] });
      expect(await handshake(url, { ecdhCurve: 'secp384r1' })).to.match(/^TLSv1\.3 /);
      expect(await handshake(url, { ecdhCurve: 'X25519' })).to.equal('alert handshake failure');
    });
  });

  describe('that checks client certificates', () => {
    const who = ['nobody', 'stranger', 'other', 'client'] as const;
    const statuses = async (tls: ServerTlsOptions): Promise<number[]> => {
      const { url } = await listen(tls);
      const shown = [undefined, stranger, other, client];
      return Promise.all(shown.map(async (certificate) => (await as(url, certificate)).status));
    };

    // By client_auth_type: what a client without a certificate, one of another authority, and two of ours get.
    const table: readonly (readonly [string, ServerTlsOptions, readonly number[]])[] = [
      ['NoClientCert', {}, [200, 200, 200, 200]],
      ['RequestClientCert', {}, [200, 200, 200, 200]],
      ['RequireAnyClientCert', {}, [403, 200, 200, 200]],
      ['RequireClientCert', {}, [403, 200, 200, 200]],
      ['VerifyClientCertIfGiven', {}, [200, 403, 200, 200]],
      ['RequireAndVerifyClientCert', {}, [403, 403, 200, 200]],
      ['RequireAndVerifyClientCert', { clientAllowedSans: ['prometheus.internal'] }, [403, 403, 403, 200]],
      ['RequireAndVerifyClientCert', { clientAllowedSans: ['spiffe://cluster/prometheus'] }, [403, 403, 403, 200]],
      ['RequireAndVerifyClientCert', { clientAllowedSans: ['0:0::1'] }, [403, 403, 403, 200]],
      ['RequireAndVerifyClientCert', { clientAllowedSans: ['internal', 'client'] }, [403, 403, 403, 403]],
      ['RequireAnyClientCert', { clientAllowedSans: ['prometheus.internal'] }, [403, 200, 403, 200]],
    ];

    for (const [clientAuthType, more, expected] of table) {
      const names = more.clientAllowedSans ? `, of [${more.clientAllowedSans}]` : '';
      it(`answers with ${clientAuthType}${names}: ${who.map((name, i) => `${name} ${expected[i]}`).join(', ')}`, async () => {
        const ca = clientAuthType === 'NoClientCert' ? {} : { clientCaFile: authority.certFile };
        const tls = { clientAuthType, ...ca, ...more } as ServerTlsOptions;
        expect(await statuses(tls)).to.deep.equal(expected);
      });
    }

    describe('without a configured authority', () => {
      const named = process.env['SSL_CERT_FILE'];
      afterEach(() => {
        if (named === undefined) delete process.env['SSL_CERT_FILE'];
        else process.env['SSL_CERT_FILE'] = named;
      });

      it('accepts the authorities that the system trusts', async () => {
        process.env['SSL_CERT_FILE'] = authority.certFile;
        expect(await statuses({ clientAuthType: 'RequireAndVerifyClientCert' })).to.deep.equal([403, 403, 200, 200]);
        delete process.env['SSL_CERT_FILE'];
        expect(await statuses({ clientAuthType: 'RequireAndVerifyClientCert' })).to.deep.equal([403, 403, 403, 403]);
      });

      it('refuses to start when the list of system authorities cannot be read', async () => {
        process.env['SSL_CERT_FILE'] = join(made.folder, 'absent.pem');
        const { message } = await refusal({ tls: { ...server, clientAuthType: 'VerifyClientCertIfGiven' } });
        expect(message).to.contain('absent.pem" cannot be read (ENOENT). Correct "tls.clientCaFile"');
      });
    });

    it('advises that it is open unless clients are verified by a configured authority or name', async () => {
      const advised = async (tls: ServerTlsOptions): Promise<readonly string[]> => {
        const codes: string[] = [];
        await listen(tls, { host: '0.0.0.0', onAdvice: ({ code }) => codes.push(code) });
        return codes;
      };
      const clientCaFile = authority.certFile;
      const clientAllowedSans = ['prometheus.internal'];
      const clientAuthType = 'RequireAndVerifyClientCert';
      expect(await advised({ clientAuthType, clientCaFile })).to.deep.equal([]);
      expect(await advised({ clientAuthType, clientAllowedSans })).to.deep.equal([]);
      expect(await advised({ clientAuthType })).to.deep.equal(['open_server']);
      expect(await advised({ clientAuthType: 'VerifyClientCertIfGiven', clientCaFile })).to.deep.equal(['open_server']);
      expect(await advised({ clientAuthType: 'RequireAnyClientCert', clientAllowedSans })).to.deep.equal([
        'open_server',
      ]);
      expect(await advised({ clientAuthType: 'RequestClientCert' })).to.deep.equal(['open_server']);
    });

    it('requires no certificate for /-/healthy and /-/ready, which an orchestrator probes', async () => {
      const { origin } = await listen({
        clientAuthType: 'RequireAndVerifyClientCert',
        clientCaFile: authority.certFile,
      });
      expect((await as(`${origin}/-/healthy`)).status).to.equal(200);
      expect((await as(`${origin}/-/ready`)).status).to.equal(200);
    });

    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      it(`checks the certificate again when an anonymous session is resumed (${version})`, async () => {
        const { url, port } = await listen({
          clientAuthType: 'RequireAndVerifyClientCert',
          clientCaFile: authority.certFile,
        });
        const options = { port, host: '127.0.0.1', ca: trusted.ca, maxVersion: version } as const;
        const first = connect(options as object);
        const sessions: Buffer[] = [];
        first.on('session', (session) => sessions.push(session));
        await spoken(first);
        const session = sessions.at(-1) ?? first.getSession();
        expect((await ask(url, { ...options, agent: false, session } as Question)).status).to.equal(403);
      });
    }
  });

  it('refuses to renegotiate on a connection', async () => {
    const { port } = await listen();
    const socket = connect({ port, host: '127.0.0.1', ca: trusted.ca, maxVersion: 'TLSv1.2' } as object);
    await once(socket, 'secureConnect');
    const failed = once(socket, 'error');
    socket.renegotiate({}, () => undefined);
    expect((await failed)[0])
      .to.have.property('message')
      .that.contains('no renegotiation');
    socket.destroy();
  });

  describe('with invalid files', () => {
    it('refuses to start with a file that is missing or of the wrong kind, and names the option', async () => {
      const absent = { certFile: join(made.folder, 'absent.crt'), keyFile: server.keyFile };
      expect((await refusal({ tls: absent })).message).to.equal(
        `MetricsServer: file "${absent.certFile}" cannot be read (ENOENT). Correct "tls.certFile", or the file's owner and mode.`,
      );
      const swapped = { certFile: server.keyFile, keyFile: server.certFile };
      expect((await refusal({ tls: swapped })).message).to.match(/"tls\.certFile" is not a certificate in PEM/);
      const noKey = { certFile: server.certFile, keyFile: server.certFile };
      const { message } = await refusal({ tls: noKey });
      expect(message).to.match(/"tls\.keyFile" is not a private key in PEM/);
      expect(message).not.to.contain('BEGIN');
    });

    it('refuses to start with the key of another certificate', async () => {
      const { message } = await refusal({ tls: { certFile: server.certFile, keyFile: client.keyFile } });
      expect(message).to.contain('"tls.keyFile" is not the key of the certificate in "tls.certFile"');
    });
  });

  describe('with certificates that OpenSSL does not take', () => {
    const write = (name: string, cert: string, key: string): Certificate => {
      const files = { certFile: join(made.folder, `${name}.crt`), keyFile: join(made.folder, `${name}.key`) };
      writeFileSync(files.certFile, cert);
      writeFileSync(files.keyFile, key);
      return files;
    };
    const chains: Readonly<Record<string, (second: string) => string>> = {
      'is cut off': (second) => second.slice(0, 300),
      'is cut off in its last line': (second) => second.slice(0, -10),
      'is no base64': (second) => second.replaceAll('M', '!'),
      'is no certificate': () => '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
    };
    for (const [how, spoil] of Object.entries(chains)) {
      it(`refuses to start, and says which option, where the second of a chain ${how}`, async () => {
        const { cert, key } = texts(server);
        const { message } = await refusal({ tls: write('chain', cert + spoil(texts(authority).cert), key) });
        expect(message)
          .to.match(
            /^MetricsServer: "tls\.certFile" cannot be used for TLS \(given what OpenSSL calls "[\w ]+"\)\. Pass/,
          )
          .and.not.contain('BEGIN');
      });
    }
  });

  describe('with a renewed certificate', () => {
    const replace = (from: Certificate, to: Certificate): void => {
      copyFileSync(from.certFile, to.certFile);
      copyFileSync(from.keyFile, to.keyFile);
    };

    it('shows the new certificate to new connections, without a restart', async () => {
      const live = { certFile: join(made.folder, 'live.crt'), keyFile: join(made.folder, 'live.key') };
      replace(server, live);
      const { url } = await served.listen({ tls: live });
      expect((await ask(url, trusted)).certificate).to.equal('server');
      replace(made.signed('renewed', authority), live);
      await until(async () => (await ask(url, trusted)).certificate === 'renewed');
    });

    it('keeps the old certificate and advises when the new one is invalid', async () => {
      const live = { certFile: join(made.folder, 'kept.crt'), keyFile: join(made.folder, 'kept.key') };
      replace(server, live);
      const told: string[] = [];
      const { url } = await served.listen({ tls: live, onAdvice: ({ message }) => told.push(message) });
      writeFileSync(live.certFile, 'not a certificate');
      await until(() => told.length > 0);
      expect((await ask(url, trusted)).certificate).to.equal('server');
      expect(told).to.have.length(1);
      expect(told[0])
        .to.contain('"tls.certFile" is not a certificate in PEM')
        .and.contain('the previous configuration stays active');
    });

    it('ends an older connection after its pending response', async () => {
      const { scrapable, release, asked } = held();
      const { server: running, port } = await served.serve(scrapable, { tls: server });
      const socket = connect({ port, host: '127.0.0.1', ca: trusted.ca } as object);
      socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
      await until(() => asked() === 1);
      const warnings: Error[] = [];
      const warned = (warning: Error) => warnings.push(warning);
      process.on('warning', warned);
      for (let i = 0; i < 20; i++) await running.reload();
      const ended = once(socket, 'close');
      const answered = once(socket, 'data');
      release();
      expect(String(await answered)).to.contain('HTTP/1.1 200 OK');
      await ended;
      process.off('warning', warned);
      expect(warnings).to.deep.equal([]);
    });

    it('ends idle connections that began before the renewal', async () => {
      const { url, server: running, port } = await listen();
      const socket = connect({ port, host: '127.0.0.1', ca: trusted.ca } as object);
      await spoken(socket, `GET /metrics HTTP/1.1\r\nHost: ${new URL(url).host}\r\n\r\n`);
      const ended = once(socket, 'close');
      await running.reload();
      await ended;
    });
  });
});

/** Has a connection speak, and waits for the first bytes of the answer. */
async function spoken(socket: TLSSocket, text = 'GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n') {
  socket.write(text);
  await once(socket, 'data');
  socket.resume();
}
