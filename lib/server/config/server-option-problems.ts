import { isAddressOrNetwork } from '../../access/address-allow-list.js';
import { isBearerToken } from '../../access/bearer-tokens.js';
import { formatValue, type Problem } from '../../error.js';
import type { Scrapable } from '../../store/exposed-family.js';
import {
  checkFields,
  checkIsOptions,
  checkNames,
  checkValue,
  countRule,
  flagRule,
  isFlag,
  isFunction,
  isListOf,
  isObject,
  isOptions,
  isText,
  type Rule,
  type Rules,
  type Unchecked,
} from '../../validation.js';
import { defaultLimits, type Limits } from './limits.js';
import { serverAddress } from './server-address.js';
import type { MetricsServerOptions } from './server-options.js';
import { type WebConfig, webConfigOf } from './web-config.js';

const path: Rule = { must: 'be the path of a file', accepts: isText, remedy: 'Leave it out if there is none' };
const networks = 'be a list of IP addresses and networks';

const isSeconds = (value: unknown): boolean => typeof value === 'number' && value > 0 && value < 1e6;
const seconds = (remedy: string): Rule => ({ must: 'be a number of seconds above 0', accepts: isSeconds, remedy });
const limit = (name: keyof Limits): Rule => {
  const remedy = `Leave it out for ${defaultLimits[name]}`;
  return name.endsWith('Seconds') ? seconds(remedy) : countRule(remedy);
};

/** What each option must be that a `web-config.yml` does not have. */
const rules: Rules = {
  host: { must: 'be a host or an IP address', accepts: isText, remedy: 'Leave it out for 127.0.0.1' },
  keepAlive: flagRule('Leave it out for false'),
  processMetrics: flagRule('Leave it out for true'),
  webConfigFile: path,
  bearerTokensFile: path,
  bearerTokens: {
    must: 'be a list of tokens of letters, digits and "-._~+/"',
    accepts: isListOf(isBearerToken),
    remedy: 'Make one with: openssl rand -hex 32',
    isSecret: true,
  },
  allowedAddresses: {
    must: networks,
    accepts: isListOf(isAddressOrNetwork),
    remedy: 'Write for example ["10.0.0.0/8"]',
  },
  trustProxy: {
    must: `be true, false, or ${networks.slice(3)}`,
    accepts: (value) => isFlag(value) || isListOf(isAddressOrNetwork)(value),
    remedy: "Write your proxies' addresses",
  },
  endpointMetrics: flagRule('Leave it out for true'),
  drain: {
    must: 'be true, false or { deadlineSeconds }',
    accepts: (value) => isFlag(value) || (isObject(value) && isSeconds(value['deadlineSeconds'])),
    remedy: 'Write true for 25 seconds',
  },
  ...Object.fromEntries(Object.keys(defaultLimits).map((name) => [name, limit(name as keyof Limits)])),
  onAdvice: {
    must: 'be a function',
    accepts: isFunction,
    remedy: 'Leave it out for a process warning',
  },
};

const shared = ['tls', 'basicAuthUsers', 'headers', 'rateLimit'];
export const knownOptions = [...Object.keys(rules), ...shared, 'port'];

/** Everything that is wrong with the options of a metrics server. */
export function serverOptionProblems(options: MetricsServerOptions): Problem[] {
  if (!isOptions(options)) return checkIsOptions(options);
  return [
    ...checkNames({ ...options }, knownOptions),
    ...portProblems(options),
    ...checkFields({ ...options }, rules),
    ...emptyProblems(options),
    ...configuredInCode(options).problems,
  ];
}

/** What is wrong with what is to be scraped. */
export const scrapableProblems = (given: unknown): Problem[] => checkValue('"recorder"', recorderRule, given ?? null);

const recorderRule: Rule = {
  must: 'be a recorder',
  accepts: (value) => typeof (value as Partial<Scrapable> | null)?.exposedFamilies === 'function',
  remedy: 'Pass for example new PrometheusRecorder()',
};

/** What is wrong with a number of seconds. */
export const secondsProblems = (name: string, given: unknown): Problem[] =>
  checkValue(`"${name}"`, seconds('Leave it out for 25'), given);

/** What locks the door, and is there with nothing in it. A file may have empty sections; in code it is a value that is missing. */
function emptyProblems(options: MetricsServerOptions): Problem[] {
  return (['tls', 'basicAuthUsers', 'rateLimit'] as const)
    .filter((name) => isObject(options[name]) && Object.values(options[name]).every(isNothing))
    .map((name) => ({
      code: 'illegal_option',
      message: `"${name}" must have something in it (given nothing). Look where its values come from, or leave it out.`,
    }));
}

const isNothing = (value: unknown): boolean => value === undefined || value === null || value === '';

function portProblems(options: MetricsServerOptions): Problem[] {
  const { port } = serverAddress(options);
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return [];
  const source = options.port === undefined ? 'FLOWPLANE_METRICS_PORT' : '"port"';
  const given = formatValue(options.port ?? process.env['FLOWPLANE_METRICS_PORT']);
  const message = `${source} must be a whole number from 0 to 65535 (given ${given}). Use 9090, or 0 for any free port.`;
  return [{ code: 'illegal_option', message }];
}

/** What the options say of that which a `web-config.yml` may say too, by the same rules. */
export function configuredInCode(options: MetricsServerOptions): { config: WebConfig; problems: Problem[] } {
  const { tls, headers, basicAuthUsers, rateLimit } = options;
  const asFile = {
    tls_server_config: isObject(tls) ? renamed(tls, snake) : tls,
    http_server_config: { headers },
    basic_auth_users: basicAuthUsers,
    rate_limit: rateLimit,
  };
  return webConfigOf(asFile, (at) => `"${optionName(at)}"`);
}

const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const camel = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

const renamed = (given: object, rename: (name: string) => string): Unchecked =>
  Object.fromEntries(Object.entries(given).map(([name, value]) => [rename(name), value]));

/** The option that is this field of a `web-config.yml`. */
export function optionName([section = '', ...rest]: readonly string[]): string {
  if (section === 'tls_server_config') return ['tls', ...rest.map(camel)].join('.');
  return section === 'http_server_config' ? rest.join('.') : [camel(section), ...rest].join('.');
}
