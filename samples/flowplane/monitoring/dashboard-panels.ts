import type { DashboardRow } from 'flowplane-metrics/dashboard';
import { rate, raw, series } from 'flowplane-metrics/promql';
import { crossTeamAttempts, teamConnections, teamResources, xdsNacks, xdsRequests } from '../control-plane/metrics.js';
import { recorded } from './recording-rules.js';

/** What the dashboard's variables choose. */
const chosenTeam = { matches: '$team' };
/** For a sum of what may have no series yet. */
const zero = raw('vector(0)', []);

/** What the Flowplane Metrics Architecture wants to see beside what every service has: totals, and panels by team. */
export const rows: readonly DashboardRow[] = [
  {
    title: 'Totals',
    panels: [
      {
        title: 'Teams',
        description: 'Teams with resources.',
        type: 'stat',
        unit: 'short',
        queries: [{ expr: recorded('team:xds_resources:sum', 'team').countBy(), legend: 'Teams' }],
      },
      {
        title: 'Resources',
        description: 'Clusters, routes and listeners of all teams.',
        type: 'stat',
        unit: 'short',
        queries: [{ expr: recorded('team:xds_resources:sum', 'team').sum(), legend: 'Resources' }],
      },
      {
        title: 'Cross-team attempts, last hour',
        description: 'Refused requests for resources of another team.',
        type: 'stat',
        unit: 'short',
        queries: [
          {
            expr: recorded('from_to:auth_cross_team_access_attempts:increase1h', 'from_team', 'to_team').sum().or(zero),
            legend: 'Attempts',
          },
        ],
      },
      {
        title: 'xDS connections',
        description: 'Open streams of all teams.',
        type: 'stat',
        unit: 'short',
        queries: [{ expr: recorded('team:xds_connections:sum', 'team').sum().or(zero), legend: 'Connections' }],
      },
    ],
  },
  {
    title: 'Teams',
    panels: [
      {
        title: 'Resources per team by type',
        description: 'Resources that each team is served.',
        type: 'timeseries',
        unit: 'short',
        queries: [
          {
            expr: series(teamResources).where({ team: chosenTeam }).sumBy('team', 'resource_type'),
            legend: '{{team}} {{resource_type}}',
          },
        ],
      },
      {
        title: 'Distribution by team',
        description: 'Share of each team in all resources.',
        type: 'piechart',
        unit: 'short',
        queries: [{ expr: recorded('team:xds_resources:sum', 'team'), legend: '{{team}}' }],
      },
      {
        title: 'Active xDS connections per team',
        description: 'Open streams.',
        type: 'timeseries',
        unit: 'short',
        queries: [{ expr: series(teamConnections).where({ team: chosenTeam }).sumBy('team'), legend: '{{team}}' }],
      },
      {
        title: 'Cross-team attempts per minute',
        description: 'Refused requests by team and target team. Alerts above 5 in 5 minutes.',
        type: 'timeseries',
        unit: 'cpm',
        queries: [
          {
            expr: rate(crossTeamAttempts, '$__rate_interval')
              .where({ from_team: chosenTeam })
              .sumBy('from_team', 'to_team')
              .times(60),
            legend: '{{from_team}} → {{to_team}}',
          },
        ],
      },
      {
        title: 'Discovery requests',
        description: 'By REST and by gRPC. Each acknowledgement of a proxy counts as a request.',
        type: 'timeseries',
        unit: 'reqps',
        queries: [
          {
            expr: rate(xdsRequests, '$__rate_interval').where({ team: chosenTeam }).sumBy('team'),
            legend: '{{team}}',
          },
        ],
      },
      {
        title: 'Refused responses (NACK) per minute',
        description: 'Responses that a proxy refused. Alerts.',
        type: 'timeseries',
        unit: 'cpm',
        queries: [
          {
            expr: rate(xdsNacks, '$__rate_interval')
              .where({ team: chosenTeam })
              .sumBy('team', 'resource_type')
              .times(60),
            legend: '{{team}} {{resource_type}}',
          },
        ],
      },
    ],
  },
];
