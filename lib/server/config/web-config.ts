import type { Rate } from '../../access/rate-limit.js';
import { type Problem, shown } from '../../error.js';
import { isObject, type Unchecked } from '../../families/family-problems.js';
import { type TlsConfig, tlsContradictions } from '../tls/tls-config.js';
import {
  type Fields,
  headerFields,
  httpFields,
  passwordHash,
  type Rule,
  rateFields,
  secondsOf,
  sections,
  tlsFields,
} from './web-config-fields.js';

/** What a `web-config.yml` says, checked. A section that is left out is `undefined`. */
export interface WebConfig {
  readonly tls: TlsConfig | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;
  /** The bcrypt hash of each user's password. */
  readonly users: ReadonlyMap<string, string> | undefined;
  readonly rate: Rate | undefined;
}

/** How an error calls the field at this path: in a file with its line. */
export type Subject = (path: readonly string[]) => string;

/** What is configured here, and everything that is wrong with it. Empty fields count as left out, as in Go. */
export function webConfigOf(given: unknown, subject: Subject): { config: WebConfig; problems: Problem[] } {
  const check = new Checked(subject);
  const file = check.mapping([], given, sections);
  const tls = check.mapping(['tls_server_config'], file['tls_server_config'], tlsFields) as TlsConfig;
  const http = check.mapping(['http_server_config'], file['http_server_config'], httpFields);
  const headers = check.mapping(['http_server_config', 'headers'], http['headers'], headerFields);
  const users = check.mapping(['basic_auth_users'], file['basic_auth_users'], passwordHash);
  const rate = check.mapping(['rate_limit'], file['rate_limit'], rateFields);
  check.users(users);
  check.rate(rate);
  if (isFilled(tls)) check.tls(tls);
  const config: WebConfig = {
    tls: isFilled(tls) ? tls : undefined,
    headers: isFilled(headers) ? (headers as Record<string, string>) : undefined,
    users: isFilled(users) ? new Map(Object.entries(users) as [string, string][]) : undefined,
    rate: rateOf(rate),
  };
  return { config, problems: check.problems };
}

const isFilled = (mapping: object): boolean => Object.keys(mapping).length > 0;

function rateOf({ interval, burst }: Unchecked): Rate | undefined {
  const intervalSeconds = secondsOf(interval) ?? 0;
  return intervalSeconds > 0 ? { intervalSeconds, burst: burst as number } : undefined;
}

class Checked {
  readonly problems: Problem[] = [];
  readonly #subject: Subject;

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  /** The fields of a mapping that are there and right; `fields` is one rule where any name is a field. */
  mapping(path: readonly string[], given: unknown, fields: Fields | Rule): Unchecked {
    if (given === undefined || given === null) return {};
    // Why not iterable either: YAML has lists, and with !!set and !!omap what has no fields of its own.
    if (!isObject(given) || Symbol.iterator in given) {
      this.#problem(path, `must be a mapping (given ${shown(given)}). Write its fields below it.`);
      return {};
    }
    const entries = Object.entries(given).filter(([, value]) => value !== undefined);
    return Object.fromEntries(entries.filter(([name, value]) => this.#isRight([...path, name], value, fields)));
  }

  users(users: Unchecked): void {
    for (const name of Object.keys(users)) {
      if (!name.includes(':')) continue;
      this.#problem(['basic_auth_users', name], `cannot be sent (given a name with ":"). Choose one without.`);
    }
  }

  rate({ interval, burst }: Unchecked): void {
    if ((secondsOf(interval) ?? 0) === 0 || burst !== undefined) return;
    this.#problem(
      ['rate_limit', 'burst'],
      'is missing (given an interval only). Say how many requests may come at once.',
    );
  }

  tls(tls: TlsConfig): void {
    for (const [field, message] of tlsContradictions(tls)) this.#problem(['tls_server_config', field], message);
  }

  #isRight(path: readonly string[], value: unknown, fields: Fields | Rule): boolean {
    const rule =
      'must' in fields && typeof fields.must === 'string' ? (fields as Rule) : this.#field(path, fields as Fields);
    if (rule === undefined) return false;
    const isEmpty = value === null || value === '';
    if (isEmpty && (rule === 'mapping' || !rule.isFilled)) return false;
    if (rule === 'mapping' || rule.holds(value)) return true;
    const given = rule.isSecret ? 'something else' : shown(value);
    this.#problem(path, `must ${rule.must} (given ${given}). Correct or remove it.`);
    return false;
  }

  #field(path: readonly string[], fields: Fields): Rule | 'mapping' | undefined {
    const name = path.at(-1) as string;
    if (Object.hasOwn(fields, name)) return fields[name];
    const known = Object.keys(fields).join(', ');
    this.problems.push({
      code: 'unknown_option',
      message: `${this.#subject(path)} is not known (allowed: ${known}). Correct or remove it.`,
    });
    return undefined;
  }

  #problem(path: readonly string[], message: string): void {
    this.problems.push({ code: 'illegal_option', message: `${this.#subject(path)} ${message}` });
  }
}
