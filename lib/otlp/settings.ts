import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { formatThrown, formatValue, type Problem, refuseIfAny } from '../error.js';
import type { ClientTlsOptions } from '../sending/http-client.js';
import { checkTls, connectionRules, headersRule, pemRule, secondsRule, urlRule } from '../sending/receiver-rules.js';
import {
  checkOptions,
  checkValue,
  flagRule,
  functionRule,
  isOneOf,
  isOptions,
  type Rule,
  type Rules,
} from '../validation.js';
import type { OtlpOptions } from './otlp-options.js';

/** Everything that an exporter needs to know, from its options and from the environment. */
export interface Settings {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly isJson: boolean;
  readonly isGzip: boolean;
  readonly timeoutSeconds: number;
  readonly temporality: 'cumulative' | 'delta' | 'lowmemory';
  readonly intervalSeconds: number;
  readonly exportTimeoutSeconds: number;
  readonly shutdownTimeoutSeconds: number;
  readonly resource: ReadonlyMap<string, string>;
  readonly tls: ClientTlsOptions | undefined;
  /** `OTEL_SDK_DISABLED`: nothing is sent. */
  readonly isDisabled: boolean;
}

const temporalities = ['cumulative', 'delta', 'lowmemory'] as const;
const compressions = ['gzip', 'none'] as const;

const temporalityRule: Rule = {
  must: 'be "cumulative", "delta" or "lowmemory"',
  accepts: isOneOf(temporalities),
  remedy: 'Leave it out for "cumulative"',
};
const protocols = ['http/protobuf', 'http/json'] as const;

const protocolRule: Rule = {
  must: 'be "http/protobuf" or "http/json", as this package has no gRPC',
  accepts: isOneOf(protocols),
  remedy: 'Leave it out for "http/protobuf"',
};
const compressionRule: Rule = { must: 'be "gzip" or "none"', accepts: isOneOf(compressions), remedy: 'Leave it out' };

const isResource = (value: unknown): boolean =>
  isOptions(value) && Object.values(value).every((one) => typeof one === 'string');

/** The rules of the options of an exporter. */
const rules: Rules = {
  endpoint: urlRule,
  url: urlRule,
  protocol: protocolRule,
  compression: compressionRule,
  timeoutSeconds: secondsRule('Leave it out for 10'),
  temporality: temporalityRule,
  intervalSeconds: secondsRule('Leave it out for 60'),
  exportTimeoutSeconds: secondsRule('Leave it out for 30'),
  shutdownTimeoutSeconds: secondsRule('Leave it out for 2'),
  resource: {
    must: 'be an object of texts',
    accepts: isResource,
    remedy: 'Write for example { "service.name": "billing" }',
  },
  onAdvice: functionRule('Leave it out for a process warning'),
  announce: flagRule('Leave it out for true'),
  ...connectionRules,
};

/** Checks the options of an exporter. */
export const checkOtlpOptions = (options: unknown): Problem[] => [
  ...checkOptions(options, rules),
  ...checkTls(isOptions(options) ? options['tls'] : undefined),
];

/** A variable of the environment: what it must be, and what it means. */
interface Variable<T> {
  /** The name; with `[METRICS_]`, the one for metrics wins over the one for all signals. */
  readonly name: string;
  readonly rule: Rule;
  readonly read: (text: string) => T;
}

const milliseconds = (name: string): Variable<number> => ({
  name,
  rule: {
    must: 'be a number of milliseconds above 0',
    accepts: (text) => /^\d+$/.test(text as string) && Number(text) > 0 && Number(text) < 1e9,
    remedy: 'Correct or unset it',
  },
  read: (text) => Number(text) / 1000,
});
const oneOf = <T extends string>(name: string, rule: Rule): Variable<T> => ({
  name,
  rule: { ...rule, accepts: (text) => rule.accepts((text as string).toLowerCase()), remedy: 'Correct or unset it' },
  read: (text) => text.toLowerCase() as T,
});
const environmentUrl: Rule = {
  ...urlRule,
  remedy: 'Write for example http://collector:4318, and credentials in OTEL_EXPORTER_OTLP_HEADERS',
};
const anyText: Rule = { must: '', accepts: () => true };

const variables = {
  endpoint: { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', rule: environmentUrl, read: (text: string) => text },
  url: { name: 'OTEL_EXPORTER_OTLP_METRICS_ENDPOINT', rule: environmentUrl, read: (text: string) => text },
  headers: {
    name: 'OTEL_EXPORTER_OTLP_[METRICS_]HEADERS',
    rule: {
      ...headersRule,
      must: 'be pairs of legal headers, as in "name=value,other=value", without those of the body',
      accepts: areHeaders,
      remedy: 'Write for example Authorization=Bearer%20…',
    },
    read: (text: string) => Object.fromEntries(readPairs(text)),
  },
  compression: oneOf<'gzip' | 'none'>('OTEL_EXPORTER_OTLP_[METRICS_]COMPRESSION', compressionRule),
  timeoutSeconds: milliseconds('OTEL_EXPORTER_OTLP_[METRICS_]TIMEOUT'),
  protocol: oneOf<'http/protobuf' | 'http/json'>('OTEL_EXPORTER_OTLP_[METRICS_]PROTOCOL', protocolRule),
  temporality: oneOf<Settings['temporality']>('OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', temporalityRule),
  intervalSeconds: milliseconds('OTEL_METRIC_EXPORT_INTERVAL'),
  exportTimeoutSeconds: milliseconds('OTEL_METRIC_EXPORT_TIMEOUT'),
  resource: {
    name: 'OTEL_RESOURCE_ATTRIBUTES',
    rule: {
      must: 'be pairs as in "name=value,other=value"',
      accepts: (text: unknown) => isPairs(text),
      remedy: 'Correct or unset it',
    },
    read: (text: string) => Object.fromEntries(readPairs(text)),
  },
  serviceName: { name: 'OTEL_SERVICE_NAME', rule: anyText, read: (text: string) => text },
  ca: { name: 'OTEL_EXPORTER_OTLP_[METRICS_]CERTIFICATE', rule: anyText, read: (text: string) => text },
  cert: { name: 'OTEL_EXPORTER_OTLP_[METRICS_]CLIENT_CERTIFICATE', rule: anyText, read: (text: string) => text },
  key: { name: 'OTEL_EXPORTER_OTLP_[METRICS_]CLIENT_KEY', rule: anyText, read: (text: string) => text },
} as const;

type Environment = { readonly [Name in keyof typeof variables]?: ReturnType<(typeof variables)[Name]['read']> };

/**
 * Joins the options with the environment.
 *
 * @throws MetricsError naming every option and every variable that is wrong, without the values of secrets.
 */
export function settingsOf(site: string, options: OtlpOptions): Settings {
  const isDisabled = process.env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true';
  const problems = checkOtlpOptions(options);
  // Why at once: what is no object has no options to go on with.
  if (!isOptions(options)) refuseIfAny(site, problems);
  // Why not read where it is disabled: then nothing of it matters.
  const environment = isDisabled ? {} : readEnvironment(options, problems);
  const tls = readTls(options, environment, problems);
  refuseIfAny(site, problems);
  const url = targetUrl(options, environment);
  const isLocal = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  const setting = <Name extends keyof OtlpOptions & keyof Environment>(name: Name) =>
    options[name] ?? environment[name];
  return {
    url,
    headers: setting('headers') ?? {},
    isJson: setting('protocol') === 'http/json',
    // Why not on this machine: to compress takes longer than to send it there.
    isGzip: (setting('compression') ?? (isLocal ? 'none' : 'gzip')) === 'gzip',
    timeoutSeconds: setting('timeoutSeconds') ?? 10,
    temporality: setting('temporality') ?? 'cumulative',
    intervalSeconds: setting('intervalSeconds') ?? 60,
    exportTimeoutSeconds: setting('exportTimeoutSeconds') ?? 30,
    shutdownTimeoutSeconds: options.shutdownTimeoutSeconds ?? 2,
    resource: resourceOf(options, environment),
    tls,
    isDisabled,
  };
}

/** The options that lead to these settings, as plain data. */
export function optionsOf(settings: Settings): OtlpOptions {
  const { url, headers, isJson, isGzip, resource, tls, isDisabled: _, ...others } = settings;
  return {
    ...others,
    url: url.href,
    headers: { ...headers },
    protocol: isJson ? 'http/json' : 'http/protobuf',
    compression: isGzip ? 'gzip' : 'none',
    resource: Object.fromEntries(resource),
    tls: tls && { ca: tls.ca, cert: tls.cert, key: tls.key },
    announce: false,
  };
}

function readEnvironment(options: OtlpOptions, problems: Problem[]): Environment {
  const read: Record<string, unknown> = {};
  for (const [name, variable] of Object.entries(variables) as [keyof Environment, Variable<unknown>][]) {
    const found = lookUp(variable.name);
    if (found === undefined || isOverruled(name, options)) continue;
    const wrong = checkValue(found.name, variable.rule, found.text);
    problems.push(...wrong);
    if (wrong.length === 0) read[name] = variable.read(found.text);
  }
  return read as Environment;
}

/** Whether something else wins over this variable, so that it does not matter what it has. */
function isOverruled(name: keyof Environment, options: OtlpOptions): boolean {
  if (name === 'resource') return false;
  if (name !== 'url' && name !== 'endpoint') return options[name as keyof OtlpOptions] !== undefined;
  // Why also the other one: it may be meant for the traces of a gRPC exporter, where an endpoint needs no scheme.
  const isGiven = options.url !== undefined || options.endpoint !== undefined;
  return isGiven || (name === 'endpoint' && lookUp(variables.url.name) !== undefined);
}

function lookUp(name: string): { readonly name: string; readonly text: string } | undefined {
  const names = name.includes('[') ? [name.replace(/[[\]]/g, ''), name.replace(/\[.*\]/, '')] : [name];
  // Why an empty one is none: OpenTelemetry says so of every variable.
  const set = names.find((one) => process.env[one]);
  return set === undefined ? undefined : { name: set, text: process.env[set] as string };
}

function targetUrl(options: OtlpOptions, environment: Environment): URL {
  const whole = options.url ?? (options.endpoint === undefined ? environment.url : undefined);
  if (whole !== undefined) return new URL(whole);
  const url = new URL(options.endpoint ?? environment.endpoint ?? 'http://localhost:4318');
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/metrics`;
  return url;
}

function readTls({ tls }: OtlpOptions, environment: Environment, problems: Problem[]): ClientTlsOptions | undefined {
  if (tls !== undefined) return tls;
  if ((environment.cert === undefined) !== (environment.key === undefined)) {
    const message = `${variables.cert.name} and ${variables.key.name} must both be set, or neither (given one of them). Set the other one.`;
    problems.push({ code: 'illegal_option', message });
  }
  const read: Record<string, string> = {};
  for (const name of ['ca', 'cert', 'key'] as const) {
    const file = environment[name];
    if (file !== undefined) read[name] = readPem(file, lookUp(variables[name].name)?.name, problems);
  }
  return Object.keys(read).length === 0 ? undefined : read;
}

function readPem(file: string, variable: string | undefined, problems: Problem[]): string {
  try {
    const text = readFileSync(file, 'utf8');
    if (pemRule.accepts(text)) return text;
    const message = `${variable} must be a file in PEM (given ${formatValue(file)}, which has something else). Correct or unset it.`;
    problems.push({ code: 'illegal_option', message });
  } catch (error) {
    const message = `${variable} must be a file that can be read (given ${formatValue(file)}, with the error: ${formatThrown(error)}). Correct or unset it.`;
    problems.push({ code: 'unreadable_file', message });
  }
  return '';
}

let instanceId: string | undefined;

function resourceOf({ resource = {} }: OtlpOptions, environment: Environment): Map<string, string> {
  // Why: two processes with one id would be one series with numbers that jump.
  instanceId ??= randomUUID();
  const given = [
    ...Object.entries(environment.resource ?? {}),
    ...(environment.serviceName === undefined ? [] : [['service.name', environment.serviceName] as const]),
    ...Object.entries(resource),
  ];
  return new Map<string, string>([
    ['service.name', 'unknown_service:node'],
    ['service.instance.id', instanceId],
    // Why not: an empty attribute is none, and would leave a process without the default.
    ...given.filter(([, value]) => value !== ''),
  ]);
}

/** Reads `name=value,other=value`; names and values may be percent-encoded. */
function readPairs(text: string): [string, string][] {
  return text
    .split(',')
    .filter((pair) => pair.trim() !== '')
    .map((pair) => {
      const [name = '', ...rest] = pair.split('=');
      return [decodeURIComponent(name.trim()), decodeURIComponent(rest.join('=').trim())];
    });
}

function isPairs(text: unknown): boolean {
  try {
    return (
      readPairs(String(text)).every(([name]) => name !== '') &&
      String(text)
        .split(',')
        .every((pair) => pair.trim() === '' || pair.includes('='))
    );
  } catch {
    return false;
  }
}

function areHeaders(text: unknown): boolean {
  return isPairs(text) && headersRule.accepts(Object.fromEntries(readPairs(String(text))));
}
