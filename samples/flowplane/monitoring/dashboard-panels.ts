/** A query, and the legend of its series. */
interface Query {
  readonly expr: string;
  readonly legend: string;
}

/** A panel of the dashboard: its queries, and the unit of their values. */
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

/** The dashboard, row by row. A panel uses a recording rule where one exists for a slow query. */
export const rows: Readonly<Record<string, readonly PanelSpec[]>> = {
  Totals: [
    {
      title: 'Teams',
      description: 'Teams with resources.',
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
      description: 'Refused requests for resources of another team.',
      type: 'stat',
      unit: 'short',
      queries: [{ expr: 'sum(from_to:auth_cross_team_access_attempts:increase1h) or vector(0)', legend: 'Attempts' }],
    },
    {
      title: 'xDS connections',
      description: 'Open streams of all teams.',
      type: 'stat',
      unit: 'short',
      queries: [{ expr: 'sum(team:xds_connections:sum) or vector(0)', legend: 'Connections' }],
    },
  ],
  Teams: [
    {
      title: 'Resources per team by type',
      description: 'Resources that each team is served.',
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
      description: 'Share of each team in all resources.',
      type: 'piechart',
      unit: 'short',
      queries: [{ expr: 'team:xds_resources:sum', legend: '{{team}}' }],
    },
    {
      title: 'Active xDS connections per team',
      description: 'Open streams.',
      type: 'timeseries',
      unit: 'short',
      queries: [{ expr: 'sum by (team) (xds_team_connections{team=~"$team"})', legend: '{{team}}' }],
    },
    {
      title: 'Cross-team attempts per minute',
      description: 'Refused requests by team and target team. Alerts above 5 in 5 minutes.',
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
      description: 'By REST and by gRPC. Each acknowledgement of a proxy counts as a request.',
      type: 'timeseries',
      unit: 'reqps',
      queries: [
        { expr: 'sum by (team) (rate(xds_requests_total{team=~"$team"}[$__rate_interval]))', legend: '{{team}}' },
      ],
    },
    {
      title: 'Refused responses (NACK) per minute',
      description: 'Responses that a proxy refused. Alerts.',
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
      description: 'Share of requests with status 4xx and 5xx. 5xx alerts above 5 %.',
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
      description: 'Time within which 50 %, 95 % and 99 % of the requests are answered.',
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
      description: 'By operation and table.',
      type: 'timeseries',
      unit: 's',
      queries: [{ expr: 'operation:db_query_duration_seconds:p99_5m', legend: '{{operation}} {{table}}' }],
    },
    {
      title: 'Failed authentications per minute',
      description: 'Requests with a missing, malformed or unknown token.',
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
      description: 'Whether Prometheus can scrape each instance. Alerts after a minute.',
      type: 'timeseries',
      unit: 'bool_on_off',
      queries: [{ expr: 'up{job="flowplane"}', legend: '{{instance}}' }],
    },
    {
      title: 'Scrape duration',
      description: 'Measured by Prometheus.',
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
      description:
        'Observations that were not recorded, by reason. Alerts. flowplane_metrics_dropped_total has the metrics.',
      type: 'timeseries',
      unit: 'cpm',
      queries: [
        {
          expr: '60 * sum by (reason) (rate(flowplane_metrics_losses_total[$__rate_interval])) > 0',
          legend: '{{reason}}',
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
      description:
        'Share of the allowed series: of all metrics together, and of each metric from 80 % on. Alerts from there on.',
      type: 'timeseries',
      unit: 'percentunit',
      queries: [
        {
          expr: 'label_replace(max by (metric) (flowplane_metrics_series / flowplane_metrics_series_limit), "metric", "all metrics", "metric", "")',
          legend: '{{metric}}',
        },
      ],
    },
  ],
};
