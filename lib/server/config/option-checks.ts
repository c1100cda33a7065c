import { isAddressOrNetwork } from '../../access/addresses.js';
import { isBearerToken } from '../../access/bearer-tokens.js';
import { formatValue, type Problem } from '../../error.js';
import { checkOtlpOptions } from '../../otlp/settings.js';
import { scrapableRule } from '../../store/scrapable.js';
import {
  checkFields,
  checkIsOptions,
  checkNames,
  checkValue,
  countRule,
  flagRule,
  functionRule,
  isCount,
  isFlag,
  isListOf,
  isObject,
  isOptions,
  isText,
  type Rule,
  type Rules,
  type Unchecked,
} from '../../validation.js';
import { FieldProblems } from './field-problems.js';
import { type AccessOptions, defaultLimits, type Limits, type MetricsServerOptions, serverAddress } from './options.js';
import { type CheckedWebConfig, camelCase, checkWebConfig } from './web-config.js';

const pathRule: Rule = { must: 'be the path of a file', accepts: isText, remedy: 'Leave it out if there is none' };
const networks = 'be a list of IP addresses and networks';

/** Whether this leads to one host only, whatever the labels of an exemplar are. */
function isExemplarUrl(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const [, path = ''] = /^https?:\/\/[^/?#{}\s]+(\/.*)$/i.exec(value) ?? [];
  return /\{[^{}]+\}/.test(path) && URL.canParse(value);
}

const isSeconds = (value: unknown): boolean => typeof value === 'number' && value > 0 && value < 1e6;
const secondsRule = (remedy: string): Rule => ({ must: 'be a number of seconds above 0', accepts: isSeconds, remedy });
const limitRule = (name: keyof Limits): Rule => {
  const remedy = `Leave it out for ${defaultLimits[name]}`;
  return name.endsWith('Seconds') ? secondsRule(remedy) : countRule(remedy);
};

/** What the option `otlp` must be. */
export const otlpRule: Rule = {
  must: 'be true, false or the options of an OtlpExporter',
  accepts: (value) => isFlag(value) || isOptions(value),
  remedy: 'Write for example { endpoint: "http://collector:4318" }',
};

/** Checks what is inside the option `otlp`. */
export const checkOtlp = (otlp: unknown): Problem[] => (isOptions(otlp) ? checkOtlpOptions(otlp) : []);

/** The rules of the options that a `web-config.yml` does not have. */
const rules: Rules = {
  host: { must: 'be a host or an IP address', accepts: isText, remedy: 'Leave it out for 127.0.0.1' },
  cluster: flagRule('Leave it out for false'),
  thread: {
    must: 'be true, false or { maxHeapMegabytes }, a whole number above 0',
    accepts: (value) => isFlag(value) || (isObject(value) && isCount(value['maxHeapMegabytes'])),
    remedy: 'Write true for 512 megabytes',
  },
  keepAlive: flagRule('Leave it out for false'),
  processMetrics: flagRule('Leave it out for true'),
  webConfigFile: pathRule,
  bearerTokensFile: pathRule,
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
  exemplarUrl: {
    must: 'be an http(s) URL with labels in braces behind its host',
    accepts: isExemplarUrl,
    remedy: 'Write for example "https://traces.example/trace/{trace_id}"',
    show: (value) => formatValue(typeof value === 'string' ? value.replace(/\/\/[^/@]*@/, '//…@') : value),
  },
  drain: {
    must: 'be true, false or { deadlineSeconds }',
    accepts: (value) => isFlag(value) || (isObject(value) && isSeconds(value['deadlineSeconds'])),
    remedy: 'Write true for 25 seconds',
  },
  ...Object.fromEntries(Object.keys(defaultLimits).map((name) => [name, limitRule(name as keyof Limits)])),
  otlp: otlpRule,
  onAdvice: functionRule('Leave it out for a process warning'),
};

/** The options that a `web-config.yml` can configure too. */
const sharedOptions = ['tls', 'basicAuthUsers', 'headers', 'rateLimit'];
/** The names of the options that a metrics server takes, which are checked below. */
export const knownOptions = [...Object.keys(rules), ...sharedOptions, 'port'];

/** Checks the options of a metrics server. */
export function checkServerOptions(options: MetricsServerOptions): Problem[] {
  if (!isOptions(options)) return checkIsOptions(options);
  return [
    ...checkNames({ ...options }, knownOptions),
    ...checkPort(options),
    ...checkFields({ ...options }, rules),
    ...checkNotEmpty(options),
    ...checkOtlp(options['otlp']),
    ...checkSharedOptions(options).problems,
  ];
}

/** The names of the options that say who may scrape, and how much. */
const accessOptions: readonly (keyof AccessOptions)[] = [
  'basicAuthUsers',
  'bearerTokens',
  'bearerTokensFile',
  'allowedAddresses',
  'trustProxy',
  'headers',
  'rateLimit',
  'maxConcurrentScrapes',
  'onAdvice',
];

/** Checks the options of what serves metrics in a server of somebody else. */
export function checkAccessOptions(options: AccessOptions): Problem[] {
  if (!isOptions(options)) return checkIsOptions(options);
  return [
    ...checkNames({ ...options }, accessOptions),
    ...checkFields(pickAccessOptions(options), rules),
    ...checkNotEmpty(options),
    ...checkSharedOptions(options).problems,
  ];
}

/** Leaves out what is no access option. */
const pickAccessOptions = (options: AccessOptions): AccessOptions & Unchecked =>
  Object.fromEntries(accessOptions.map((name) => [name, options[name]]));

/** Checks the recorder that a server is to expose. */
export const checkRecorder = (given: unknown): Problem[] => checkValue('"recorder"', scrapableRule, given ?? null);

/** Checks a number of seconds. */
export const checkSeconds = (name: string, given: unknown): Problem[] =>
  checkValue(`"${name}"`, secondsRule('Leave it out for 25'), given);

/** Refuses a rate limit that is present and empty. Why: its values are missing, and nothing would be limited. */
function checkNotEmpty({ rateLimit }: MetricsServerOptions): Problem[] {
  const isEmpty = rateLimit === null || (isOptions(rateLimit) && Object.values(rateLimit).every(isNothing));
  if (!isEmpty) return [];
  const message = '"rateLimit" must not be empty (given no values). Check where its values come from, or leave it out.';
  return [{ code: 'illegal_option', message }];
}

const isNothing = (value: unknown): boolean => value === undefined || value === null || value === '';

function checkPort(options: MetricsServerOptions): Problem[] {
  const { port } = serverAddress(options);
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return [];
  const source = options.port === undefined ? 'FLOWPLANE_METRICS_PORT' : '"port"';
  const given = formatValue(options.port ?? process.env['FLOWPLANE_METRICS_PORT']);
  const message = `${source} must be a whole number from 0 to 65535 (given ${given}). Use 9090, or 0 for any free port.`;
  return [{ code: 'illegal_option', message }];
}

/** Checks the options that a `web-config.yml` can have too, by the same rules. */
export function checkSharedOptions(options: MetricsServerOptions): CheckedWebConfig {
  const { tls, headers, basicAuthUsers, rateLimit } = options;
  const asFile = {
    tls_server_config: isObject(tls) ? renameKeys(tls, snakeCase) : tls,
    http_server_config: { headers },
    basic_auth_users: basicAuthUsers,
    rate_limit: rateLimit,
  };
  return checkWebConfig(asFile, 'code', new FieldProblems((path) => `"${optionName(path)}"`));
}

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const renameKeys = (given: object, rename: (name: string) => string): Unchecked =>
  Object.fromEntries(Object.entries(given).map(([name, value]) => [rename(name), value]));

/** The option that corresponds to a field of a `web-config.yml`. */
export function optionName([section = '', ...rest]: readonly string[]): string {
  if (section === 'tls_server_config') return ['tls', ...rest.map(camelCase)].join('.');
  return section === 'http_server_config' ? rest.join('.') : [camelCase(section), ...rest].join('.');
}
