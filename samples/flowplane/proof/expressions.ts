import type { ModelAtTime } from './model.js';
import { count, divide, filter, histogramQuantile, maxBy, scale, sumBy, topk, type Vector } from './vector.js';

const minute = 60;
const hour = 60 * minute;
const requests = 'http_server_request_duration_seconds';
const attempts = 'auth_cross_team_access_attempts_total';
const resources = 'xds_team_resources_total';
const route = ['http_route'];

const resourcesByTeam = (model: ModelAtTime): Vector => sumBy(['team'], model.instant(resources));
const withStatusClass = (vector: Vector, digit: string): Vector =>
  filter(vector, ({ labels }) => labels['http_response_status_code']?.startsWith(digit) ?? false);
const statusShare = (model: ModelAtTime, seconds: number, by: string[], digit: string): Vector => {
  const all = model.rate(`${requests}_count`, seconds);
  return divide(sumBy(by, withStatusClass(all, digit)), sumBy(by, all));
};
const latency = (model: ModelAtTime, quantile: number): Vector =>
  histogramQuantile(quantile, sumBy(['le'], model.rate(`${requests}_bucket`, minute)));
const slowestRoutes = (model: ModelAtTime): Vector =>
  histogramQuantile(0.99, sumBy([...route, 'le'], model.rate(`${requests}_bucket`, 5 * minute)));
const above = (limit: number, vector: Vector): Vector => filter(vector, ({ value }) => value > limit);

/** The queries of the Flowplane Metrics Architecture. */
export const documentExpressions: Readonly<Record<string, (model: ModelAtTime) => Vector>> = {
  'xds_team_resources_total{team="payments"}': (model) =>
    filter(model.instant(resources), ({ labels }) => labels['team'] === 'payments'),
  'sum by (team) (xds_team_resources_total)': resourcesByTeam,
  'sum by (resource_type) (xds_team_resources_total)': (model) => sumBy(['resource_type'], model.instant(resources)),
  'topk(2, sum by (team) (xds_team_resources_total))': (model) => topk(2, resourcesByTeam(model)),
  'sum(xds_team_connections) by (team)': (model) => sumBy(['team'], model.instant('xds_team_connections')),
  'rate(auth_cross_team_access_attempts_total[5m])': (model) => model.rate(attempts, 5 * minute),
  'increase(auth_cross_team_access_attempts_total[1h])': (model) => model.increase(attempts, hour),
  'sum(increase(auth_cross_team_access_attempts_total[1h]))': (model) => sumBy([], model.increase(attempts, hour)),
};

/** The recording rules, by name. */
export const recordingRuleExpressions: Readonly<Record<string, (model: ModelAtTime) => Vector>> = {
  'team:xds_resources:sum': resourcesByTeam,
  'type:xds_resources:sum': (model) => sumBy(['resource_type'], model.instant(resources)),
  'team_type:xds_resources:sum': (model) => sumBy(['team', 'resource_type'], model.instant(resources)),
  'team:xds_connections:sum': (model) => sumBy(['team'], model.instant('xds_team_connections')),
  'from_to:auth_cross_team_access_attempts:rate5m': (model) =>
    sumBy(['from_team', 'to_team'], model.rate(attempts, 5 * minute)),
  'from_to:auth_cross_team_access_attempts:rate1h': (model) =>
    sumBy(['from_team', 'to_team'], model.rate(attempts, hour)),
  'from_to:auth_cross_team_access_attempts:increase1h': (model) =>
    sumBy(['from_team', 'to_team'], model.increase(attempts, hour)),
  'team_type:xds_requests:rate5m': (model) =>
    sumBy(['team', 'resource_type'], model.rate('xds_requests_total', 5 * minute)),
  'team_type:xds_nacks:rate5m': (model) => sumBy(['team', 'resource_type'], model.rate('xds_nacks_total', 5 * minute)),
  'team_type:xds_nacks:rate1h': (model) => sumBy(['team', 'resource_type'], model.rate('xds_nacks_total', hour)),
  'route:http_server_requests:rate5m': (model) => sumBy(route, model.rate(`${requests}_count`, 5 * minute)),
  'route:http_server_request_errors:ratio_rate5m': (model) => statusShare(model, 5 * minute, route, '5'),
  'route:http_server_request_duration_seconds:p99_5m': slowestRoutes,
  'operation:db_query_duration_seconds:p99_5m': (model) =>
    histogramQuantile(
      0.99,
      sumBy(['operation', 'table', 'le'], model.rate('db_query_duration_seconds_bucket', 5 * minute)),
    ),
};

/** The alerts of the service, by name. One about targets needs a Prometheus that scrapes: scale-out.servers.spec.ts. */
export const alertExpressions: Readonly<Record<string, (model: ModelAtTime) => Vector>> = {
  FlowplaneCrossTeamAttempts: (model) =>
    above(5, sumBy(['from_team', 'to_team'], model.increase(attempts, 5 * minute))),
  FlowplaneNacks: (model) => above(0, sumBy(['team', 'resource_type'], model.increase('xds_nacks_total', 5 * minute))),
  FlowplaneSlowRequests: (model) => above(0.5, slowestRoutes(model)),
  FlowplaneRequestErrors: (model) => above(0.05, statusShare(model, 5 * minute, route, '5')),
};

const queries = 'db_query_duration_seconds';
const operation = ['operation', 'table'];
const queryTime = (model: ModelAtTime, quantile: number): Vector =>
  histogramQuantile(quantile, sumBy([...operation, 'le'], model.rate(`${queries}_bucket`, minute)));
const perSecond = (name: string, by: readonly string[]) => [
  (model: ModelAtTime) => sumBy([...by], model.rate(name, minute)),
];
const quantiles = [0.5, 0.95, 0.99];

/** What stands on the dashboard about metrics that Prometheus adds to each target: scale-out.servers.spec.ts asks for it. */
export const panelsAboutTargets = [
  'Whether Prometheus can scrape each instance',
  'How long Prometheus has waited for a scrape',
  'Samples of a scrape',
];

/** The panels, by title, each with its queries in order. `$__rate_interval` is one minute, and everything is chosen. */
export const panelExpressions: Readonly<Record<string, readonly ((model: ModelAtTime) => Vector)[]>> = {
  Teams: [(model) => count(resourcesByTeam(model))],
  Resources: [(model) => sumBy([], model.instant(resources))],
  'Cross-team attempts, last hour': [(model) => sumBy([], model.increase(attempts, hour))],
  'xDS connections': [(model) => sumBy([], model.instant('xds_team_connections'))],
  'Resources per team by type': [(model) => sumBy(['team', 'resource_type'], model.instant(resources))],
  'Distribution by team': [resourcesByTeam],
  'Active xDS connections per team': [(model) => sumBy(['team'], model.instant('xds_team_connections'))],
  'Cross-team attempts per minute': [
    (model) => scale(60, sumBy(['from_team', 'to_team'], model.rate(attempts, minute))),
  ],
  'Discovery requests': [(model) => sumBy(['team'], model.rate('xds_requests_total', minute))],
  'Refused responses (NACK) per minute': [
    (model) => scale(60, sumBy(['team', 'resource_type'], model.rate('xds_nacks_total', minute))),
  ],
  'Responses that a proxy refused: per second': perSecond('xds_nacks_total', ['resource_type']),
  'Discovery requests of the proxies of a team: per second': perSecond('xds_requests_total', ['resource_type']),
  'Cross-team access attempts blocked by authorization: per second': perSecond(attempts, ['resource_type']),
  'Authentication attempts by result: per second': perSecond('auth_authentications_total', ['status']),
  'Number of resources served per team': [(model) => sumBy(['resource_type'], model.instant(resources))],
  'Open streams per team': [(model) => sumBy([], model.instant('xds_team_connections'))],
  'How long a database query took: observations per second': perSecond(`${queries}_count`, operation),
  'How long a database query took: percentiles': quantiles.map((quantile) => (model) => queryTime(model, quantile)),
  'How long a database query took: heat map': [(model) => sumBy(['le'], model.increase(`${queries}_bucket`, minute))],
  'Requests by route': [
    (model) => topk(10, sumBy(['http_request_method', ...route], model.rate(`${requests}_count`, minute))),
  ],
  'Requests that failed': [
    (model) => statusShare(model, minute, [], '4'),
    (model) => statusShare(model, minute, [], '5'),
  ],
  'Slowest routes, p99': [
    (model) => topk(5, histogramQuantile(0.99, sumBy([...route, 'le'], model.rate(`${requests}_bucket`, minute)))),
  ],
  'Duration of HTTP requests, from their arrival to the last byte of the answer: percentiles': quantiles.map(
    (quantile) => (model) => latency(model, quantile),
  ),
  'Lost observations, by reason: per second': perSecond('flowplane_metrics_losses_total', ['reason']),
  'Series of a metric with 80 % of its limit; without metric: all samples': [
    (model) => maxBy(['metric'], model.instant('flowplane_metrics_series')),
    (model) => maxBy(['metric'], model.instant('flowplane_metrics_series_limit')),
  ],
  Memory: [
    (model) => model.instant('process_resident_memory_bytes'),
    (model) => model.instant('nodejs_heap_size_used_bytes'),
  ],
};
