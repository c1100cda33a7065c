/** A query, and what its series are called. */
interface Query {
  readonly expr: string;
  readonly legend: string;
}

/** A panel of the dashboard: what it asks, and in which unit the answer is. */
export interface PanelSpec {
  readonly title: string;
  readonly description: string;
  readonly type: 'stat' | 'timeseries' | 'piechart';
  /** A Grafana unit: https://grafana.com/docs/grafana/latest/panels-visualizations/configure-standard-options/#unit */
  readonly unit: 'short' | 'reqps' | 'cpm' | 's' | 'percentunit' | 'bool_on_off' | 'bytes';
  readonly queries: readonly [Query, ...Query[]];
}

const latency = (quantile: number) =>
  `histogram_quantile(${quantile}, sum by (le) (rate(http_server_request_duration_seconds_bucket[$__rate_interval])))`;

/** The dashboard, row by row. Where a recording rule answers a slow query, the panel asks that. */
export const rows: Readonly<Record<string, readonly PanelSpec[]>> = {
  Totals: [
    {
      title: 'Teams',
      description: 'Teams that have been served resources.',
      type: 'stat',
      unit: 'short',
      queries: [{ expr: 'count(team:xds_resources:sum)', legend: 'Teams' }],
    },
    {
      title: 'Resources',
      description: 'Clusters, routes and listeners of all teams.',
      type: 'stat',
      unit: 'short',
      queries: [{ expr: 'sum(team:xds_resources:sum)', legend: 'Resources' }],
    },
    {
      title: 'Cross-team attempts, last hour',
      description: 'Requests for resources of another team, all of which were refused.',
      type: 'stat',
      unit: 'short',
      queries: [{ expr: 'sum(from_to:auth_cross_team_access_attempts:increase1h) or vector(0)', legend: 'Attempts' }],
    },
    {
      title: 'xDS connections',
      description: 'Streams that are open, of all teams.',
      type: 'stat',
      unit: 'short',
      queries: [{ expr: 'sum(team:xds_connections:sum) or vector(0)', legend: 'Connections' }],
    },
  ],
  Teams: [
    {
      title: 'Resources per team by type',
      description: 'What each team is served.',
      type: 'timeseries',
      unit: 'short',
      queries: [
        {
          expr: 'sum by (team, resource_type) (xds_team_resources_total{team=~"$team"})',
          legend: '{{team}} {{resource_type}}',
        },
      ],
    },
    {
      title: 'Distribution by team',
      description: 'The share of each team in all resources.',
      type: 'piechart',
      unit: 'short',
      queries: [{ expr: 'team:xds_resources:sum', legend: '{{team}}' }],
    },
    {
      title: 'Active xDS connections per team',
      description: 'Streams that are open.',
      type: 'timeseries',
      unit: 'short',
      queries: [{ expr: 'sum by (team) (xds_team_connections{team=~"$team"})', legend: '{{team}}' }],
    },
    {
      title: 'Cross-team attempts per minute',
      description: 'Who tried to reach whose resources. Alerts above 5 in 5 minutes.',
      type: 'timeseries',
      unit: 'cpm',
      queries: [
        {
          expr: '60 * sum by (from_team, to_team) (rate(auth_cross_team_access_attempts_total{from_team=~"$team"}[$__rate_interval]))',
          legend: '{{from_team}} → {{to_team}}',
        },
      ],
    },
    {
      title: 'Discovery requests',
      description: 'Of both transports, REST and gRPC; each answer of a proxy is one as well.',
      type: 'timeseries',
      unit: 'reqps',
      queries: [
        { expr: 'sum by (team) (rate(xds_requests_total{team=~"$team"}[$__rate_interval]))', legend: '{{team}}' },
      ],
    },
    {
      title: 'Refused responses (NACK) per minute',
      description: 'Resources that a proxy could not take. Alerts.',
      type: 'timeseries',
      unit: 'cpm',
      queries: [
        {
          expr: '60 * sum by (team, resource_type) (rate(xds_nacks_total{team=~"$team"}[$__rate_interval]))',
          legend: '{{team}} {{resource_type}}',
        },
      ],
    },
  ],
  'API and database': [
    {
      title: 'Requests',
      description: 'By route pattern.',
      type: 'timeseries',
      unit: 'reqps',
      queries: [
        {
          expr: 'sum by (http_request_method, http_route) (rate(http_server_request_duration_seconds_count[$__rate_interval]))',
          legend: '{{http_request_method}} {{http_route}}',
        },
      ],
    },
    {
      title: 'Errors',
      description: 'Share of the requests that were answered with 4xx and with 5xx. 5xx alerts above 5 %.',
      type: 'timeseries',
      unit: 'percentunit',
      queries: ['4', '5'].map((digit) => ({
        expr:
          `sum(rate(http_server_request_duration_seconds_count{http_response_status_code=~"${digit}.."}[$__rate_interval]))` +
          ' / sum(rate(http_server_request_duration_seconds_count[$__rate_interval]))',
        legend: `${digit}xx`,
      })) as [Query, Query],
    },
    {
      title: 'Latency',
      description: 'Within which half, 95 % and 99 % of the requests were answered.',
      type: 'timeseries',
      unit: 's',
      queries: [
        { expr: latency(0.5), legend: 'p50' },
        { expr: latency(0.95), legend: 'p95' },
        { expr: latency(0.99), legend: 'p99' },
      ],
    },
    {
      title: 'Slowest routes, p99',
      description: 'Alerts above 0.5 s.',
      type: 'timeseries',
      unit: 's',
      queries: [{ expr: 'topk(5, route:http_server_request_duration_seconds:p99_5m)', legend: '{{http_route}}' }],
    },
    {
      title: 'Database queries, p99',
      description: 'By what they do to which table.',
      type: 'timeseries',
      unit: 's',
      queries: [{ expr: 'operation:db_query_duration_seconds:p99_5m', legend: '{{operation}} {{table}}' }],
    },
    {
      title: 'Failed authentications per minute',
      description: 'No token, one that is malformed, or one that nobody knows.',
      type: 'timeseries',
      unit: 'cpm',
      queries: [
        {
          expr: '60 * sum by (status) (rate(auth_authentications_total{status!="success"}[$__rate_interval]))',
          legend: '{{status}}',
        },
      ],
    },
  ],
  Exporter: [
    {
      title: 'Up',
      description: 'Whether Prometheus reaches each instance. Alerts after a minute.',
      type: 'timeseries',
      unit: 'bool_on_off',
      queries: [{ expr: 'up{job="flowplane"}', legend: '{{instance}}' }],
    },
    {
      title: 'Scrape duration',
      description: 'As Prometheus measured it.',
      type: 'timeseries',
      unit: 's',
      queries: [{ expr: 'scrape_duration_seconds{job="flowplane"}', legend: '{{instance}}' }],
    },
    {
      title: 'Samples per scrape',
      description: 'The sample_limit of prometheus.yml refuses a scrape above 20,000.',
      type: 'timeseries',
      unit: 'short',
      queries: [{ expr: 'scrape_samples_scraped{job="flowplane"}', legend: '{{instance}}' }],
    },
    {
      title: 'Dropped observations per minute',
      description: 'What was not recorded, and why. Alerts.',
      type: 'timeseries',
      unit: 'cpm',
      queries: [
        {
          expr: '60 * sum by (metric, reason) (rate(flowplane_metrics_dropped_total[$__rate_interval])) > 0',
          legend: '{{metric}} {{reason}}',
        },
      ],
    },
    {
      title: 'Memory',
      description: 'Resident memory of each instance.',
      type: 'timeseries',
      unit: 'bytes',
      queries: [{ expr: 'process_resident_memory_bytes{job="flowplane"}', legend: '{{instance}}' }],
    },
    {
      title: 'Series in use',
      description: 'Share of the series that each family may have. Alerts above 80 %.',
      type: 'timeseries',
      unit: 'percentunit',
      queries: [
        {
          expr: 'max by (metric) (flowplane_metrics_series / flowplane_metrics_series_limit)',
          legend: '{{metric}}',
        },
      ],
    },
  ],
};
