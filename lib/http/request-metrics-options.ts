import { formatValue, type Problem, refuseIfAny } from '../error.js';
import { checkBuckets } from '../families/family-checks.js';
import { isMetricName } from '../families/naming.js';
import { isRecorder } from '../recorder/metrics-recorder.js';
import { checkOptions, checkValue, flagRule, isListOf, isOneOf, isText, type Rule, type Rules } from '../validation.js';
import { conventions } from './request-families.js';

/** How the metrics of an application's requests are named and divided. Every option may be left out. */
export interface RequestMetricsOptions {
  /**
   * The convention for the name of the duration and its labels. `'express-prom-bundle'` is for services that migrate from it:
   * its name, labels and buckets, and its 499 for a request that got no response. Default `'opentelemetry'`.
   */
  readonly names?: keyof typeof conventions;
  /** A prefix for the name of every metric, for example `public_api_`. Default: none. */
  readonly prefix?: string;
  /** Upper bounds of the duration's buckets, in seconds. Default: those of the convention in `names`. */
  readonly buckets?: readonly number[];
  /** The methods that keep their own label value, in capitals; every other one is `_OTHER`. Default: RFC 9110, PATCH and QUERY. */
  readonly methods?: readonly string[];
  /**
   * The route of a request that matched none, for example `unmatched`. Default: such a request has no route; with
   * `names: 'express-prom-bundle'` it is `unmatched`.
   */
  readonly unmatchedRoute?: string;
  /**
   * Whether a proxy tells the scheme of a request, by `Forwarded` or `X-Forwarded-Proto`. Only for a server that every request
   * reaches through a proxy that sets them: anyone else could send them. Default `false`: the scheme of the connection.
   */
  readonly trustProxy?: boolean;
}

// Source: RFC 9110, 5.6.2: a method is a token. Why in capitals: methods are case-sensitive, and all known ones are.
const isMethod = (value: unknown): boolean => typeof value === 'string' && /^[A-Z\d!#$%&'*+.^_`|~-]+$/.test(value);

/** What every option must be. */
export const requestMetricsRules: Readonly<Record<keyof RequestMetricsOptions, Rule>> = {
  names: {
    must: `be one of ${Object.keys(conventions).map(formatValue).join(', ')}`,
    accepts: isOneOf(Object.keys(conventions)),
    remedy: "Leave it out for OpenTelemetry's",
  },
  prefix: {
    must: 'begin a metric name (letters, digits, "_" and ":", no digit first)',
    accepts: isMetricName,
    remedy: 'Write for example "public_api_"',
  },
  buckets: {
    must: 'be a list of numbers',
    accepts: Array.isArray,
    remedy: 'Write [0.1, 1, 10]',
  },
  methods: {
    must: 'be a list of HTTP methods, in capitals',
    accepts: isListOf(isMethod),
    remedy: 'Write for example ["GET", "PROPFIND"]',
  },
  unmatchedRoute: {
    must: 'be a text that is not empty',
    accepts: isText,
    remedy: 'Write for example "unmatched", or leave it out for no route',
  },
  trustProxy: flagRule('Leave it out where clients can reach the server without the proxy'),
};

/**
 * Checks the options of request metrics.
 *
 * @param adapterRules the rules of the options that a web framework's adapter adds.
 */
export function checkRequestMetricsOptions(options: unknown, adapterRules: Rules = {}): Problem[] {
  const { buckets } = Object(options) as RequestMetricsOptions;
  return [
    ...checkOptions(options, { ...requestMetricsRules, ...adapterRules }),
    ...(Array.isArray(buckets) ? checkBuckets(buckets) : []),
  ];
}

/**
 * Refuses what an adapter cannot be called with.
 *
 * Why the recorder first: where an application was given the adapter itself, and not what it returns, the framework calls
 * it, and no property of what it hands over is an option.
 *
 * @throws MetricsError where `recorder` is none, or else naming every option that is wrong.
 */
export function refuseAdapterArguments(site: string, recorder: unknown, options: unknown, adapterRules: Rules): void {
  const recorderRule: Rule = {
    must: 'be a MetricsRecorder',
    accepts: isRecorder,
    remedy: `Write ${site}(new PrometheusRecorder()), and hand over what that returns`,
    isRequired: true,
  };
  refuseIfAny(site, checkValue('"recorder"', recorderRule, recorder));
  refuseIfAny(site, checkRequestMetricsOptions(options, adapterRules));
}
