import type { Past } from './model.js';
import { count, divide, histogramQuantile, maxBy, scale, sumBy, topk, type Vector, where } from './vector.js';

const minute = 60;
const hour = 60 * minute;
const requests = 'http_server_request_duration_seconds';
const attempts = 'auth_cross_team_access_attempts_total';
const resources = 'xds_team_resources_total';
const route = ['http_route'];

const teams = (past: Past): Vector => sumBy(['team'], past.instant(resources));
const failed = (vector: Vector, digit: string): Vector =>
  where(vector, ({ labels }) => labels['http_response_status_code']?.startsWith(digit) ?? false);
const share = (past: Past, seconds: number, by: string[], digit: string): Vector => {
  const all = past.rate(`${requests}_count`, seconds);
  return divide(sumBy(by, failed(all, digit)), sumBy(by, all));
};
const latency = (past: Past, quantile: number): Vector =>
  histogramQuantile(quantile, sumBy(['le'], past.rate(`${requests}_bucket`, minute)));
const slowest = (past: Past): Vector =>
  histogramQuantile(0.99, sumBy([...route, 'le'], past.rate(`${requests}_bucket`, 5 * minute)));
const nearBound = (past: Past, by: string[]): Vector =>
  maxBy(by, divide(past.instant('flowplane_metrics_series'), past.instant('flowplane_metrics_series_limit')));
const above = (limit: number, vector: Vector): Vector => where(vector, ({ value }) => value > limit);

/** What the Flowplane Metrics Architecture asks. */
export const ofTheDocument: Readonly<Record<string, (past: Past) => Vector>> = {
  'xds_team_resources_total{team="payments"}': (past) =>
    where(past.instant(resources), ({ labels }) => labels['team'] === 'payments'),
  'sum by (team) (xds_team_resources_total)': teams,
  'sum by (resource_type) (xds_team_resources_total)': (past) => sumBy(['resource_type'], past.instant(resources)),
  'topk(2, sum by (team) (xds_team_resources_total))': (past) => topk(2, teams(past)),
  'sum(xds_team_connections) by (team)': (past) => sumBy(['team'], past.instant('xds_team_connections')),
  'rate(auth_cross_team_access_attempts_total[5m])': (past) => past.rate(attempts, 5 * minute),
  'increase(auth_cross_team_access_attempts_total[1h])': (past) => past.increase(attempts, hour),
  'sum(increase(auth_cross_team_access_attempts_total[1h]))': (past) => sumBy([], past.increase(attempts, hour)),
};

/** What the recording rules compute, by the name that they give it. */
export const ofTheRecordingRules: Readonly<Record<string, (past: Past) => Vector>> = {
  'team:xds_resources:sum': teams,
  'type:xds_resources:sum': (past) => sumBy(['resource_type'], past.instant(resources)),
  'team_type:xds_resources:sum': (past) => sumBy(['team', 'resource_type'], past.instant(resources)),
  'team:xds_connections:sum': (past) => sumBy(['team'], past.instant('xds_team_connections')),
  'from_to:auth_cross_team_access_attempts:rate5m': (past) =>
    sumBy(['from_team', 'to_team'], past.rate(attempts, 5 * minute)),
  'from_to:auth_cross_team_access_attempts:rate1h': (past) =>
    sumBy(['from_team', 'to_team'], past.rate(attempts, hour)),
  'from_to:auth_cross_team_access_attempts:increase1h': (past) =>
    sumBy(['from_team', 'to_team'], past.increase(attempts, hour)),
  'team_type:xds_requests:rate5m': (past) =>
    sumBy(['team', 'resource_type'], past.rate('xds_requests_total', 5 * minute)),
  'team_type:xds_nacks:rate5m': (past) => sumBy(['team', 'resource_type'], past.rate('xds_nacks_total', 5 * minute)),
  'team_type:xds_nacks:rate1h': (past) => sumBy(['team', 'resource_type'], past.rate('xds_nacks_total', hour)),
  'route:http_server_requests:rate5m': (past) => sumBy(route, past.rate(`${requests}_count`, 5 * minute)),
  'route:http_server_request_errors:ratio_rate5m': (past) => share(past, 5 * minute, route, '5'),
  'route:http_server_request_duration_seconds:p99_5m': slowest,
  'operation:db_query_duration_seconds:p99_5m': (past) =>
    histogramQuantile(
      0.99,
      sumBy(['operation', 'table', 'le'], past.rate('db_query_duration_seconds_bucket', 5 * minute)),
    ),
};

/** When the alerts fire, and for what. Those about targets are not here: a Prometheus that scrapes is asked for them. */
export const ofTheAlerts: Readonly<Record<string, (past: Past) => Vector>> = {
  FlowplaneCrossTeamAttempts: (past) => above(5, sumBy(['from_team', 'to_team'], past.increase(attempts, 5 * minute))),
  FlowplaneNacks: (past) => above(0, sumBy(['team', 'resource_type'], past.increase('xds_nacks_total', 5 * minute))),
  FlowplaneCardinalityNearBound: (past) => above(0.8, nearBound(past, ['instance', 'metric'])),
  FlowplaneDroppedObservations: (past) =>
    above(0, sumBy(['instance', 'metric', 'reason'], past.increase('flowplane_metrics_dropped_total', 10 * minute))),
  FlowplaneSlowRequests: (past) => above(0.5, slowest(past)),
  FlowplaneRequestErrors: (past) => above(0.05, share(past, 5 * minute, route, '5')),
};

/** What the panels show, in the order of their queries; $__rate_interval is a minute here, and all teams are chosen. */
export const ofThePanels: Readonly<Record<string, readonly ((past: Past) => Vector)[]>> = {
  Teams: [(past) => count(teams(past))],
  Resources: [(past) => sumBy([], past.instant(resources))],
  'Cross-team attempts, last hour': [(past) => sumBy([], past.increase(attempts, hour))],
  'xDS connections': [(past) => sumBy([], past.instant('xds_team_connections'))],
  'Resources per team by type': [(past) => sumBy(['team', 'resource_type'], past.instant(resources))],
  'Distribution by team': [teams],
  'Active xDS connections per team': [(past) => sumBy(['team'], past.instant('xds_team_connections'))],
  'Cross-team attempts per minute': [(past) => scale(60, sumBy(['from_team', 'to_team'], past.rate(attempts, minute)))],
  'Discovery requests': [(past) => sumBy(['team'], past.rate('xds_requests_total', minute))],
  'Refused responses (NACK) per minute': [
    (past) => scale(60, sumBy(['team', 'resource_type'], past.rate('xds_nacks_total', minute))),
  ],
  Requests: [(past) => sumBy(['http_request_method', 'http_route'], past.rate(`${requests}_count`, minute))],
  Errors: [(past) => share(past, minute, [], '4'), (past) => share(past, minute, [], '5')],
  Latency: [0.5, 0.95, 0.99].map((quantile) => (past) => latency(past, quantile)),
  'Slowest routes, p99': [(past) => topk(5, slowest(past))],
  'Database queries, p99': [
    ofTheRecordingRules['operation:db_query_duration_seconds:p99_5m'] as (past: Past) => Vector,
  ],
  'Failed authentications per minute': [
    (past) => {
      const rates = past.rate('auth_authentications_total', minute);
      return scale(
        60,
        sumBy(
          ['status'],
          where(rates, ({ labels }) => labels['status'] !== 'success'),
        ),
      );
    },
  ],
  'Dropped observations per minute': [
    (past) => above(0, scale(60, sumBy(['metric', 'reason'], past.rate('flowplane_metrics_dropped_total', minute)))),
  ],
  Memory: [(past) => past.instant('process_resident_memory_bytes')],
  'Series in use': [(past) => nearBound(past, ['metric'])],
};
