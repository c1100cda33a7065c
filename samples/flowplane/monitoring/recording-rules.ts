import { requestFamilies } from 'flowplane-metrics';
import {
  countOf,
  histogramQuantile,
  increaseFromZero,
  rate,
  raw,
  series,
  type VectorQuery,
} from 'flowplane-metrics/promql';
import {
  crossTeamAttempts,
  queryDuration,
  teamConnections,
  teamResources,
  xdsNacks,
  xdsRequests,
} from '../control-plane/metrics.js';

/** The metrics that httpMetrics records. */
const { duration: requestDuration } = requestFamilies();

const resources = series(teamResources);
const requests = rate(countOf(requestDuration), '5m').sumBy('http_route');

/**
 * The queries that dashboards repeat over long ranges, computed once: groups, each with its rules by name.
 *
 * Names are level:metric:operations, as in https://prometheus.io/docs/practices/rules/.
 */
export const recordingRules = {
  'flowplane-resources': {
    'team:xds_resources:sum': resources.sumBy('team'),
    'type:xds_resources:sum': resources.sumBy('resource_type'),
    'team_type:xds_resources:sum': resources.sumBy('team', 'resource_type'),
    'team:xds_connections:sum': series(teamConnections).sumBy('team'),
  },
  'flowplane-access': {
    'from_to:auth_cross_team_access_attempts:rate5m': rate(crossTeamAttempts, '5m').sumBy('from_team', 'to_team'),
    'from_to:auth_cross_team_access_attempts:rate1h': rate(crossTeamAttempts, '1h').sumBy('from_team', 'to_team'),
    'from_to:auth_cross_team_access_attempts:increase1h': increaseFromZero(crossTeamAttempts, '1h').sumBy(
      'from_team',
      'to_team',
    ),
  },
  'flowplane-xds': {
    'team_type:xds_requests:rate5m': rate(xdsRequests, '5m').sumBy('team', 'resource_type'),
    'team_type:xds_nacks:rate5m': rate(xdsNacks, '5m').sumBy('team', 'resource_type'),
    'team_type:xds_nacks:rate1h': rate(xdsNacks, '1h').sumBy('team', 'resource_type'),
  },
  'flowplane-requests': {
    'route:http_server_requests:rate5m': requests,
    'route:http_server_request_errors:ratio_rate5m': requests
      .where({ http_response_status_code: { matches: '5..' } })
      .dividedBy(requests),
    'route:http_server_request_duration_seconds:p99_5m': histogramQuantile(0.99, requestDuration, '5m').by(
      'http_route',
    ),
    'operation:db_query_duration_seconds:p99_5m': histogramQuantile(0.99, queryDuration, '5m').by('operation', 'table'),
  },
} as const;

type Groups = typeof recordingRules;
/** The rules of all groups, by name. */
type Rules = Groups['flowplane-resources'] &
  Groups['flowplane-access'] &
  Groups['flowplane-xds'] &
  Groups['flowplane-requests'];
/** The labels that the query of a rule leaves. */
type LabelsOf<Rule> = Rule extends VectorQuery<infer L, infer _Policies, infer _Target> ? L : never;

/** What a rule has recorded, with labels that its query leaves. */
export const recorded = <R extends keyof Rules & string, const L extends LabelsOf<Rules[R]>>(
  rule: R,
  ...labels: readonly L[]
) => raw(rule, labels);
