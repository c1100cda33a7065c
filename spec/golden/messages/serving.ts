import { rmSync, writeFileSync } from 'node:fs';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { type AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { Certificates, texts } from '../../server/certificates.js';
import { MetricsServer, type MetricsServerOptions, PrometheusRecorder, serveMetrics } from '../entries.js';
import { type Case, type Cases, type Untyped, warnings, withEnvironment } from './cases.js';

const hash = `$2y$10$${'a'.repeat(53)}`;

const constructed =
  (options: Untyped): Case =>
  () =>
    new MetricsServer(new PrometheusRecorder(), options);

/** What is wrong with the options of a metrics server. */
export const serverOptions: Cases = {
  'a recorder that is undefined': () => new MetricsServer(undefined as Untyped),
  'a recorder that is an object': () => new MetricsServer({} as Untyped),
  'a recorder that is none, with serveMetrics': () => serveMetrics({ recorder: {} as Untyped, port: 0 }),
  'options that are null': constructed(null),
  'options that are a number': constructed(9090),
  'an unknown option': constructed({ prot: 9090 }),
  'a port that is a text': constructed({ port: '9090' }),
  'a port of 70000': constructed({ port: 70_000 }),
  'a port from the environment': () =>
    withEnvironment({ FLOWPLANE_METRICS_PORT: 'http' }, () => new MetricsServer(new PrometheusRecorder())),
  'an empty host': constructed({ host: '' }),
  'a thread that is a text': constructed({ thread: 'yes' }),
  'a thread without its size': constructed({ thread: {} }),
  'a thread beside formats of the recorder': () =>
    new MetricsServer(
      new PrometheusRecorder({ formats: [{ name: 'own', mediaType: 'application/x-own', render: () => [] }] }),
      { thread: true },
    ),
  'a keepAlive that is a text': constructed({ keepAlive: 'yes' }),
  'processMetrics that is a number': constructed({ processMetrics: 1 }),
  'a webConfigFile that is empty': constructed({ webConfigFile: '' }),
  'a bearerTokensFile that is a list': constructed({ bearerTokensFile: [] }),
  'no bearer tokens': constructed({ bearerTokens: [] }),
  'a bearer token with a space': constructed({ bearerTokens: ['a secret'] }),
  'an allowed address that is a name': constructed({ allowedAddresses: ['localhost'] }),
  'an allowed network that is too narrow': constructed({ allowedAddresses: ['10.0.0.0/33'] }),
  'a trustProxy that is a text': constructed({ trustProxy: '10.0.0.1' }),
  'a trustProxy without addresses': constructed({ trustProxy: [] }),
  'an endpointMetrics that is a text': constructed({ endpointMetrics: 'no' }),
  'an exemplarUrl without a label': constructed({ exemplarUrl: 'https://traces.example/' }),
  'an exemplarUrl whose host is a label': constructed({ exemplarUrl: 'https://{host}/{trace_id}' }),
  'an exemplarUrl that is a script': constructed({ exemplarUrl: 'javascript:alert("{trace_id}")' }),
  'an exemplarUrl with a password': constructed({ exemplarUrl: 'https://user:secret@traces.example/' }),
  'an exemplarUrl that is a number': constructed({ exemplarUrl: 1 }),
  'a drain that is a number': constructed({ drain: 25 }),
  'a drain without a deadline': constructed({ drain: {} }),
  'a maxConcurrentScrapes of 0': constructed({ maxConcurrentScrapes: 0 }),
  'a maxConnections of 1.5': constructed({ maxConnections: 1.5 }),
  'a requestTimeoutSeconds of 0': constructed({ requestTimeoutSeconds: 0 }),
  'a closeTimeoutSeconds of 0': constructed({ closeTimeoutSeconds: 0 }),
  'a responseTimeoutSeconds that is a text': constructed({ responseTimeoutSeconds: '60' }),
  'an onAdvice that is an object': constructed({ onAdvice: {} }),
  'an empty tls': constructed({ tls: {} }),
  'a tls without values': constructed({ tls: { cert: undefined, key: '' } }),
  'empty basicAuthUsers': constructed({ basicAuthUsers: {} }),
  'an empty rateLimit': constructed({ rateLimit: {} }),
  'a tls that is true': constructed({ tls: true }),
  'an unknown field of tls': constructed({ tls: { certificate: 'x' } }),
  'a tls key that is a number': constructed({ tls: { cert: 'x', key: 1 } }),
  'a tls certificate without a key': constructed({ tls: { certFile: 'a.crt' } }),
  'an unknown clientAuthType': constructed({ tls: { certFile: 'a', keyFile: 'b', clientAuthType: 'Require' } }),
  'basicAuthUsers that are a list': constructed({ basicAuthUsers: ['ada'] }),
  'a password that is no hash': constructed({ basicAuthUsers: { ada: 'secret' } }),
  'an empty password': constructed({ basicAuthUsers: { ada: '', grace: hash } }),
  'a user with a colon': constructed({ basicAuthUsers: { 'a:b': hash } }),
  'an unknown header': constructed({ headers: { 'X-Powered-By': 'us' } }),
  'a header with another value': constructed({ headers: { 'X-Frame-Options': 'allow' } }),
  'a rateLimit with an interval that is a number': constructed({ rateLimit: { interval: 1, burst: 1 } }),
  'a rateLimit without a burst': constructed({ rateLimit: { interval: '1s' } }),
  'everything is wrong': constructed({ port: -1, host: 1, drain: 1, tls: {}, headers: { Server: 'x' }, other: 1 }),
  'a drain of -1 seconds': () => new MetricsServer(new PrometheusRecorder()).drain(-1),
};

/** Lists of lists: a text of some hundred bytes that would become millions of values. */
const multiplied = Array.from({ length: 9 }, (_, i) => {
  const items = Array.from({ length: 9 }, () => (i === 0 ? 'x' : `*a${i - 1}`));
  return `a${i}: &a${i} [${items.join(', ')}]\n`;
}).join('');

/** Merges of merges: some hundred bytes that would become millions of entries. */
const merged = [
  'rate_limit:',
  ...Array.from({ length: 9 }, (_, i) => {
    const earlier =
      i === 0
        ? 'burst: 1'
        : `<<: [${Array(9)
            .fill(`*m${i - 1}`)
            .join(', ')}]`;
    return `  <<: &m${i} { ${earlier} }`;
  }),
  '',
].join('\n');

/** Starts a server; where it does start, it says nothing. */
async function started(options: MetricsServerOptions): Promise<unknown> {
  const server = new MetricsServer(new PrometheusRecorder(), { port: 0, processMetrics: false, ...options });
  await server.listen();
  await server.close();
  return [];
}

/** The cases that need files. */
export class ServingFiles {
  readonly #certificates = new Certificates();
  readonly folder = this.#certificates.folder;
  readonly #first = this.#certificates.authority('first');
  readonly #second = this.#certificates.authority('second');

  remove(): void {
    this.#certificates.remove();
  }

  #path(name: string): string {
    return join(this.folder, name);
  }

  #written(name: string, text: string): string {
    writeFileSync(this.#path(name), text);
    return this.#path(name);
  }

  #config(text: string, options: MetricsServerOptions = {}): Case {
    return () => started({ ...options, webConfigFile: this.#written('web-config.yml', text) });
  }

  /** What is wrong in a web-config.yml, and with what it is combined with. */
  webConfig(): Cases {
    const config = (text: string, options?: MetricsServerOptions) => this.#config(text, options);
    const tlsFiles = 'tls_server_config:\n  cert_file: first.crt\n  key_file: first.key\n';
    const tls = (fields: string) => config(`${tlsFiles}${fields}`);
    const remark =
      (text: string): Case =>
      () =>
        adviceAt({ webConfigFile: this.#written('web-config.yml', text) })();
    return {
      'a file that is absent': () => started({ webConfigFile: this.#path('absent.yml') }),
      'a file that is a folder': () => started({ webConfigFile: this.folder }),
      'a file from the environment': () =>
        withEnvironment({ FLOWPLANE_METRICS_WEB_CONFIG_FILE: this.#path('absent.yml') }, () => started({})),
      'no YAML': config('a: b\nc: [\n'),
      'an alias of nothing': config('rate_limit: *nothing\n'),
      'aliases of aliases without end': config(multiplied),
      'a text': config('hello\n'),
      'a list': config('- a\n- b\n'),
      'an unknown section': config('# a comment\nbasic_auth:\n  ada: x\n'),
      'a section that is a text': config('tls_server_config: on\n'),
      'a section that is a set': config('basic_auth_users: !!set { ada }\n'),
      'an unknown field of TLS': tls('  certificate: x\n'),
      'fields of TLS that are wrong': config(`tls_server_config:
  cert: 1
  key: 2
  client_ca: []
  cert_file: 3
  key_file: {}
  client_ca_file: true
  client_auth_type: Require
  client_allowed_sans: [1]
  min_version: TLS14
  max_version: 1.3
  cipher_suites: [AES]
  prefer_server_cipher_suites: "yes"
  curve_preferences: [P256]
`),
      'fields of HTTP that are wrong': config(`http_server_config:
  http2: "no"
  http3: true
  headers:
    Strict-Transport-Security: 1
    X-Content-Type-Options: sniff
    X-Frame-Options: allow
    X-XSS-Protection: []
    Content-Security-Policy: {}
    Server: x
`),
      'headers that are a list': config('http_server_config:\n  headers: [a]\n'),
      'a password that is no hash': config('basic_auth_users:\n  ada: secret\n'),
      'a password of a low cost': config(`basic_auth_users:\n  ada: "${hash.replace('10', '03')}"\n`),
      'an empty password': config('basic_auth_users:\n  ada:\n'),
      'a user with a colon': remark(`basic_auth_users:\n  "a:b": ${hash}\n`),
      'a user twice': config(`basic_auth_users:\n  ada: ${hash}\n  ada: ${hash}\n`),
      'no users': config('basic_auth_users:\n'),
      'users that are an empty text': config('basic_auth_users: ""\n'),
      'an empty tls_server_config': config('tls_server_config: {}\n'),
      'a tls_server_config whose certificate is empty': config(
        'tls_server_config:\n  min_version: TLS13\n  cert_file:\n',
      ),
      'a tls_server_config without certificate and key': remark('tls_server_config:\n  min_version: TLS13\n'),
      'an empty client_auth_type': tls('  client_auth_type: ""\n'),
      'an empty client_ca_file': tls('  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file:\n'),
      'empty client_allowed_sans': tls('  client_auth_type: RequireAnyClientCert\n  client_allowed_sans:\n'),
      'client_allowed_sans without a name': remark(
        `${tlsFiles}  client_auth_type: RequireAnyClientCert\n  client_allowed_sans: []\n`,
      ),
      'a whole number and a flag in quotation marks': config(
        'http_server_config:\n  http2: "no"\nrate_limit:\n  burst: "5"\n',
      ),
      'a merge of a text': config('rate_limit:\n  <<: text\n'),
      'a name that is a list': config('rate_limit:\n  ? [burst]\n  : 1\n'),
      'merges without end': config(merged),
      'another version of YAML': config('%YAML 1.2\n---\n{}\n'),
      'a second document': remark('http_server_config:\n  http2: on\n---\n'),
      'a second document behind an empty one': config('---\n---\nrate_limit: {}\n'),
      'a rate without a burst': remark('rate_limit:\n  interval: 1s\n'),
      'a rate with a burst of 0': remark('rate_limit:\n  interval: 1s\n  burst: 0\n'),
      'a rate that is wrong': config('rate_limit:\n  interval: 1 second\n  burst: many\n'),
      'no key': config('tls_server_config:\n  cert_file: first.crt\n'),
      'no certificate': config('tls_server_config:\n  key: x\n'),
      'two certificates': remark(`${tlsFiles}  cert: x\n`),
      'two keys': remark(`${tlsFiles}  key: x\n`),
      'two client authorities': remark(
        `${tlsFiles}  client_ca: x\n  client_ca_file: first.crt\n  client_auth_type: RequestClientCert\n`,
      ),
      'a client authority that has no effect': tls('  client_ca_file: first.crt\n'),
      'names of clients that need no certificate': tls('  client_allowed_sans: [a]\n'),
      'names of clients whose certificate is verified if given': tls(
        '  client_auth_type: VerifyClientCertIfGiven\n  client_allowed_sans: [a]\n',
      ),
      'a minimum above the maximum': remark(`${tlsFiles}  min_version: TLS13\n  max_version: TLS12\n`),
      'several problems': config('rate_limit:\n  interval: soon\n  burst: 1s\nother: 1\nbasic_auth_users: [a]\n'),
      'users in the file and in the options': config(`basic_auth_users:\n  ada: ${hash}\n`, {
        basicAuthUsers: { ada: hash },
      }),
      'TLS in the file and in the options': this.#config(
        'tls_server_config:\n  cert_file: first.crt\n  key_file: first.key\n',
        { tls: texts(this.#first) },
      ),
      'headers in the file and in the options': config('http_server_config:\n  headers:\n    X-Frame-Options: deny\n', {
        headers: { 'X-Frame-Options': 'deny' },
      }),
      'rates in the file and in the options': config('rate_limit:\n  interval: 1s\n  burst: 1\n', {
        rateLimit: { interval: '1s', burst: 1 },
      }),
    };
  }

  /** What is wrong in certificates, keys and tokens. */
  secrets(): Cases {
    const { certFile, keyFile } = this.#first;
    const { cert, key } = texts(this.#first);
    const tokens = (text: string) => () => started({ bearerTokensFile: this.#written('tokens', text) });
    const clientAuthType = 'RequireAndVerifyClientCert';
    return {
      'a certificate that is none': () => started({ tls: { cert: 'x', key } }),
      'a key that is none': () => started({ tls: { cert, key: 'secret' } }),
      'a certificate file that is a key': () => started({ tls: { certFile: this.#written('wrong', 'x'), keyFile } }),
      'a key file that is a certificate': () => started({ tls: { certFile, keyFile: this.#written('wrong', 'x') } }),
      'a key of another certificate': () => started({ tls: { certFile, keyFile: this.#second.keyFile } }),
      'a key text of another certificate': () => started({ tls: { cert, key: texts(this.#second).key } }),
      'a certificate file that is absent': () => started({ tls: { certFile: this.#path('absent.crt'), keyFile } }),
      'a key file that is absent': () => started({ tls: { certFile, keyFile: this.#path('absent.key') } }),
      'a client authority that is none': () => started({ tls: { cert, key, clientAuthType, clientCa: 'x' } }),
      'a client authority file that is absent': () =>
        started({ tls: { cert, key, clientAuthType, clientCaFile: this.#path('absent.crt') } }),
      'an authority of the system that is none': () =>
        withEnvironment({ SSL_CERT_FILE: this.#written('wrong', 'x') }, () =>
          started({ tls: { cert, key, clientAuthType } }),
        ),
      'an authority of the system that is absent': () =>
        withEnvironment({ SSL_CERT_FILE: this.#path('absent.crt') }, () =>
          started({ tls: { cert, key, clientAuthType } }),
        ),
      'no authorities of the system': () => withoutFiles(() => started({ tls: { cert, key, clientAuthType } })),
      'files of a web-config.yml that are absent': this.#config(
        'tls_server_config:\n  cert_file: absent.crt\n  key_file: first.key\n',
      ),
      'a key of a web-config.yml that is another': this.#config(
        'tls_server_config:\n  cert_file: first.crt\n  key_file: second.key\n',
      ),
      'a tokens file that is absent': () => started({ bearerTokensFile: this.#path('absent') }),
      'a tokens file without a token': tokens('# nothing\n\n'),
      'a tokens file with a line that is none': tokens('good\nnot good\n'),
    };
  }

  /** What is said of a changed file that cannot be used, by `reload()` and, within a second, by itself. */
  reloads(): Cases {
    const { certFile, keyFile } = this.#first;
    const users = `basic_auth_users:\n  ada: ${hash}\n`;
    const tls = `tls_server_config:\n  cert_file: ${certFile}\n  key_file: ${keyFile}\n`;
    const mutual = `${tls}  client_ca_file: ${certFile}\n  client_auth_type: RequireAndVerifyClientCert\n`;
    const reloaded = (before: string, after: string) => async () => {
      const file = this.#written('reloaded.yml', before);
      await changed({ webConfigFile: file }, (server) => {
        writeFileSync(file, after);
        return server.reload();
      });
    };
    return {
      'users are taken away': reloaded(users, ''),
      'TLS is taken away': reloaded(tls, ''),
      'client certificates are not asked for any more': reloaded(mutual, tls),
      'the file is wrong': reloaded(users, 'other: 1\n'),
      'files that are wrong, seen by the server itself': () => this.#seenByItself(users),
    };
  }

  async #seenByItself(users: string): Promise<unknown[]> {
    const wrong = this.#written('wrong.yml', users);
    const emptied = this.#written('emptied.yml', users);
    const gone = this.#written('gone.yml', users);
    const advised = await Promise.all([
      adviceOf({ webConfigFile: wrong }, () => writeFileSync(wrong, 'other: 1\n')),
      adviceOf({ webConfigFile: emptied }, () => writeFileSync(emptied, '')),
      adviceOf({ webConfigFile: gone }, () => rmSync(gone)),
    ]);
    return advised;
  }
}

async function changed(options: MetricsServerOptions, change: (server: MetricsServer) => unknown): Promise<void> {
  const server = new MetricsServer(new PrometheusRecorder(), { port: 0, processMetrics: false, ...options });
  await server.listen();
  try {
    await change(server);
  } finally {
    await server.close();
  }
}

/** The first advice after the change. */
async function adviceOf(options: MetricsServerOptions, change: () => void): Promise<unknown> {
  let hear: (advice: unknown) => void = () => undefined;
  const heard = new Promise((resolve) => {
    hear = resolve;
  });
  let advice: unknown;
  await changed({ ...options, onAdvice: (one) => hear(one) }, async () => {
    change();
    advice = await heard;
  });
  return advice;
}

const fs = createRequire(import.meta.url)('node:fs') as { existsSync: (path: string) => boolean };

/** Runs as on a system that has no list of authorities. */
async function withoutFiles(run: () => Promise<unknown>): Promise<unknown> {
  const { existsSync } = fs;
  fs.existsSync = () => false;
  syncBuiltinESMExports();
  try {
    return await withEnvironment({ SSL_CERT_FILE: undefined }, run);
  } finally {
    fs.existsSync = existsSync;
    syncBuiltinESMExports();
  }
}

/** Runs where listening fails with this code. */
const failing =
  (code: string | undefined): Case =>
  async () => {
    const { listen } = Server.prototype;
    Server.prototype.listen = function (this: Server) {
      queueMicrotask(() => this.emit('error', Object.assign(new Error('no'), { code })));
      return this;
    } as typeof listen;
    try {
      return await started({ host: 'somewhere', port: 80 });
    } finally {
      Server.prototype.listen = listen;
    }
  };

/** Why a server cannot listen. */
export const listening: Cases = {
  'the port is taken': async () => {
    const first = new Server().listen(0, '127.0.0.1');
    await new Promise((resolve) => first.once('listening', resolve));
    const { port } = first.address() as AddressInfo;
    try {
      await started({ port });
    } catch (error) {
      const { code, message } = error as Error & { code: string };
      return `${code}: ${message.replaceAll(String(port), '<port>')}`;
    } finally {
      first.close();
    }
    return [];
  },
  'the address is of another machine': () => started({ host: '192.0.2.1' }),
  'the port is forbidden': failing('EACCES'),
  'the host is unknown': failing('ENOTFOUND'),
  'for another reason': failing('EMFILE'),
  'for no known reason': failing(undefined),
};

const adviceAt =
  (options: MetricsServerOptions, environment: Readonly<Record<string, string | undefined>> = {}): Case =>
  () =>
    withEnvironment({ KUBERNETES_SERVICE_HOST: undefined, ...environment }, async () => {
      const messages: unknown[] = [];
      await changed({ onAdvice: (advice) => messages.push(advice), ...options }, () => undefined);
      return messages.length === 0 ? 'nothing' : messages;
    });

const inPod = { KUBERNETES_SERVICE_HOST: '10.0.0.1' };

/** What is said of where a server listens. */
export const whereabouts: Cases = {
  'this machine only': adviceAt({}),
  'this machine only, in Kubernetes': adviceAt({}, inPod),
  'every address, open': adviceAt({ host: '0.0.0.0' }),
  'every address, open, in Kubernetes': adviceAt({ host: '0.0.0.0' }, inPod),
  'every address, with a token': adviceAt({ host: '0.0.0.0', bearerTokens: ['abc'] }),
  'every address, with addresses': adviceAt({ host: '0.0.0.0', allowedAddresses: ['10.0.0.0/8'] }),
  'every address, with a rate limit only': adviceAt({ host: '0.0.0.0', rateLimit: { interval: '1s', burst: 1 } }),
  'every address, nobody listens': () => warnings(() => changed({ host: '0.0.0.0' }, () => undefined)),
  'a listener that throws': async () => {
    const onAdvice = (): never => {
      throw new Error('no listener');
    };
    await changed({ host: '0.0.0.0', onAdvice }, () => undefined);
    return 'nothing';
  },
};
