import { constants, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { createSecureContext, type TlsOptions } from 'node:tls';
import { type ClientAuthType, ClientCertificates } from '../../access/client-certificates.js';
import type { WatchedFiles } from '../../access/watched-files.js';
import { formatThrown, MetricsError } from '../../error.js';
import { readCertificates, type UsedCertificate } from './certificate-advice.js';
import { cipherList, curves, type TlsConfig, tlsVersions } from './tls-config.js';

/** A TLS configuration whose files are read and verified: the options of `node:tls`, and the check of the clients. */
export interface LoadedTls {
  readonly options: TlsOptions;
  readonly clients: ClientCertificates;
  /** The server's certificates and the configured authorities. */
  readonly certificates: readonly UsedCertificate[];
}

/** Where a TLS configuration comes from. */
export interface TlsSource {
  /** Reads its files, and watches them. */
  readonly files: WatchedFiles;
  /** The folder of relative paths. */
  readonly folder: string;
  /** The name of a field as its author knows it, for errors. */
  readonly fieldName: (field: keyof TlsConfig) => string;
}

/** A text in PEM, and the field that it comes from. */
interface Pem {
  readonly field: string;
  readonly text: string;
}

/**
 * Reads the files of a TLS configuration, and verifies that they are certificates and the key of the first.
 *
 * @throws MetricsError naming the field that is wrong.
 */
export async function loadTls(config: TlsConfig, source: TlsSource): Promise<LoadedTls> {
  const { client_auth_type: clientAuthType = 'NoClientCert', client_allowed_sans: names } = config;
  const [cert, key, configuredCa] = await Promise.all([
    readPem('cert', config, source),
    readPem('key', config, source),
    readPem('client_ca', config, source),
  ]);
  if (cert === undefined || key === undefined) throw new Error('a checked configuration has a certificate and a key');
  verifyKeyPair(cert, key);
  const isVerified = clientAuthType.includes('Verify');
  const ca = configuredCa ?? (isVerified ? await readSystemAuthorities(clientAuthType, source) : undefined);
  if (ca !== undefined) parseCertificate(ca);
  const clients = new ClientCertificates(clientAuthType, configuredCa === undefined ? 'system' : 'configured', names);
  const options = {
    ...protocolOptions(config),
    ...clientOptions(clients),
    cert: cert.text,
    key: key.text,
    ca: ca?.text,
  };
  verifyChain(options, cert);
  return {
    options,
    clients,
    certificates: [cert, configuredCa].flatMap((pem) => (pem ? readCertificates(pem.field, pem.text) : [])),
  };
}

async function readPem(
  name: 'cert' | 'key' | 'client_ca',
  config: TlsConfig,
  { files, folder, fieldName }: TlsSource,
): Promise<Pem | undefined> {
  const [text, file] = [config[name], config[`${name}_file`]];
  const field = fieldName(`${name}_file`);
  // Why the file first: where a web config file has both, exporter-toolkit takes it.
  if (file !== undefined) return { field, text: await files.read(resolve(folder, file), field) };
  return text === undefined ? undefined : { field: fieldName(name), text };
}

/** The authorities that the system trusts. As in Go, they apply where no authority is configured. */
async function readSystemAuthorities(clientAuthType: ClientAuthType, { files, fieldName }: TlsSource): Promise<Pem> {
  const field = fieldName('client_ca_file');
  const file = process.env['SSL_CERT_FILE'] || systemAuthorityFiles.find((path) => existsSync(path));
  if (file !== undefined) return { field, text: await files.read(file, field) };
  const message = `"${field}" is missing (given ${clientAuthType}, and no list of authorities that this system trusts). Name the authority that signs your clients' certificates.`;
  throw new MetricsError('MetricsServer', [{ code: 'illegal_option', message }]);
}

// Source: Go, crypto/x509/root_linux.go and root_bsd.go: where systems keep the authorities that they trust.
const systemAuthorityFiles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
  '/usr/local/etc/ssl/cert.pem',
];

function protocolOptions(config: TlsConfig): TlsOptions {
  const minVersion = config.min_version ?? 'TLS12';
  const ecdhCurve = config.curve_preferences?.map((name) => curves[name]).join(':');
  return {
    minVersion: tlsVersions[minVersion],
    maxVersion: tlsVersions[config.max_version ?? 'TLS13'],
    ciphers: cipherList(config.cipher_suites ?? [], minVersion),
    honorCipherOrder: config.prefer_server_cipher_suites ?? true,
    // Why: the server does not speak HTTP/2.
    ALPNProtocols: ['http/1.1'],
    ...(ecdhCurve && { ecdhCurve }),
  };
}

/*
 * Why a handshake without the right certificate succeeds: the probes of an orchestrator have no certificate, and may read
 * /-/healthy. Every other path is refused by the access policy, with a status and a count.
 * Why no session is resumed: a resumed session has no certificate to check.
 * Why no renegotiation, as in Go: it costs the server more than the client that asks for it.
 */
function clientOptions({ isRequested }: ClientCertificates): TlsOptions {
  if (!isRequested) return { requestCert: false, secureOptions: constants.SSL_OP_NO_RENEGOTIATION };
  const secureOptions = constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_TICKET;
  return { requestCert: true, rejectUnauthorized: false, secureOptions };
}

/** @throws MetricsError where the text is not a certificate. */
function parseCertificate(pem: Pem): X509Certificate {
  return parsePem('a certificate in PEM', pem, (text) => new X509Certificate(text));
}

/** @throws MetricsError where the texts are not a certificate and its key. */
function verifyKeyPair(cert: Pem, key: Pem): void {
  const certificate = parseCertificate(cert);
  const privateKey: KeyObject = parsePem('a private key in PEM, without a passphrase', key, createPrivateKey);
  if (certificate.checkPrivateKey(privateKey)) return;
  const message = `"${key.field}" is not the key of the certificate in "${cert.field}" (given a key that does not match). Pass the two that belong together.`;
  throw new MetricsError('MetricsServer', [{ code: 'illegal_option', message }]);
}

/**
 * @throws MetricsError where OpenSSL does not take the certificates: one behind the first is cut off, say.
 */
function verifyChain(options: TlsOptions, cert: Pem): void {
  try {
    createSecureContext(options);
  } catch (cause) {
    const reason = formatThrown(cause).replace(/^error:.*::/, '');
    const message = `"${cert.field}" cannot be used for TLS (given what OpenSSL calls "${reason}"). Pass the certificate and those between it and the root, each whole.`;
    throw new MetricsError('MetricsServer', [{ code: 'illegal_option', message }], { cause });
  }
}

function parsePem<T>(expected: string, { field, text }: Pem, parse: (text: string) => T): T {
  try {
    return parse(text);
  } catch (cause) {
    // Why the text is not shown: it may be a key.
    const message = `"${field}" is not ${expected} (given a text of length ${text.length}). Pass the right file or text.`;
    throw new MetricsError('MetricsServer', [{ code: 'illegal_option', message }], { cause });
  }
}
