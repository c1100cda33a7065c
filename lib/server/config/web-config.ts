import type { Rate } from '../../access/rate-limit.js';
import { formatValue, type Problem } from '../../error.js';
import { checkValue, isObject, problem, type Unchecked } from '../../validation.js';
import { findTlsContradictions, type TlsConfig } from '../tls/tls-config.js';
import {
  type FieldRule,
  type Fields,
  headerFields,
  httpFields,
  passwordHash,
  rateFields,
  secondsOf,
  sections,
  tlsFields,
} from './web-config-fields.js';

/** The contents of a `web-config.yml`. A section that is left out is `undefined`. */
export interface WebConfig {
  readonly tls: TlsConfig | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;
  /** The bcrypt hash of each user's password. */
  readonly users: ReadonlyMap<string, string> | undefined;
  readonly rate: Rate | undefined;
}

/** A configuration, and everything that is wrong with it. It is valid only where there are no problems. */
export interface CheckedWebConfig {
  readonly config: WebConfig;
  readonly problems: readonly Problem[];
}

/** How an error names the field at a path: in a file, with its line. */
export type SubjectOf = (path: readonly string[]) => string;

/** Checks a configuration. Empty fields count as left out, as in Go. */
export function checkWebConfig(given: unknown, subjectOf: SubjectOf): CheckedWebConfig {
  const check = new WebConfigCheck(subjectOf);
  const file = check.mapping([], given, sections);
  const tls = check.mapping(['tls_server_config'], file['tls_server_config'], tlsFields) as TlsConfig;
  const http = check.mapping(['http_server_config'], file['http_server_config'], httpFields);
  const headers = check.mapping(['http_server_config', 'headers'], http['headers'], headerFields);
  const users = check.mapping(['basic_auth_users'], file['basic_auth_users'], passwordHash);
  const rate = check.mapping(['rate_limit'], file['rate_limit'], rateFields);
  check.users(users);
  check.rate(rate);
  if (hasFields(tls)) check.tls(tls);
  const config: WebConfig = {
    tls: hasFields(tls) ? tls : undefined,
    headers: hasFields(headers) ? (headers as Record<string, string>) : undefined,
    users: hasFields(users) ? new Map(Object.entries(users) as [string, string][]) : undefined,
    rate: rateOf(rate),
  };
  return { config, problems: check.problems };
}

const hasFields = (mapping: object): boolean => Object.keys(mapping).length > 0;

function rateOf({ interval, burst }: Unchecked): Rate | undefined {
  const intervalSeconds = secondsOf(interval) ?? 0;
  return intervalSeconds > 0 ? { intervalSeconds, burst: burst as number } : undefined;
}

/** Checks the mappings of one configuration, and collects their problems. */
class WebConfigCheck {
  readonly problems: Problem[] = [];
  readonly #subjectOf: SubjectOf;

  constructor(subjectOf: SubjectOf) {
    this.#subjectOf = subjectOf;
  }

  /** Returns the valid fields of a mapping. `fields` is one rule where every name is a field. */
  mapping(path: readonly string[], given: unknown, fields: Fields | FieldRule): Unchecked {
    if (given === undefined || given === null) return {};
    // Why not iterable either: YAML has lists, and with !!set and !!omap objects that have no fields of their own.
    if (!isObject(given) || Symbol.iterator in given) {
      this.#add(path, `must be a mapping (given ${formatValue(given)}). Write its fields below it.`);
      return {};
    }
    const entries = Object.entries(given).filter(([, value]) => value !== undefined);
    return Object.fromEntries(entries.filter(([name, value]) => this.#isValid([...path, name], value, fields)));
  }

  users(users: Unchecked): void {
    for (const name of Object.keys(users)) {
      if (!name.includes(':')) continue;
      this.#add(['basic_auth_users', name], `cannot be sent (given a name with ":"). Choose one without.`);
    }
  }

  rate({ interval, burst }: Unchecked): void {
    if ((secondsOf(interval) ?? 0) === 0 || burst !== undefined) return;
    this.#add(['rate_limit', 'burst'], 'is missing (given an interval only). Say how many requests may come at once.');
  }

  tls(tls: TlsConfig): void {
    for (const [field, message] of findTlsContradictions(tls)) this.#add(['tls_server_config', field], message);
  }

  #isValid(path: readonly string[], value: unknown, fields: Fields | FieldRule): boolean {
    const rule = isRule(fields) ? fields : this.#ruleOf(path, fields);
    if (rule === undefined) return false;
    const isEmpty = value === null || value === '';
    if (isEmpty && (rule === 'mapping' || !rule.isNeverEmpty)) return false;
    if (rule === 'mapping') return true;
    const problems = checkValue(this.#subjectOf(path), rule, value);
    this.problems.push(...problems);
    return problems.length === 0;
  }

  #ruleOf(path: readonly string[], fields: Fields): FieldRule | 'mapping' | undefined {
    const name = path.at(-1) as string;
    if (Object.hasOwn(fields, name)) return fields[name];
    const known = Object.keys(fields).join(', ');
    const message = `${this.#subjectOf(path)} is not known (allowed: ${known}). Correct or remove it.`;
    this.problems.push(problem('unknown_option', message));
    return undefined;
  }

  #add(path: readonly string[], message: string): void {
    this.problems.push(problem('illegal_option', `${this.#subjectOf(path)} ${message}`));
  }
}

const isRule = (fields: Fields | FieldRule): fields is FieldRule => typeof fields['must'] === 'string';
