import { dirname } from 'node:path';
import { AccessPolicy } from '../access/access-policy.js';
import { AddressList } from '../access/addresses.js';
import { BearerTokens, isBearerToken, parseTokens } from '../access/bearer-tokens.js';
import { loadBcrypt, Passwords } from '../access/passwords.js';
import { RateLimit } from '../access/rate-limit.js';
import type { Reloadable } from '../access/reloadable-access.js';
import type { WatchedFiles } from '../access/watched-files.js';
import { MetricsError } from '../error.js';
import type { Advice } from '../recorder/reports.js';
import { checkSharedOptions, optionName } from './config/option-checks.js';
import type { MetricsServerOptions } from './config/options.js';
import type { CheckedWebConfig, WebConfig } from './config/web-config.js';
import { readWebConfig } from './config/web-config-file.js';
import { remarkAdvice } from './server-advice.js';
import { certificateAdvice, clientCertificateAdvice } from './tls/certificate-advice.js';
import { type LoadedTls, loadTls, type TlsSource } from './tls/load-tls.js';

/** The access rules of a server: everything that is configured, with its files read and verified. */
export interface Access extends Reloadable {
  readonly tls: LoadedTls | undefined;
  readonly policy: AccessPolicy;
  /** The security headers of every response. */
  readonly headers: Readonly<Record<string, string>>;
  /** Those of them that are configured. They win over a header that a route sets. */
  readonly configuredHeaders: Readonly<Record<string, string>>;
  /** What is to be said about the configuration, although it is in use. */
  readonly advice: readonly Advice[];
}

const defaultHeaders = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'deny',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
};

const emptyConfig: WebConfig = { tls: undefined, headers: undefined, users: undefined, rate: undefined };
const noFile: CheckedWebConfig = { config: emptyConfig, problems: [], remarks: [] };

/**
 * Reads the access rules from the options and from the files that they name.
 *
 * @param path the web config file, if there is one.
 * @throws MetricsError with what is wrong, and the option or the line of the file.
 */
export async function loadAccess(
  options: MetricsServerOptions,
  files: WatchedFiles,
  path: string | undefined,
): Promise<Access> {
  const inCode = checkSharedOptions(options).config;
  const { config: inFile, remarks } = path === undefined ? noFile : await readWebConfig(path, files);
  refuseDuplicates(inCode, inFile);
  const [tls, passwords, tokens] = await Promise.all([
    loadTlsFrom(inCode, inFile, path, files),
    loadPasswords(inCode.users ?? inFile.users),
    loadTokens(options, files),
  ]);
  const rate = inCode.rate ?? inFile.rate;
  const configuredHeaders = toHeaders(inCode.headers ?? inFile.headers ?? {});
  const policy = new AccessPolicy({
    addresses: options.allowedAddresses && new AddressList(options.allowedAddresses),
    trustProxy: trustedProxies(options),
    rate: rate && new RateLimit(rate),
    certificates: tls?.clients,
    passwords,
    tokens,
  });
  return {
    tls,
    policy,
    headers: { ...defaultHeaders, ...configuredHeaders },
    configuredHeaders,
    advice: [
      ...remarks.map(remarkAdvice),
      ...certificateAdvice(tls?.certificates ?? []),
      ...clientCertificateAdvice(tls?.clients.isRequested ?? false),
    ],
    protections: [...(tls === undefined ? [] : ['tls_server_config']), ...policy.protections],
  };
}

/** As in Go, a line break in a value is sent as a blank, and every other character as its bytes in UTF-8. */
function toHeaders(configured: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(configured).map(([name, value]) => {
    const line = value.replace(/[\r\n]/g, ' ').trim();
    return [name, Buffer.from(line, 'utf8').toString('latin1')];
  });
  return Object.fromEntries(entries);
}

function refuseDuplicates(inCode: WebConfig, inFile: WebConfig): void {
  const sections = Object.keys(emptyConfig) as (keyof WebConfig)[];
  const duplicate = sections.find((section) => inCode[section] && inFile[section]);
  if (duplicate === undefined) return;
  const message = `"${duplicate}" is configured twice (given in the options and in the web config file). Keep one of the two.`;
  throw new MetricsError('MetricsServer', [{ code: 'illegal_option', message }]);
}

async function loadTlsFrom(
  { tls: inCode }: WebConfig,
  { tls: inFile }: WebConfig,
  path: string | undefined,
  files: WatchedFiles,
): Promise<LoadedTls | undefined> {
  if (inCode !== undefined) {
    const source: TlsSource = { files, folder: '.', fieldName: (field) => optionName(['tls_server_config', field]) };
    return loadTls(inCode, source);
  }
  if (inFile === undefined || path === undefined) return undefined;
  return loadTls(inFile, { files, folder: dirname(path), fieldName: (field) => `tls_server_config.${field}` });
}

async function loadPasswords(users: ReadonlyMap<string, string> | undefined): Promise<Passwords | undefined> {
  return users && new Passwords(users, await loadBcrypt());
}

async function loadTokens(options: MetricsServerOptions, files: WatchedFiles): Promise<BearerTokens | undefined> {
  const { bearerTokens: inCode, bearerTokensFile: path } = options;
  if (path === undefined) return inCode && new BearerTokens(inCode);
  const inFile = parseTokens(await files.read(path, 'bearerTokensFile'));
  if (inFile.length > 0 && inFile.every(isBearerToken)) return new BearerTokens([...(inCode ?? []), ...inFile]);
  const wrong = inFile.length === 0 ? 'no token' : 'a line that is not a token';
  const message = `file "${path}" must have a bearer token in each line (given ${wrong}). Make one with: openssl rand -hex 32.`;
  throw new MetricsError(files.site, [{ code: 'illegal_option', message }]);
}

function trustedProxies({ trustProxy = false }: MetricsServerOptions): boolean | AddressList {
  return typeof trustProxy === 'object' ? new AddressList(trustProxy) : trustProxy;
}
