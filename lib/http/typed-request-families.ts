import { refuseIfAny } from '../error.js';
import type { Family } from '../families/family.js';
import { defineRequestFamilies } from './request-families.js';
import { checkRequestMetricsOptions, type RequestMetricsOptions } from './request-metrics-options.js';

/** The labels of requests in the convention of OpenTelemetry. */
export type RequestLabel =
  | 'http_request_method'
  | 'url_scheme'
  | 'http_route'
  | 'http_response_status_code'
  | 'error_type';

/** The metrics of an application's requests, with the labels that each has. */
export interface TypedRequestFamilies<DurationLabel extends string = RequestLabel> {
  /** How long requests took. */
  readonly duration: Family<'histogram', Readonly<Record<DurationLabel, {}>>>;
  /** How large the bodies of the responses were. */
  readonly size: Family<'histogram', Readonly<Record<RequestLabel, {}>>>;
  /** How many requests are not answered yet. */
  readonly active: Family<'gauge', Readonly<Record<'http_request_method' | 'url_scheme', {}>>>;
}

/**
 * The metric families that `httpMetrics` and `requestMetrics` record with these options, for queries of them.
 *
 * @throws MetricsError naming every option that is wrong.
 * @example
 * import { requestFamilies } from 'flowplane-metrics';
 * import { countOf, rate } from 'flowplane-metrics/promql';
 *
 * const { duration } = requestFamilies();
 * const failed = rate(countOf(duration), '5m').where({ http_response_status_code: { matches: '5..' } });
 * console.log(String(failed.sumBy('http_route')));
 */
export function requestFamilies(
  options?: RequestMetricsOptions & { readonly names?: 'opentelemetry' },
): TypedRequestFamilies;
/** The same, with the names and labels of express-prom-bundle. */
export function requestFamilies(
  options: RequestMetricsOptions & { readonly names: 'express-prom-bundle' },
): TypedRequestFamilies<'status_code' | 'method' | 'path'>;
export function requestFamilies(options: RequestMetricsOptions = {}): TypedRequestFamilies<string> {
  refuseIfAny('requestFamilies', checkRequestMetricsOptions(options));
  const { duration, size, active } = defineRequestFamilies(options);
  return { duration, size, active } as TypedRequestFamilies<string>;
}
