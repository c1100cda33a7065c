import { dirname } from 'node:path';
import { Gate } from '../access/access-policy.js';
import { AddressList } from '../access/address-allow-list.js';
import { bcrypt } from '../access/bcrypt.js';
import { BearerTokens, isBearerToken, tokensIn } from '../access/bearer-tokens.js';
import { Passwords } from '../access/passwords.js';
import { RateLimit } from '../access/rate-limit.js';
import type { ReadFiles } from '../access/read-files.js';
import { MetricsError } from '../error.js';
import { webConfigFile } from './config/server-address.js';
import { configuredInCode, optionName } from './config/server-option-problems.js';
import type { MetricsServerOptions } from './config/server-options.js';
import type { WebConfig } from './config/web-config.js';
import { readWebConfig } from './config/web-config-file.js';
import { type LoadedTls, loadTls, type TlsSource } from './tls/loaded-tls.js';
import type { TlsConfig } from './tls/tls-config.js';

/** Who gets in, and over what: everything that is configured, with its files read and tried. */
export interface Access {
  readonly tls: LoadedTls | undefined;
  readonly gate: Gate;
  /** The security headers of every response. */
  readonly headers: Readonly<Record<string, string>>;
}

const defaultHeaders = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'deny',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
};

const nothing: WebConfig = { tls: undefined, headers: undefined, users: undefined, rate: undefined };

/**
 * Reads what the options and their files say.
 *
 * @throws MetricsError with what is wrong, and the option or the line that says so.
 */
export async function loadAccess(options: MetricsServerOptions, files: ReadFiles): Promise<Access> {
  const path = webConfigFile(options);
  const inCode = configuredInCode(options).config;
  const inFile = path === undefined ? nothing : await readWebConfig(path, files);
  refuseTwice(inCode, inFile);
  const [tls, users, tokens] = await Promise.all([
    loadedTls(inCode.tls, inFile.tls, path, files),
    passwords(inCode.users ?? inFile.users),
    bearerTokens(options, files),
  ]);
  const rate = inCode.rate ?? inFile.rate;
  const gate = new Gate({
    addresses: options.allowedAddresses && new AddressList(options.allowedAddresses),
    trustProxy: trusted(options.trustProxy),
    rate: rate && new RateLimit(rate),
    certificates: tls?.clients,
    passwords: users,
    tokens,
  });
  return { tls, gate, headers: { ...defaultHeaders, ...(inCode.headers ?? inFile.headers) } };
}

function refuseTwice(inCode: WebConfig, inFile: WebConfig): void {
  const twice = (Object.keys(nothing) as (keyof WebConfig)[]).find((section) => inCode[section] && inFile[section]);
  if (twice === undefined) return;
  const message = `"${twice}" is configured twice (given in the options and in the web config file). Keep one of the two.`;
  throw new MetricsError('MetricsServer', [{ code: 'illegal_option', message }]);
}

async function loadedTls(
  inCode: TlsConfig | undefined,
  inFile: TlsConfig | undefined,
  path: string | undefined,
  files: ReadFiles,
): Promise<LoadedTls | undefined> {
  if (inCode !== undefined) {
    const source: TlsSource = { files, folder: '.', fieldName: (field) => optionName(['tls_server_config', field]) };
    return loadTls(inCode, source);
  }
  if (inFile === undefined || path === undefined) return undefined;
  return loadTls(inFile, { files, folder: dirname(path), fieldName: (field) => `tls_server_config.${field}` });
}

async function passwords(users: ReadonlyMap<string, string> | undefined): Promise<Passwords | undefined> {
  return users && new Passwords(users, await bcrypt());
}

async function bearerTokens(options: MetricsServerOptions, files: ReadFiles): Promise<BearerTokens | undefined> {
  const { bearerTokens: inCode, bearerTokensFile: path } = options;
  if (path === undefined) return inCode && new BearerTokens(inCode);
  const inFile = tokensIn(await files.text(path, 'bearerTokensFile'));
  if (inFile.length > 0 && inFile.every(isBearerToken)) return new BearerTokens([...(inCode ?? []), ...inFile]);
  const wrong = inFile.length === 0 ? 'no token' : 'a line that is no token';
  const message = `file "${path}" must have a bearer token in each line (given ${wrong}). Make one with: openssl rand -hex 32.`;
  throw new MetricsError('MetricsServer', [{ code: 'illegal_option', message }]);
}

function trusted(given: boolean | readonly string[] | undefined): boolean | AddressList {
  return typeof given === 'object' ? new AddressList(given) : (given ?? false);
}
