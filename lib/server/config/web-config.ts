import type { Rate } from '../../access/rate-limit.js';
import { formatValue, type Problem } from '../../error.js';
import { checkValue, isOptions, type Unchecked } from '../../validation.js';
import { findTlsContradictions, findUnprotected, isTlsEnabled, type TlsConfig } from '../tls/tls-config.js';
import type { Contradiction, FieldProblems, Path } from './field-problems.js';
import { parseGoDuration } from './go-duration.js';
import { type Field, isSection, type Section, webConfigSections } from './web-config-fields.js';

/** The contents of a `web-config.yml`. A section that is left out is `undefined`. */
export interface WebConfig {
  readonly tls: TlsConfig | undefined;
  readonly headers: Readonly<Record<string, string>> | undefined;
  /** The bcrypt hash of each user's password. */
  readonly users: ReadonlyMap<string, string> | undefined;
  readonly rate: Rate | undefined;
}

/** A configuration, and what is to be said about it. It is valid only where there are no problems. */
export interface CheckedWebConfig {
  readonly config: WebConfig;
  readonly problems: readonly Problem[];
  /** What exporter-toolkit accepts, although it hardly is what its author means. Only of a file: in code it is a problem. */
  readonly remarks: readonly string[];
}

/**
 * Checks a configuration. In it `undefined` is a field that is left out, and `null` or an empty text one that is present
 * and empty.
 *
 * @param problems what is known to be wrong already.
 */
export function checkWebConfig(given: Unchecked, source: 'file' | 'code', problems: FieldProblems): CheckedWebConfig {
  const check = new WebConfigCheck(source, problems);
  const file = check.section([], given, { fields: webConfigSections });
  check.contradictions('basic_auth_users', findUserContradictions(given['basic_auth_users'], file['basic_auth_users']));
  check.contradictions('tls_server_config', findUnprotected(given['tls_server_config']));
  const tls = (file['tls_server_config'] ?? {}) as TlsConfig;
  if (hasFields(tls)) check.contradictions('tls_server_config', findTlsContradictions(tls));
  const rate = rateOf(file['rate_limit']);
  check.contradictions('rate_limit', findRateContradictions(file['rate_limit']));
  const headers = (file['http_server_config'] as Unchecked | undefined)?.['headers'] as Record<string, string>;
  const users = Object.entries((file['basic_auth_users'] ?? {}) as Record<string, string>);
  const config: WebConfig = {
    tls: isTlsEnabled(tls) ? tls : undefined,
    headers: hasFields(headers ?? {}) ? headers : undefined,
    users: users.length > 0 ? new Map(users) : undefined,
    rate,
  };
  return { config, problems: problems.list(), remarks: check.remarks };
}

const hasFields = (mapping: object): boolean => Object.keys(mapping).length > 0;

/** As in Go, an interval of 0 or less is no limit. */
function rateOf(section: unknown): Rate | undefined {
  const { interval = 0, burst = 0 } = (section ?? {}) as Unchecked;
  const nanoseconds = typeof interval === 'string' ? (parseGoDuration(interval) as number) : (interval as number);
  return nanoseconds > 0 ? { intervalSeconds: nanoseconds / 1e9, burst: burst as number } : undefined;
}

function findRateContradictions(section: unknown): Contradiction[] {
  const rate = rateOf(section);
  if (rate === undefined || rate.burst > 0) return [];
  const { burst } = section as Unchecked;
  const problem = burst === undefined ? 'is missing (given an interval only)' : `is too small (given ${burst})`;
  const message = `${problem}, so that every request is refused. Say how many requests may come at once.`;
  return [{ field: 'burst', others: ['interval'], message, isHarmless: true }];
}

function findUserContradictions(given: unknown, users: unknown): Contradiction[] {
  if (given === null || (isOptions(given) && Object.values(given).every((hash) => hash === undefined))) {
    const message = 'must not be empty (given no values): every client would be let in. Add a user, or remove it.';
    return [{ field: '', message }];
  }
  const names = Object.keys((users ?? {}) as object).filter((name) => name.includes(':'));
  const message = 'cannot be sent (given a name with ":"). Choose one without.';
  return names.map((field) => ({ field, message, isHarmless: true }));
}

/** How a file speaks of its sections, and how options in code do. */
const wordsBySource = {
  file: {
    mustBeSection: (given: string): string => mustBeMapping(given),
    unknownField: (fields: object): string => unknownField(fields),
  },
  code: {
    mustBeSection: (given: string): string => `must be an object (given ${given}). Write its fields into { … }.`,
    unknownField: (fields: object): string => unknownField(fields, camelCase),
  },
} as const;

/** Checks the sections of one configuration, and collects what is wrong. */
class WebConfigCheck {
  readonly remarks: string[] = [];
  readonly #source: 'file' | 'code';
  readonly #words: (typeof wordsBySource)['file'];
  readonly #problems: FieldProblems;

  constructor(source: 'file' | 'code', problems: FieldProblems) {
    this.#source = source;
    this.#words = wordsBySource[source];
    this.#problems = problems;
  }

  /** Returns the valid fields of a section. */
  section(path: Path, given: unknown, { fields, everyName }: Section): Unchecked {
    if (given === undefined || given === null) return {};
    if (!isOptions(given)) {
      this.#problems.add(path, this.#words.mustBeSection(formatValue(given)));
      return {};
    }
    const valid = Object.entries(given).flatMap(([name, value]): [string, unknown][] => {
      if (value === undefined) return [];
      const field = everyName ?? (Object.hasOwn(fields, name) ? fields[name] : undefined);
      const at = [...path, name];
      if (field === undefined) this.#problems.add(at, this.#words.unknownField(fields), 'unknown_option');
      else if (isSection(field)) return [[name, this.section(at, value, field)]];
      else return this.#value(at, value, field);
      return [];
    });
    return Object.fromEntries(valid);
  }

  contradictions(section: string, found: readonly Contradiction[]): void {
    for (const { field, others = [], message, isHarmless } of found) {
      const path = field === '' ? [section] : [section, field];
      const isKnown = field === '' ? this.#problems.hasIn(section) : this.#hasAny(section, [field, ...others]);
      if (isKnown) continue;
      if (isHarmless && this.#source === 'file') this.remarks.push(`${this.#problems.subjectOf(path)} ${message}`);
      else this.#problems.add(path, message);
    }
  }

  #hasAny(section: string, fields: readonly string[]): boolean {
    return fields.some((field) => this.#problems.has([section, field]));
  }

  /** The entry of a valid field; none where the field is empty, and that means that it is left out. */
  #value(path: Path, given: unknown, field: Field): [string, unknown][] {
    const value = given === null && field.type === 'text' ? '' : given;
    if (value === null || (value === '' && field.emptyIs === undefined)) return [];
    const { must, accepts } = (this.#source === 'code' && field.inCode) || field;
    const problems = checkValue(this.#problems.subjectOf(path), { ...field, must, accepts }, value);
    this.#problems.addAll(path, problems);
    return problems.length === 0 ? [[path.at(-1) as string, value]] : [];
  }
}

export const mustBeMapping = (given: string): string =>
  `must be a mapping (given ${given}). Write its fields below it.`;

export const unknownField = (fields: object, nameOf: (field: string) => string = String): string =>
  `is not known (allowed: ${Object.keys(fields).map(nameOf).join(', ')}). Correct or remove it.`;

/** The name of an option that corresponds to a name in a file. */
export const camelCase = (name: string): string =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
