import { isAddressOrNetwork } from '../../access/address-allow-list.js';
import { isBearerToken } from '../../access/bearer-tokens.js';
import { type Problem, shown } from '../../error.js';
import { isObject, type Unchecked, unknownOptions } from '../../families/family-problems.js';
import { areOptions, noOptions, type OptionRule, ruleProblems } from '../../families/option-rules.js';
import type { Scrapable } from '../../store/exposed-family.js';
import { defaultLimits, type Limits } from './limits.js';
import { serverAddress } from './server-address.js';
import type { MetricsServerOptions } from './server-options.js';
import { type WebConfig, webConfigOf } from './web-config.js';

const isFlag = (value: unknown): boolean => typeof value === 'boolean';
const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isListOf = (holds: (value: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) && value.length > 0 && value.every(holds);
const flag: OptionRule = { must: 'be true or false', holds: isFlag, remedy: 'Leave it out for false' };
const path: OptionRule = { must: 'be the path of a file', holds: isText, remedy: 'Leave it out if there is none' };
const networks = 'be a list of IP addresses and networks';

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) > 0;
const isSeconds = (value: unknown): boolean => typeof value === 'number' && value > 0 && value < 1e6;
const seconds = (remedy: string): OptionRule => ({ must: 'be a number of seconds above 0', holds: isSeconds, remedy });
const limit = (name: keyof Limits): OptionRule => {
  const remedy = `Leave it out for ${defaultLimits[name]}`;
  if (name.endsWith('Seconds')) return seconds(remedy);
  return { must: 'be a whole number above 0', holds: isCount, remedy };
};

/** What each option must be that a `web-config.yml` does not have. */
const rules: Readonly<Record<string, OptionRule>> = {
  host: { must: 'be a host or an IP address', holds: isText, remedy: 'Leave it out for 127.0.0.1' },
  keepAlive: flag,
  processMetrics: { ...flag, remedy: 'Leave it out for true' },
  webConfigFile: path,
  bearerTokensFile: path,
  bearerTokens: {
    must: 'be a list of tokens of letters, digits and "-._~+/"',
    holds: isListOf(isBearerToken),
    remedy: 'Make one with: openssl rand -hex 32',
    isSecret: true,
  },
  allowedAddresses: { must: networks, holds: isListOf(isAddressOrNetwork), remedy: 'Write for example ["10.0.0.0/8"]' },
  trustProxy: {
    must: `be true, false, or ${networks.slice(3)}`,
    holds: (value) => isFlag(value) || isListOf(isAddressOrNetwork)(value),
    remedy: "Write your proxies' addresses",
  },
  endpointMetrics: { ...flag, remedy: 'Leave it out for true' },
  drain: {
    must: 'be true, false or { deadlineSeconds }',
    holds: (value) => isFlag(value) || (isObject(value) && isSeconds(value['deadlineSeconds'])),
    remedy: 'Write true for 25 seconds',
  },
  ...Object.fromEntries(Object.keys(defaultLimits).map((name) => [name, limit(name as keyof Limits)])),
  onAdvice: {
    must: 'be a function',
    holds: (value) => typeof value === 'function',
    remedy: 'Leave it out for a process warning',
  },
};

const shared = ['tls', 'basicAuthUsers', 'headers', 'rateLimit'];
export const knownOptions = [...Object.keys(rules), ...shared, 'port'];

/** Everything that is wrong with the options of a metrics server. */
export function serverOptionProblems(options: MetricsServerOptions): Problem[] {
  if (!areOptions(options)) return noOptions(options);
  return [
    ...unknownOptions({ ...options }, knownOptions),
    ...portProblems(options),
    ...Object.entries(rules).flatMap(([name, rule]) => ruleProblems(name, rule, (options as Unchecked)[name])),
    ...emptyProblems(options),
    ...configuredInCode(options).problems,
  ];
}

/** What is wrong with what is to be scraped. */
export const scrapableProblems = (given: unknown): Problem[] => ruleProblems('recorder', recorderRule, given ?? null);

const recorderRule: OptionRule = {
  must: 'be a recorder',
  holds: (value) => typeof (value as Partial<Scrapable> | null)?.exposedFamilies === 'function',
  remedy: 'Pass for example new PrometheusRecorder()',
};

/** What is wrong with a number of seconds. */
export const secondsProblems = (name: string, given: unknown): Problem[] =>
  ruleProblems(name, seconds('Leave it out for 25'), given);

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
  const given = shown(options.port ?? process.env['FLOWPLANE_METRICS_PORT']);
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
