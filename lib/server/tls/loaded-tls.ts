import { constants } from 'node:crypto';
import { resolve } from 'node:path';
import type { TlsOptions } from 'node:tls';
import type { ClientAuthType } from '../../access/client-certificates.js';
import { ClientCertificates } from '../../access/client-certificates.js';
import type { ReadFiles } from '../../access/read-files.js';
import { MetricsError } from '../../error.js';
import { type Pem, tryCertificate, tryPair } from './pem.js';
import { systemAuthoritiesFile } from './system-authorities.js';
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
export async function loadTls(config: TlsConfig, source: TlsSource): Promise<LoadedTls> {
  const { client_auth_type: asked = 'NoClientCert', client_allowed_sans: names } = config;
  const [cert, key, named] = await Promise.all([
    pem('cert', config, source),
    pem('key', config, source),
    pem('client_ca', config, source),
  ]);
  if (cert === undefined || key === undefined) throw new Error('a checked configuration has a certificate and a key');
  tryPair(cert, key);
  const ca = named ?? (asked.includes('Verify') ? await systemAuthorities(asked, source) : undefined);
  if (ca !== undefined) tryCertificate(ca);
  const clients = new ClientCertificates(asked, named === undefined ? 'system' : 'named', names);
  return {
    options: { ...settings(config), cert: cert.text, key: key.text, ca: ca?.text, ...asking(clients) },
    clients,
  };
}

async function pem(
  name: 'cert' | 'key' | 'client_ca',
  config: TlsConfig,
  { files, folder, fieldName }: TlsSource,
): Promise<Pem | undefined> {
  const inline = config[name];
  if (inline !== undefined) return { field: fieldName(name), text: inline };
  const file = config[`${name}_file`];
  const field = fieldName(`${name}_file`);
  return file === undefined ? undefined : { field, text: await files.text(resolve(folder, file), field) };
}

/** As in Go: where no authority is named, those of the system are trusted. */
async function systemAuthorities(asked: ClientAuthType, { files, fieldName }: TlsSource): Promise<Pem> {
  const field = fieldName('client_ca_file');
  const file = systemAuthoritiesFile();
  if (file !== undefined) return { field, text: await files.text(file, field) };
  const message = `"${field}" is missing (given ${asked}, and no list of authorities that this system trusts). Name the authority that signs your clients' certificates.`;
  throw new MetricsError('MetricsServer', [{ code: 'illegal_option', message }]);
}

function settings(config: TlsConfig): TlsOptions {
  const minimum = config.min_version ?? 'TLS12';
  const preferred = config.curve_preferences?.map((name) => curves[name]).join(':');
  return {
    minVersion: tlsVersions[minimum],
    maxVersion: tlsVersions[config.max_version ?? 'TLS13'],
    ciphers: cipherList(config.cipher_suites ?? [], minimum),
    honorCipherOrder: config.prefer_server_cipher_suites ?? true,
    // HTTP/2 is not spoken.
    ALPNProtocols: ['http/1.1'],
    ...(preferred && { ecdhCurve: preferred }),
  };
}

/*
 * Why a handshake without the right certificate is let through: the probes of an orchestrator have none, and may ask for
 * /-/healthy. Every other path is refused, with a status and a count.
 * Why no session is resumed: a resumed one has no certificate that could be looked at. Why nothing is negotiated again, as in
 * Go: it costs us more than whoever asks for it.
 */
function asking({ isAsked }: ClientCertificates): TlsOptions {
  if (!isAsked) return { requestCert: false, secureOptions: constants.SSL_OP_NO_RENEGOTIATION };
  const secureOptions = constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_TICKET;
  return { requestCert: true, rejectUnauthorized: false, secureOptions };
}
