import { constants, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { resolve } from 'node:path';
import type { TlsOptions } from 'node:tls';
import { MetricsError } from '../error.js';
import { ClientCertificates } from './client-certificates.js';
import type { ReadFiles } from './read-files.js';
import type { TlsConfig } from './tls-config.js';
import { cipherList, curves, tlsVersions } from './tls-names.js';

/** A TLS configuration with its files read and tried: what `node:tls` takes, and what is asked of the clients. */
export interface LoadedTls {
  readonly options: TlsOptions;
  readonly clients: ClientCertificates;
}

/** Where a TLS configuration comes from. */
export interface TlsSource {
  /** Where its files are remembered. */
  readonly files: ReadFiles;
  /** What relative paths start from. */
  readonly folder: string;
  /** How its fields are called there, for errors. */
  readonly fieldName: (field: keyof TlsConfig) => string;
}

/**
 * Reads the files of a TLS configuration, and tries what is in them.
 *
 * @throws MetricsError naming the field that is wrong.
 */
export async function loadTls(config: TlsConfig, { files, folder, fieldName }: TlsSource): Promise<LoadedTls> {
  const pem = async (text: 'cert' | 'key' | 'client_ca'): Promise<[field: string, pem: string] | undefined> => {
    const inline = config[text];
    if (inline !== undefined) return [fieldName(text), inline];
    const file = config[`${text}_file`];
    const field = fieldName(`${text}_file`);
    return file === undefined ? undefined : [field, await files.text(resolve(folder, file), field)];
  };
  const [cert, key, ca] = await Promise.all([pem('cert'), pem('key'), pem('client_ca')]);
  if (cert === undefined || key === undefined) throw new Error('a checked configuration has a certificate and a key');
  tryPair(cert, key);
  if (ca !== undefined) parsed('a certificate in PEM', ca, (text) => new X509Certificate(text));
  const clients = new ClientCertificates(config.client_auth_type ?? 'NoClientCert', config.client_allowed_sans);
  return { options: { ...settings(config), cert: cert[1], key: key[1], ca: ca?.[1], ...asking(clients) }, clients };
}

function settings(config: TlsConfig): TlsOptions {
  const preferred = config.curve_preferences?.map((name) => curves[name]).join(':');
  return {
    minVersion: tlsVersions[config.min_version ?? 'TLS12'],
    maxVersion: tlsVersions[config.max_version ?? 'TLS13'],
    ciphers: cipherList(config.cipher_suites),
    honorCipherOrder: config.prefer_server_cipher_suites ?? true,
    // HTTP/2 is not spoken.
    ALPNProtocols: ['http/1.1'],
    ...(preferred && { ecdhCurve: preferred }),
  };
}

/*
 * Why a handshake without the right certificate is let through: the probes of an orchestrator have none, and may ask for
 * /-/healthy. Every other path is refused, with a status and a count.
 * Why no session is resumed: a resumed one has no certificate that could be looked at.
 */
function asking({ isAsked }: ClientCertificates): TlsOptions {
  if (!isAsked) return { requestCert: false };
  return { requestCert: true, rejectUnauthorized: false, secureOptions: constants.SSL_OP_NO_TICKET };
}

function tryPair(cert: [string, string], key: [string, string]): void {
  const certificate = parsed('a certificate in PEM', cert, (text) => new X509Certificate(text));
  const privateKey: KeyObject = parsed('a private key in PEM, without a passphrase', key, createPrivateKey);
  if (certificate.checkPrivateKey(privateKey)) return;
  const message = `"${key[0]}" is not the key of the certificate in "${cert[0]}" (given a key that does not match). Pass the two that belong together.`;
  throw new MetricsError('MetricsServer', [{ code: 'illegal_option', message }]);
}

function parsed<T>(what: string, [field, text]: [string, string], parse: (text: string) => T): T {
  try {
    return parse(text);
  } catch (cause) {
    // Why the text is not shown: it may be a key.
    const message = `"${field}" is not ${what} (given ${text.length} characters that are none). Pass the right file or text.`;
    throw new MetricsError('MetricsServer', [{ code: 'illegal_option', message }], { cause });
  }
}
