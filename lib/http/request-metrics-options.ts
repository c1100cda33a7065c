import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Problem, shown } from '../error.js';
import { unknownOptions } from '../families/family-problems.js';
import { isMetricName } from '../families/names.js';
import { areOptions, noOptions, type OptionRule, ruleProblems } from '../families/option-rules.js';
import { httpNames } from './conventions.js';

/** The part of Koa's context that is measured, by shape: the public types name no framework. */
export interface HttpContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

/** The context with whatever a router has left in it. */
export type RoutedContext = HttpContext & { readonly [name: string]: unknown };

/** Gives the route of a request that has ended; `pattern` is what `@koa/router` matched, if it did. */
export type RouteReader = (context: RoutedContext, pattern: string | undefined) => unknown;

/** How the HTTP metrics of an application are called and divided; all may be left out. */
export interface HttpMetricsOptions {
  /**
   * Whose names the duration and its labels have. `'express-prom-bundle'` is for those who migrate from it: its name,
   * labels, buckets, and its 499 for a request that got no answer. Default `'opentelemetry'`.
   */
  readonly names?: keyof typeof httpNames;
  /** Before the name of every metric, e.g. `public_api_`. Default: none. */
  readonly prefix?: string;
  /** Upper bounds of the duration's buckets, in seconds. Default: those that `names` has. */
  readonly buckets?: readonly number[];
  /** The methods that are told apart, in capitals; any other is `_OTHER`. Default: those of RFC 9110, PATCH and QUERY. */
  readonly methods?: readonly string[];
  /**
   * Gives the route where that is not the pattern of `@koa/router`: with another router, or under koa-mount. At most 500
   * routes are told apart. Nothing is `unmatched`; where it throws, that request is not recorded, which is counted.
   */
  readonly route?: RouteReader;
}

// Source: RFC 9110, 5.6.2: a method is a token. Why in capitals: all that are known are, and no other is taken for them.
const isMethod = (value: unknown): boolean => typeof value === 'string' && /^[A-Z\d!#$%&'*+.^_`|~-]+$/.test(value);

const rules: Readonly<Record<keyof HttpMetricsOptions, OptionRule>> = {
  names: {
    must: `be one of ${Object.keys(httpNames).map(shown).join(', ')}`,
    holds: (value) => Object.keys(httpNames).includes(value as string),
    remedy: "Leave it out for OpenTelemetry's",
  },
  prefix: {
    must: 'begin a metric name (letters, digits, "_" and ":", no digit first)',
    holds: isMetricName,
    remedy: 'Write for example "public_api_"',
  },
  buckets: {
    must: 'be a list of numbers',
    holds: Array.isArray, // the family says what else is wrong with them
    remedy: 'Write [0.1, 1, 10]',
  },
  methods: {
    must: 'be a list of HTTP methods, in capitals',
    holds: (value) => Array.isArray(value) && value.length > 0 && value.every(isMethod),
    remedy: 'Write for example ["GET", "PROPFIND"]',
  },
  route: {
    must: 'be a function',
    holds: (value) => typeof value === 'function',
    remedy: "Leave it out for @koa/router's pattern",
  },
};

/** Everything that is wrong with the options of `httpMetrics`. */
export function httpMetricsProblems(options: unknown): Problem[] {
  if (!areOptions(options)) return noOptions(options);
  const wrong = Object.entries(rules).flatMap(([name, rule]) => ruleProblems(name, rule, options[name]));
  return [...unknownOptions(options, Object.keys(rules)), ...wrong];
}
