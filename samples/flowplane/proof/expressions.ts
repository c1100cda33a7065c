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
const seriesShare = (model: ModelAtTime, by: string[]): Vector =>
  maxBy(by, divide(model.instant('flowplane_metrics_series'), model.instant('flowplane_metrics_series_limit')));
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

/** The alerts, by name. The alerts about targets need a Prometheus that scrapes: scale-out.servers.spec.ts. */
export const alertExpressions: Readonly<Record<string, (model: ModelAtTime) => Vector>> = {
  FlowplaneCrossTeamAttempts: (model) =>
    above(5, sumBy(['from_team', 'to_team'], model.increase(attempts, 5 * minute))),
  FlowplaneNacks: (model) => above(0, sumBy(['team', 'resource_type'], model.increase('xds_nacks_total', 5 * minute))),
  FlowplaneCardinalityNearBound: (model) =>
    filter(seriesShare(model, ['instance', 'metric']), ({ value }) => value >= 0.8),
  FlowplaneDroppedObservations: (model) =>
    above(0, sumBy(['instance', 'reason'], model.increase('flowplane_metrics_losses_total', 10 * minute))),
  FlowplaneSlowRequests: (model) => above(0.5, slowestRoutes(model)),
  FlowplaneRequestErrors: (model) => above(0.05, statusShare(model, 5 * minute, route, '5')),
};

/** The panels, by title, each with its queries in order. `$__rate_interval` is one minute and `$team` is every team. */
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
  Requests: [(model) => sumBy(['http_request_method', 'http_route'], model.rate(`${requests}_count`, minute))],
  Errors: [(model) => statusShare(model, minute, [], '4'), (model) => statusShare(model, minute, [], '5')],
  Latency: [0.5, 0.95, 0.99].map((quantile) => (model) => latency(model, quantile)),
  'Slowest routes, p99': [(model) => topk(5, slowestRoutes(model))],
  'Database queries, p99': [
    recordingRuleExpressions['operation:db_query_duration_seconds:p99_5m'] as (model: ModelAtTime) => Vector,
  ],
  'Failed authentications per minute': [
    (model) => {
      const rates = model.rate('auth_authentications_total', minute);
      return scale(
        60,
        sumBy(
          ['status'],
          filter(rates, ({ labels }) => labels['status'] !== 'success'),
        ),
      );
    },
  ],
  'Dropped observations per minute': [
    (model) => above(0, scale(60, sumBy(['reason'], model.rate('flowplane_metrics_losses_total', minute)))),
  ],
  Memory: [(model) => model.instant('process_resident_memory_bytes')],
  'Series in use': [
    (model) =>
      seriesShare(model, ['metric']).map(({ labels, value }) => ({
        labels: { metric: 'all metrics', ...labels },
        value,
      })),
  ],
};
